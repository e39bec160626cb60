"""What stands out in a service's log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules import stories
from accelerapp.alerts.rules.kinds import interface
from accelerapp.base.severity import Severity


class LogAnomaly(interface.RuleTable):
    """The log differs from what is usual."""

    OWN_SERIES = True
    SUMMARY = "{{ $value | humanize }} things stand out in the log of {service}"
    DESCRIPTION = "Compared with its baseline, the log of the last minutes has more than {above} that stand out."
    STEPS = (
        "Read what stands out: `accelerapp logs review -s {service} --last 15m`.",
        "Compare with the time before: `accelerapp logs compare -s {service}`.",
        "Look for what was changed: `accelerapp service history {service}`.",
    )

    kind: Literal["log_anomaly"] = "log_anomaly"
    name: interface.RuleName = "LogAnomaly"
    above: Annotated[float, Field(ge=0)] = 0
    """How many anomalies may be."""
    wait: interface.Wait = Field(default=timedelta(minutes=5), alias="for")
    severity: Severity = Severity.P3

    def question(self, service: str) -> interface.Question:
        """Anomalies that the last look at the log found."""
        value = f"max(accelerapp_log_anomalies{interface.all_of(service)})"
        return interface.Question(rules.Measure(value, rules.Comparison.ABOVE, self.above))

    def series(self, service: str, line: stories.Timeline) -> Sequence[stories.TestSeries]:
        """More stands out for a while."""
        return [stories.TestSeries("accelerapp_log_anomalies", {"service": service}, line.gauge(0, self.above + 1))]

    def words(self) -> Mapping[str, str]:
        """The threshold."""
        return {"above": f"{self.above:g}"}
