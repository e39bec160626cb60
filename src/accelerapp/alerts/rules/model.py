"""The nouns of rules: what is measured, the rule over it, and how the rule stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from accelerapp.alerts.rules.stories import Story
from accelerapp.base.ids import ServiceName
from accelerapp.base.severity import Severity

RuleId = NewType("RuleId", str)
"""`bookshop/HighErrorRate`; `/Name` for a rule that is about no single service."""
PERIOD = timedelta(seconds=15)
"""How often a rule is evaluated when nothing else is said."""


class Comparison(StrEnum):
    """On which side of the threshold it is bad."""

    ABOVE = ">"
    BELOW = "<"


@dataclass(frozen=True)
class Measure:
    """A figure with a threshold: `expr` is PromQL; a series of its answer that is beyond `threshold` is bad."""

    expr: str
    comparison: Comparison
    threshold: float
    unit: str = ""
    """For people: `share`, `seconds`, `bytes`, `days`; empty: a plain number."""

    @property
    def condition(self) -> str:
        """The whole condition as PromQL."""
        return f"{self.expr} {self.comparison} {number(self.threshold)}"

    def is_bad(self, value: float) -> bool:
        """Is a value beyond the threshold? NaN never is."""
        return value > self.threshold if self.comparison is Comparison.ABOVE else value < self.threshold


def number(value: float) -> str:
    """A number as PromQL writes it: `0.05`, `1`, `1e+12`."""
    return f"{value:.15g}"


@dataclass(frozen=True)
class Rule:
    """One rule. `condition` is PromQL whose answer is what is bad now."""

    id: RuleId
    name: str
    """What the alert is called: the label `alertname`."""
    kind: str
    service: ServiceName
    """Empty: about no single service."""
    condition: str
    measure: Measure | None
    """What is shown, and what has no data when nothing is known. None: the condition alone."""
    wait: timedelta
    """How long it must be bad without a break before it is an alert; Prometheus calls it `for`."""
    keep_firing_for: timedelta
    severity: Severity
    labels: Mapping[str, str]
    """Beside those of the series: service, severity and what the settings add."""
    annotations: Mapping[str, str]
    """For people: summary, description; `{{ $value }}` and `{{ $labels.NAME }}` are filled in."""
    steps: tuple[str, ...] = ()
    """What to do, in order."""
    runbook: str = ""
    every: timedelta = PERIOD
    parameters: Mapping[str, str] = field(default_factory=dict)
    """The thresholds and names that its kind has, as the settings would write them."""
    needs_own_series: bool = False
    """Its series come from this product: a Prometheus gets them by scraping its /metrics."""
    is_built_in: bool = False
    stories: tuple[Story, ...] = ()
    """Series to try it with."""

    @property
    def is_compound(self) -> bool:
        """Is the condition more than the measure with its threshold?"""
        return self.measure is None or self.condition != self.measure.condition


class State(StrEnum):
    """How a rule, or one series under it, stands."""

    INACTIVE = "inactive"
    PENDING = "pending"
    """It is bad, but not for long enough."""
    FIRING = "firing"
    UNKNOWN = "unknown"
    """There is no data, or nobody could be asked: neither fine nor bad."""


@dataclass(frozen=True)
class Instance:
    """One series that is bad, or of which it is not known whether it still is."""

    labels: Mapping[str, str]
    """Of the series, without its name."""
    state: State
    active_since: datetime
    """Since when it is bad; time in which nobody looked does not count."""
    fired_at: datetime | None = None
    kept_since: datetime | None = None
    """Firing although it is bad no more, since then (`keep_firing_for`)."""
    value: float | None = None
    """When it was last seen."""
    alert: Mapping[str, str] = field(default_factory=dict)
    """The labels of its alert, once it has fired."""


@dataclass(frozen=True)
class Status:
    """How a rule stands. `instances` are the series that are pending, firing, or were firing when data ended."""

    rule: RuleId
    digest: str
    """Of what the rule asks: another rule under the same name starts anew."""
    state: State
    since: datetime
    reason: str = ""
    """Why it is unknown, as a sentence."""
    evaluated_at: datetime | None = None
    instances: tuple[Instance, ...] = ()
    value: float | None = None
    """The worst one last seen."""


@dataclass(frozen=True)
class Reading:
    """One series of an answer, its name taken off."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Observation:
    """What a look at the series of a rule gave."""

    bad: tuple[Reading, ...] = ()
    value: float | None = None
    """The worst value of all series, bad or not; None: there is none."""
    silence: str = ""
    """Why nothing is known, as a sentence; empty: there was data."""
