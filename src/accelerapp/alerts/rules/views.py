"""A rule with how it stands, and an objective with its budget: what the API answers and the commands print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from accelerapp.alerts.rules.model import Instance, Rule, RuleId, State, Status
from accelerapp.base import text
from accelerapp.base.ids import ServiceName
from accelerapp.base.severity import Severity


@dataclass(frozen=True)
class RuleStanding:
    """A rule, and how it stands. Lengths of time are seconds."""

    id: RuleId
    name: str
    kind: str
    service: ServiceName
    severity: Severity
    state: State
    since: datetime | None
    """None: it was never evaluated."""
    reason: str
    """Why it is unknown, as a sentence."""
    value: float | None
    """The worst value when something changed last."""
    condition: str
    """PromQL whose answer is what is bad."""
    expression: str
    """PromQL of the figure; empty: the condition alone."""
    comparison: str
    """`>` or `<`; empty: the condition alone."""
    threshold: float | None
    unit: str
    for_seconds: float
    keep_firing_for_seconds: float
    every_seconds: float
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    steps: tuple[str, ...]
    runbook: str
    parameters: Mapping[str, str]
    needs_own_series: bool
    """A Prometheus that evaluates it has to scrape this product's /metrics."""
    is_built_in: bool
    instances: tuple[Instance, ...] = ()


def standing(rule: Rule, status: Status | None) -> RuleStanding:
    """Both in one; a rule that was never evaluated is unknown."""
    measure = rule.measure
    return RuleStanding(
        id=rule.id,
        name=rule.name,
        kind=rule.kind,
        service=rule.service,
        severity=rule.severity,
        state=status.state if status else State.UNKNOWN,
        since=status.since if status else None,
        reason=status.reason if status else "It has not been evaluated yet.",
        value=status.value if status else None,
        condition=rule.condition,
        expression=measure.expr if measure else "",
        comparison=measure.comparison.value if measure else "",
        threshold=measure.threshold if measure else None,
        unit=measure.unit if measure else "",
        for_seconds=rule.wait.total_seconds(),
        keep_firing_for_seconds=rule.keep_firing_for.total_seconds(),
        every_seconds=rule.every.total_seconds(),
        labels=rule.labels,
        annotations=rule.annotations,
        steps=rule.steps,
        runbook=rule.runbook,
        parameters=rule.parameters,
        needs_own_series=rule.needs_own_series,
        is_built_in=rule.is_built_in,
        instances=status.instances if status else (),
    )


def threshold(rule: RuleStanding) -> str:
    """`> 5 % for 5 min`."""
    beyond = f"{rule.comparison} {shown(rule.threshold, rule.unit)}" if rule.comparison else rule.condition[:80]
    return beyond + (f" for {text.duration(rule.for_seconds)}" if rule.for_seconds else "")


def shown(value: float | None, unit: str) -> str:
    """A figure for people, by its unit."""
    if value is None:
        return ""
    if unit == "share":
        return f"{100 * value:.3g} %"
    if unit == "seconds":
        return text.duration(value) if value >= 0 else f"{value:.3g} s"
    if unit == "bytes":
        return text.size(value)
    return f"{value:.4g} {unit}".rstrip()


@dataclass(frozen=True)
class SloStanding:
    """An objective, and what is left of its error budget. Shares are of 1; None: there is no data."""

    service: ServiceName
    name: str
    kind: str
    objective: float
    remaining: float | None
    """Share of the budget of 30 days that is left; below 0 it is overspent."""
    bad: float | None
    """Share of requests that were bad in 30 days, or since there is data."""
    burn_rates: Mapping[str, float | None] = field(default_factory=dict)
    """By window (`5m`, `1h`, …): how many times too fast the budget burns."""
    state: State = State.UNKNOWN
    """The worst of its rules."""
    reason: str = ""
    """Why nothing is known, as a sentence."""
