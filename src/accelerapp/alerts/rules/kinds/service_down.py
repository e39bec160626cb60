"""Nothing serves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from pydantic import Field

from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules import stories
from accelerapp.alerts.rules.kinds import interface
from accelerapp.base.severity import Severity


class ServiceDown(interface.RuleTable):
    """No replica is ready, or the address does not answer."""

    OWN_SERIES = True
    SUMMARY = "{service} is down"
    DESCRIPTION = "For {wait} no replica was ready, or its address did not answer."
    STEPS = (
        "Acknowledge the alert, so that others know that somebody looks.",
        "See how it stands: `accelerapp health -s {service}`, `accelerapp service replicas {service}`.",
        "Tell those who depend on it.",
        "Read the last errors: `accelerapp logs errors -s {service} --last 15m`.",
        "See what was changed lately: `accelerapp service history {service}`, and undo it: "
        "`accelerapp service undo {service}`.",
        "Check that it serves again before you resolve: `accelerapp health -s {service}`.",
    )

    kind: Literal["service_down"] = "service_down"
    name: interface.RuleName = "ServiceDown"
    seen_by: Literal["replicas", "probe"] = "replicas"
    """What says so: replicas that are ready, or a request to the service's address."""
    wait: interface.Wait = Field(default=timedelta(minutes=1), alias="for")
    severity: Severity = Severity.P1
    selector: str = ""
    """Which series are the service's, as matchers of labels; empty means service="NAME"."""

    def question(self, service: str) -> interface.Question:
        """How many replicas are ready, 1 where none is wanted; or whether the last request was answered."""
        chosen = interface.all_of(service, self.selector)
        value = f"max(probe_success{chosen})"
        if self.seen_by == "replicas":
            ready, wanted = (f"max(accelerapp_workload_{word}{chosen})" for word in ("ready", "desired"))
            value = f"{ready} + ({wanted} == bool 0)"
        return interface.Question(rules.Measure(value, rules.Comparison.BELOW, 1))

    def series(self, service: str, line: stories.Timeline) -> Sequence[stories.TestSeries]:
        """Two replicas of which none is ready for a while, or an address that does not answer."""
        labels = {"service": service}
        if self.seen_by == "probe":
            return [stories.TestSeries("probe_success", labels, line.gauge(1, 0))]
        ready, wanted = line.gauge(2, 0), line.gauge(2, 2)
        return [
            stories.TestSeries("accelerapp_workload_ready", labels, ready),
            stories.TestSeries("accelerapp_workload_desired", labels, wanted),
        ]
