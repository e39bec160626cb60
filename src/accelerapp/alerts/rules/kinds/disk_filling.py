"""A disk that will be full soon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules import stories
from accelerapp.alerts.rules.kinds import interface
from accelerapp.base.settings import fields
from accelerapp.base.severity import Severity


class DiskFilling(interface.RuleTable):
    """At this pace a disk is full soon."""

    OF_SERVICES: ClassVar[bool] = False
    OWN_SERIES = True
    SUMMARY = "{{ $labels.mount }} will be full within {within}"
    DESCRIPTION = "As it grew over the last {window}, {{ $value | humanize1024 }}B would be free in {within}."
    STEPS = (
        "See what grows: `df -h`, then `du -x --max-depth=2` on the disk.",
        "Free space: rotate logs, prune what has had its time.",
        "Give the disk more room before it is full.",
    )

    kind: Literal["disk_filling"] = "disk_filling"
    name: interface.RuleName = "DiskFilling"
    within: fields.Duration = timedelta(hours=4)
    """How far ahead the forecast looks."""
    window: fields.Duration = timedelta(hours=1)
    """From which time the pace is taken."""
    wait: interface.Wait = Field(default=timedelta(minutes=15), alias="for")
    severity: Severity = Severity.P2
    every: fields.Duration = timedelta(minutes=1)
    free: interface.MetricName = "accelerapp_disk_free_bytes"
    """Gauge of free bytes, for each disk; node_filesystem_avail_bytes of node_exporter works too."""
    selector: str = ""
    """Which disks, as matchers of labels; empty means all."""

    @model_validator(mode="after")
    def _forecast_rests_on_enough(self) -> DiskFilling:
        if self.within > 24 * self.window:
            raise ValueError("within: a forecast reaches at most 24 times as far as the window that it is taken from")
        return self

    def question(self, service: str) -> interface.Question:
        """Free bytes at the end of the forecast, by a straight line through the window."""
        window, seconds = interface.length(self.window), rules.number(self.within.total_seconds())
        chosen = f"{{{self.selector}}}" if self.selector else ""
        value = f"predict_linear({self.free}{chosen}[{window}], {seconds})"
        return interface.Question(rules.Measure(value, rules.Comparison.BELOW, 0, "bytes"))

    def series(self, service: str, line: stories.Timeline) -> Sequence[stories.TestSeries]:
        """A disk that loses so much a minute that it is full in half the time of the forecast."""
        free = 1e9
        slope = free / (line.bad + self.within / stories.STEP / 2)
        return [stories.TestSeries(self.free, {"mount": "/"}, line.counter(0, -round(slope), start=free))]

    def words(self) -> Mapping[str, str]:
        """The forecast and the window."""
        return {"within": interface.length(self.within), "window": interface.length(self.window)}
