"""Objectives of services: the error budget, how fast it burns, and rules over that. Pure.

A burn rate of 1 uses up the budget in exactly 30 days. The pairs of windows and their factors are those of Google's
SRE workbook (chapter 5): both windows must burn, the long one for weight, the short one so that it ends soon.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from accelerapp.alerts.rules import building, stories
from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules.kinds import interface
from accelerapp.base import errors
from accelerapp.base.ids import ServiceName
from accelerapp.base.settings import model as settings
from accelerapp.base.severity import Severity

WINDOW = timedelta(days=30)
"""Over which an objective is promised."""


@dataclass(frozen=True)
class Pair:
    """Two windows that must both burn faster than `factor`."""

    factor: float
    short: timedelta
    long: timedelta
    every: timedelta
    """How often it is evaluated: long windows change slowly."""


_M, _H, _D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PAIRS = (
    Pair(14.4, 5 * _M, _H, timedelta(seconds=30)),
    Pair(6, 30 * _M, 6 * _H, _M),
    Pair(3, 2 * _H, _D, 5 * _M),
    Pair(1, 6 * _H, 3 * _D, 5 * _M),
)
_FAST = 6.0
"""From this factor on somebody is paged; below it is a ticket."""
_LONGEST_STORY = 3 * _H
_STEPS = (
    "See which requests fail or are slow: `accelerapp logs errors -s {service} --last 1h`.",
    "See how much of the budget is left: `accelerapp slo show {service}`.",
    "See what was deployed lately: `accelerapp service history {service}`; undo it if it began then.",
    "With the budget used up: no more releases but those that mend it.",
)


@dataclass(frozen=True)
class Objective:
    """What a service promises."""

    service: ServiceName
    name: str
    kind: str
    objective: float
    """Share of good requests, such as 0.999."""
    bad: str
    """Bad requests as a share of all, in PromQL; `WINDOW` stands for the window."""
    total: str
    """Requests, in PromQL, as a counter's selector."""
    minimum_requests: int
    metric: str
    """The counter or the histogram."""
    bound: str = ""
    """Of latency: the bound of the bucket that is quick enough."""
    is_selected: bool = False
    """The settings say which series are the service's, or which requests failed."""
    runbook: str = ""

    @property
    def budget(self) -> float:
        """The share of requests that may be bad."""
        return 1 - self.objective

    def bad_share(self, window: timedelta) -> str:
        """The share of requests that were bad within a window, in PromQL."""
        return self.bad.replace("WINDOW", interface.length(window))

    def burn_rate(self, window: timedelta) -> str:
        """How fast the budget burns: 1 uses it up in 30 days."""
        return f"({self.bad_share(window)}) / {rules.number(round(self.budget, 12))}"

    def requests(self, window: timedelta) -> str:
        """How many requests there were within a window."""
        return f"sum(increase({self.total}[{interface.length(window)}]))"

    def is_watched_since(self, window: timedelta) -> str:
        """Something where half a window ago there were figures already: of less a window has nothing to say."""
        return f"count({self.total} offset {interface.length(window / 2)}) > 0"

    def remaining(self, window: timedelta = WINDOW) -> str:
        """The share of the budget that is left; below 0 it is overspent."""
        return f"1 - {self.burn_rate(window)}"


def objective(service: str, slo: settings.Slo) -> Objective:
    """From the settings."""
    share = slo.objective_percent / 100
    name, minimum = slo.title, slo.minimum_requests
    if slo.kind == "availability":
        failed = f"{slo.requests}{interface.all_of(service, slo.selector, slo.failed)}"
        total = f"{slo.requests}{interface.all_of(service, slo.selector)}"
        bad = f"(sum(rate({failed}[WINDOW])) or vector(0)) / sum(rate({total}[WINDOW]))"
    else:
        seconds = rules.number(slo.within.total_seconds())
        bound = f'le=~"{seconds}(\\\\.0)?"' if seconds.isdigit() else f'le="{seconds}"'
        good = f"{slo.histogram}_bucket{interface.all_of(service, slo.selector, bound)}"
        total = f"{slo.histogram}_count{interface.all_of(service, slo.selector)}"
        bad = f"1 - sum(rate({good}[WINDOW])) / sum(rate({total}[WINDOW]))"
    return Objective(
        service=ServiceName(service),
        name=name,
        kind=slo.kind,
        objective=share,
        bad=bad,
        total=total,
        minimum_requests=minimum,
        metric=slo.requests if slo.kind == "availability" else slo.histogram,
        bound=rules.number(slo.within.total_seconds()),
        is_selected=bool(slo.selector) or slo.failed != type(slo).model_fields["failed"].default,
        runbook=slo.runbook,
    )


def objectives(services: dict[str, settings.Service]) -> Iterator[Objective]:
    """Every objective of the settings."""
    return (objective(name, slo) for name, service in services.items() for slo in service.slo)


def find(known: Sequence[Objective], service: str, name: str) -> Objective:
    """The objective of a service by its name. Raises NotFoundError."""
    for each in known:
        if (each.service, each.name) == (service, name):
            return each
    there_are = ", ".join(f"{each.service} {each.name}" for each in known) or "none"
    raise errors.NotFoundError(f"{service} has no objective '{name}'.", mend=f"There are: {there_are}.")


def burn_rules(one: Objective) -> Iterator[rules.Rule]:
    """A rule for each pair of windows that can burn that fast: with an objective of 90 % nothing burns 14.4 times."""
    return (_rule(one, pair) for pair in PAIRS if pair.factor * one.budget < 1)


def rule_name(one: Objective, pair: Pair) -> str:
    """`SloBurn-availability-1h`."""
    return f"SloBurn-{one.name}-{interface.length(pair.long)}"


def _rule(one: Objective, pair: Pair) -> rules.Rule:
    name, severity = rule_name(one, pair), Severity.P2 if pair.factor >= _FAST else Severity.P4
    long, short = (interface.length(window) for window in (pair.long, pair.short))
    measure = rules.Measure(one.burn_rate(pair.long), rules.Comparison.ABOVE, pair.factor, "times")
    others = (
        f"{one.burn_rate(pair.short)} > {rules.number(pair.factor)}",
        f"{one.requests(pair.long)} >= {one.minimum_requests}",
        one.is_watched_since(pair.long),
    )
    left = f"{WINDOW / pair.factor / timedelta(days=1):.3g} days"
    return rules.Rule(
        id=building.rule_id(one.service, name),
        name=name,
        kind="slo_burn",
        service=one.service,
        condition=" and ".join((measure.condition, *others)),
        measure=measure,
        wait=timedelta(0),
        keep_firing_for=timedelta(0),
        severity=severity,
        labels={"service": one.service, "severity": severity.value, "slo": one.name},
        annotations={
            "summary": f"{one.service} burns its error budget of {one.name} {{{{ $value | humanize }}}} times too fast",
            "description": f"Over {long} and over {short} more than {pair.factor:g} times as many requests were bad as "
            f"{100 * one.objective:.6g} % allow: at that pace the budget of 30 days lasts {left}.",
            **({"runbook_url": one.runbook} if one.runbook else {}),
        },
        steps=tuple(building.named(step, {"service": one.service}) for step in _STEPS),
        runbook=one.runbook,
        every=pair.every,
        stories=_stories(one, pair),
        parameters={"slo": one.name, "above": f"{pair.factor:g}", "windows": f"{short} and {long}"},
        is_built_in=False,
    )


def _stories(one: Objective, pair: Pair) -> tuple[stories.Story, ...]:
    """Bad from the start, with requests enough and with too few to count; none where the settings select the series.

    Where half a window is more than some hours it is tried that a shorter time says nothing.
    """
    if one.is_selected:
        return ()
    half = pair.long / 2
    is_tried = half <= _LONGEST_STORY
    minutes = half // _M + 15 if is_tried else 30
    share = min(1.0, pair.factor * one.budget * 1.5)
    enough = 10 * one.minimum_requests
    few = one.minimum_requests / 2 / minutes
    return tuple(
        stories.Story(name, tuple(_made_up(one, share, a_minute, minutes)), minutes)
        for name, a_minute in (
            ("burning" if is_tried else "burning, but for too short a time to tell", enough),
            ("too few requests to count", few),
        )
    )


def _made_up(one: Objective, bad: float, a_minute: float, minutes: int) -> Iterator[stories.TestSeries]:
    def counter(name: str, labels: dict[str, str], share: float) -> stories.TestSeries:
        grows = stories.Stretch(0, a_minute * share, minutes)
        return stories.TestSeries(name, {"service": one.service, **labels}, (grows,))

    metric = one.metric
    if one.kind == "availability":
        yield counter(metric, {"status": "200"}, 1 - bad)
        yield counter(metric, {"status": "500"}, bad)
    else:
        yield counter(f"{metric}_bucket", {"le": one.bound}, 1 - bad)
        yield counter(f"{metric}_bucket", {"le": "+Inf"}, 1)
        yield counter(f"{metric}_count", {}, 1)
