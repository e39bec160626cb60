"""Memory against its limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal

from pydantic import Field

from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules import stories
from accelerapp.alerts.rules.kinds import interface
from accelerapp.base.severity import Severity


class Memory(interface.RuleTable):
    """A replica nears its limit of memory."""

    OWN_SERIES = True
    SUMMARY = "{{ $labels.replica }} uses {{ $value | humanizePercentage }} of its memory limit"
    DESCRIPTION = "Memory was above {percent} % of the limit for {wait}; at the limit the replica is ended."
    STEPS = (
        "See which replicas need the memory: `accelerapp service usage {service}`.",
        "Look for a leak: does it grow without more requests, and since which release? "
        "`accelerapp service history {service}`.",
        "Restart the replicas that are affected: `accelerapp service restart {service}`.",
        "Raise the limit if the service needs more for good reason.",
        "Find the cause: undo the release that began it, and compare its logs.",
    )

    kind: Literal["memory"] = "memory"
    name: interface.RuleName = "HighMemoryUsage"
    above_percent: interface.Percent = 90
    """Memory in percent of the limit."""
    wait: interface.Wait = Field(default=timedelta(minutes=10), alias="for")
    severity: Severity = Severity.P3
    used: interface.MetricName = "accelerapp_replica_memory_bytes"
    """Gauge of the memory of a replica."""
    limit: interface.MetricName = "accelerapp_replica_memory_limit_bytes"
    """Gauge of its limit."""
    by: interface.LabelName = "replica"
    """Label that names a replica."""
    selector: str = ""
    """Which series are the service's, as matchers of labels; empty means service="NAME"."""

    def question(self, service: str) -> interface.Question:
        """A share for each replica; one without a limit has none."""
        chosen = interface.all_of(service, self.selector)
        used, limit = (f"max by ({self.by}) ({metric}{chosen})" for metric in (self.used, self.limit))
        share = f"{used} / ({limit} > 0)"
        return interface.Question(rules.Measure(share, rules.Comparison.ABOVE, self.above_percent / 100, "share"))

    def series(self, service: str, line: stories.Timeline) -> Sequence[stories.TestSeries]:
        """One replica that grows beyond its share, and one that does not."""
        share = self.above_percent / 100
        one, other = ({"service": service, self.by: f"{service}-{number}"} for number in (1, 2))
        return [
            stories.TestSeries(self.used, one, line.gauge(500 * share, 500 * (1 + share))),
            stories.TestSeries(self.used, other, line.gauge(500 * share, 500 * share)),
            *(stories.TestSeries(self.limit, labels, line.gauge(1000, 1000)) for labels in (one, other)),
        ]

    def words(self) -> Mapping[str, str]:
        """The threshold."""
        return {"percent": f"{self.above_percent:g}"}
