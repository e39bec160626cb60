"""Who would be paged, and if nobody, why not: held back alone, or one page for a group, or one for a storm. Pure.

An alert that is due is held back by the first of these that holds: maintenance, silence, inhibition, flapping. What
is held back is looked at again when its reason ends. The rest joins the page of its group, or is a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from accelerapp.alerts import matching, model
from accelerapp.alerts.model import Alert, AlertState, DecisionKind, Page, Silence, SilenceKind, Verdict
from accelerapp.alerts.service import Changes
from accelerapp.base import errors, text
from accelerapp.base.ids import PageId, new_id
from accelerapp.base.settings.model import Alerts as Policy
from accelerapp.base.severity import worst

_LOOK_AGAIN = timedelta(seconds=15)
"""At alerts that another explains."""


@dataclass(frozen=True)
class Context:
    """What the decision needs to know beside the alerts that are due."""

    silences: Sequence[Silence] = ()
    """Those that hold now."""
    explaining: Sequence[Alert] = ()
    """Open alerts of the rules that explain others."""
    pages: Mapping[str, Page] = field(default_factory=dict)
    """The page of each group that has one with open alerts."""
    storm: Page | None = None
    """The page of a storm that alerts came to within the storm's window."""
    recent_pages: int = 0
    """Pages within the storm's window."""


@dataclass
class Decided(Changes):
    """Beside the alerts and their decisions: pages, new or changed."""

    pages: dict[PageId, Page] = field(default_factory=dict)


@dataclass(frozen=True)
class Hold:
    """Why an alert pages nobody for now."""

    verdict: Verdict
    why: str
    by: str
    until: datetime


@dataclass(frozen=True)
class _Rule:
    """An inhibition of the settings, read."""

    source: tuple[model.Matcher, ...]
    target: tuple[model.Matcher, ...]
    equal: tuple[str, ...]

    def hides(self, source: Alert, alert: Alert) -> bool:
        """Does `source` explain `alert`? Never itself, nor another of its kind: both would hide each other."""
        if source.id == alert.id or matching.matches(self.source, alert.labels):
            return False
        agree = all(
            source.labels.get(name) and source.labels.get(name) == alert.labels.get(name) for name in self.equal
        )
        return agree and matching.matches(self.source, source.labels) and matching.matches(self.target, alert.labels)


def rules(policy: Policy) -> tuple[_Rule, ...]:
    """The inhibitions of the settings. Raises WrongUseError."""
    return tuple(_Rule(matching.parse(each.source), matching.parse(each.target), each.equal) for each in policy.inhibit)


def explaining_rules(policy: Policy) -> set[str]:
    """The names of the rules whose alerts explain others. Raises WrongUseError when an inhibition names none."""
    found = set()
    for rule in rules(policy):
        names = [m.value for m in rule.source if m.name == model.RULE and m.operator is model.Operator.EQUAL]
        if not names:
            raise errors.WrongUseError(
                "alerts.inhibit has a source that names no rule.", mend='Let it begin with alertname="NAME".'
            )
        found.update(names)
    return found


def decide(due: Sequence[Alert], context: Context, policy: Policy, now: datetime) -> Decided:
    """Decide about open alerts that are due, worst first."""
    decided, inhibitions = Decided(), rules(policy)
    ready: dict[str, list[Alert]] = {}
    for alert in sorted(due, key=lambda each: (each.severity, each.opened_at, each.id)):
        hold = _hold(alert, context, inhibitions, policy, now)
        if hold is not None:
            _hold_back(alert, hold, now, decided)
        else:
            ready.setdefault(alert.group, []).append(alert)
    fresh = {group: alerts for group, alerts in ready.items() if group not in context.pages}
    for group in ready.keys() - fresh.keys():
        _join(ready[group], context.pages[group], policy, now, decided)
    _page(fresh, context, policy, now, decided)
    return decided


# -- holding back ------------------------------------------------------------------------------------------------------


def _hold(alert: Alert, context: Context, inhibitions: Iterable[_Rule], policy: Policy, now: datetime) -> Hold | None:
    silence = _silence(alert, context.silences, now)
    if silence is not None:
        return silenced(silence, now)
    for rule in inhibitions:
        source = next((each for each in context.explaining if rule.hides(each, alert)), None)
        if source is not None:
            why = f"explained by {source.rule or source.id} of {source.service or 'no service'} ({source.id})"
            return Hold(Verdict.INHIBITED, why, source.id, now + _LOOK_AGAIN)
    return _flapping(alert, policy, now)


def _silence(alert: Alert, silences: Iterable[Silence], now: datetime) -> Silence | None:
    """The one that holds longest; a maintenance before a silence."""
    found = [each for each in silences if each.is_active(now) and matching.matches(each.matchers, alert.labels)]
    return max(found, key=lambda each: (each.kind is SilenceKind.MAINTENANCE, each.ends_at), default=None)


def silenced(silence: Silence, now: datetime) -> Hold:
    """Held back by a silence or a maintenance: `silenced by ann until 14:00 UTC: moving the database`."""
    until = clock(silence.ends_at, now)
    if silence.kind is SilenceKind.MAINTENANCE:
        what = f"maintenance of {silence.service or 'everything'} by {silence.author}"
        return Hold(Verdict.IN_MAINTENANCE, f"{what} until {until}: {silence.reason}", silence.id, silence.ends_at)
    why = f"silenced by {silence.author} until {until}: {silence.reason}"
    return Hold(Verdict.SILENCED, why, silence.id, silence.ends_at)


def _flapping(alert: Alert, policy: Policy, now: datetime) -> Hold | None:
    often = sum(at > now - policy.flap_window for at in alert.openings)
    stays = alert.opened_at + policy.flap_wait
    if often <= policy.flap_openings or now >= stays:
        return None
    window = text.duration(policy.flap_window.total_seconds())
    why = f"flapping, it opened {often} times within {window}: pages if it stays until {clock(stays, now)}"
    return Hold(Verdict.FLAPPING, why, "", stays)


def _hold_back(alert: Alert, hold: Hold, now: datetime, decided: Decided) -> None:
    after = replace(alert, verdict=hold.verdict, why=hold.why, held_by=hold.by, look_at=hold.until)
    if (alert.verdict, alert.why) == (hold.verdict, hold.why):
        decided.put(after)
    else:
        decided.put(after, DecisionKind.NOT_PAGED, f"{hold.why}.", now)


# -- pages -------------------------------------------------------------------------------------------------------------


def _join(alerts: Sequence[Alert], page: Page, policy: Policy, now: datetime, decided: Decided) -> None:
    """The group has a page: they are added, and page again only if one is worse than what was told."""
    known, told = page.severity, f"the page of {clock(page.at, now)} for {page.group or 'a storm'}"
    quiet = Verdict.BUNDLED if page.is_storm else Verdict.GROUPED
    for alert in alerts:
        if alert.severity.is_worse_than(known):
            known, why = alert.severity, f"{alert.severity}, worse than {told}"
            _let_through(alert, Verdict.PAGED, why, page, policy, now, decided)
        else:
            _let_through(alert, quiet, f"of {told} ({page.id})", page, policy, now, decided)
    count = page.alerts + sum(alert.page != page.id for alert in alerts)
    decided.pages[page.id] = replace(page, severity=known, alerts=count, last_at=now)


def _page(groups: Mapping[str, list[Alert]], context: Context, policy: Policy, now: datetime, decided: Decided) -> None:
    """Groups without a page: each is one, unless there are so many that one list serves better."""
    everything = [alert for alerts in groups.values() for alert in alerts]
    if not everything:
        return
    if context.storm is not None:
        _join(everything, context.storm, policy, now, decided)
    elif context.recent_pages + len(groups) > policy.storm_pages:
        _open_storm(everything, policy, now, decided)
    else:
        for group, alerts in groups.items():
            _open_page(group, alerts, policy, now, decided)


def _open_page(group: str, alerts: Sequence[Alert], policy: Policy, now: datetime, decided: Decided) -> None:
    first, *others = alerts  # the worst, by the order of `decide`
    page = Page(
        id=PageId(new_id("pag")),
        group=group,
        title=first.title[:300],
        severity=first.severity,
        service=first.service,
        at=now,
        last_at=now,
    )
    why = f"first of {group}" + (f", with {len(others)} more" if others else "")
    _let_through(first, Verdict.PAGED, why, page, policy, now, decided)
    _join(others, page, policy, now, decided)


def _open_storm(alerts: Sequence[Alert], policy: Policy, now: datetime, decided: Decided) -> None:
    """One page with the list of all."""
    services = sorted({alert.service for alert in alerts if alert.service})
    page = Page(
        id=PageId(new_id("pag")),
        group="",
        title=f"Storm of {text.count(len(alerts), 'alert')}: {alerts[0].title[:200]} and others",
        severity=worst([alert.severity for alert in alerts]),
        service=services[0] if len(services) == 1 else "",
        at=now,
        last_at=now,
        alerts=len(alerts),
    )
    decided.pages[page.id] = page
    why = f"one page for a storm of {text.count(len(alerts), 'alert')} ({page.id})"
    _let_through(alerts[0], Verdict.PAGED, why, page, policy, now, decided)
    for alert in alerts[1:]:
        _let_through(alert, Verdict.BUNDLED, f"in the list of a storm's page ({page.id})", page, policy, now, decided)


def _let_through(
    alert: Alert, verdict: Verdict, why: str, page: Page, policy: Policy, now: datetime, decided: Decided
) -> None:
    """A page speaks of it; unless there is an incident already, it is known when it opens one."""
    incident = page.incident or alert.incident
    is_at_once = not policy.incident_at_once.is_worse_than(alert.severity)
    escalates_at = now if is_at_once or incident else max(now, alert.opened_at + policy.incident_after)
    after = replace(
        alert,
        verdict=verdict,
        why=why,
        held_by="",
        page=page.id,
        look_at=None,
        escalates_at=None if alert.incident else escalates_at,
    )
    kind = DecisionKind.PAGED if verdict is Verdict.PAGED else DecisionKind.NOT_PAGED
    decided.put(after, kind, f"{why}.", now)


def is_due(alert: Alert, now: datetime) -> bool:
    """Is there something to decide about it now?"""
    return alert.state is not AlertState.RESOLVED and alert.look_at is not None and alert.look_at <= now


def clock(at: datetime, now: datetime) -> str:
    """`14:00 UTC`, with the day when it is not near."""
    form = "%H:%M UTC" if abs(at - now) < timedelta(hours=20) else "%Y-%m-%d %H:%M UTC"
    return at.strftime(form)
