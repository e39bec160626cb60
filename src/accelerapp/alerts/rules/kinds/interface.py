"""What every kind of rule is: a table of the settings that knows its PromQL, its words and its response steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules import stories
from accelerapp.base.settings import fields
from accelerapp.base.severity import Severity

RuleName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,99}$")]
LabelName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]{0,99}$")]
MetricName = Annotated[str, Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")]
Percent = Annotated[float, Field(gt=0, lt=100)]
_TAKEN = {"alertname", "service", "severity"}


def _not_negative(value: timedelta) -> timedelta:
    if value < timedelta(0):
        raise ValueError("must not be negative")
    return value


def _free(labels: Mapping[str, str]) -> Mapping[str, str]:
    taken = sorted(_TAKEN & set(labels))
    if taken:
        raise ValueError(f"{taken[0]} is set by the rule itself")
    return labels


Wait = Annotated[timedelta, BeforeValidator(fields.read_duration), AfterValidator(_not_negative)]
Word = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int | float) else value)]
Labels = Annotated[dict[LabelName, Word], AfterValidator(_free)]


@dataclass(frozen=True)
class Question:
    """What a rule asks of the metrics."""

    measure: rules.Measure | None
    condition: str = ""
    """The whole condition, when it is more than the measure with its threshold."""


class RuleTable(fields.Section):
    """What every kind of rule has. Each kind adds its thresholds and overrides the defaults."""

    model_config = ConfigDict(populate_by_name=True)

    OF_SERVICES: ClassVar[bool] = True
    """Without a service it is about every service."""
    OWN_SERIES: ClassVar[bool] = False
    """It is about series that this product makes."""
    SUMMARY: ClassVar[str] = ""
    DESCRIPTION: ClassVar[str] = ""
    STEPS: ClassVar[tuple[str, ...]] = ()

    kind: str
    name: RuleName
    service: str = ""
    """Service that it is about; empty means every service, or none where the kind needs none."""
    enabled: bool = True
    """false takes the rule away, built-in ones too."""
    wait: Wait = Field(default=timedelta(0), alias="for")
    """How long it must be bad without a break."""
    keep_firing_for: Wait = timedelta(0)
    """How long it still counts as bad after it was last seen bad."""
    severity: Severity = Severity.P3
    """P1 to P4."""
    every: fields.Duration = rules.PERIOD
    """How often it is evaluated."""
    labels: Labels = Field(default_factory=dict)
    """Labels that the alert gets."""
    annotations: dict[LabelName, Word] = Field(default_factory=dict)
    """Texts for people, such as summary; they go over the kind's own."""
    steps: tuple[str, ...] = ()
    """What to do, in order; empty means the kind's own."""
    runbook: str = ""
    """Address of the runbook."""

    def question(self, service: str) -> Question:
        """What is asked for this service."""
        raise NotImplementedError

    def series(self, service: str, line: stories.Timeline) -> Sequence[stories.TestSeries]:
        """Series that are bad while the timeline is, to try the rule with; none: it is not tried."""
        return ()

    def lasts(self) -> timedelta:
        """How far back the question looks."""
        window = getattr(self, "window", timedelta(0))
        assert isinstance(window, timedelta)
        return window

    def story(self, service: str) -> stories.Story | None:
        """The series with their length; None where they are not known, since the settings select them."""
        if getattr(self, "selector", ""):
            return None
        line = stories.timeline(self.lasts(), self.wait, self.keep_firing_for)
        made = tuple(self.series(service, line))
        return stories.Story("calm, bad, calm again", made, line.minutes) if made else None

    def words(self) -> Mapping[str, str]:
        """What stands for `{name}` in the kind's summary, description and steps."""
        return {}


def all_of(service: str, selector: str = "", *more: str) -> str:
    """Matchers in braces: `{service="shop",status=~"5.."}`. `selector` stands in place of the service."""
    parts = [selector or f"service={quoted(service)}", *(part for part in more if part)]
    return "{" + ",".join(parts) + "}"


def quoted(text: str) -> str:
    """A string as PromQL writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def length(value: timedelta) -> str:
    """A duration as PromQL writes it: `5m`, `90s`, `1h`, `1500ms`."""
    milliseconds = round(value.total_seconds() * 1000)
    for unit, size in (("d", 86400000), ("h", 3600000), ("m", 60000), ("s", 1000)):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


Check = Callable[[str], str]
"""What is wrong with a PromQL expression, as a sentence; empty: nothing."""
