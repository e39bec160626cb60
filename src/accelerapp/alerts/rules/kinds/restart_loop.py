"""A replica that is started again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules import stories
from accelerapp.alerts.rules.kinds import interface
from accelerapp.base.settings import fields
from accelerapp.base.severity import Severity


class RestartLoop(interface.RuleTable):
    """A replica was started again too often."""

    OWN_SERIES = True
    SUMMARY = "{{ $labels.replica }} was started again {{ $value | humanize }} times within {window}"
    DESCRIPTION = "More than {above} restarts within {window}: it does not stay up."
    STEPS = (
        "See why it ended last: `accelerapp service replicas {service}`.",
        "Read its log from before it ended: `accelerapp logs errors -s {service} --last 30m`.",
        "Check the usual causes: a mistake in the configuration, a missing secret, no database, too low a limit.",
        "Undo the change that began it: `accelerapp service undo {service}`.",
    )

    kind: Literal["restart_loop"] = "restart_loop"
    name: interface.RuleName = "RestartLoop"
    above: Annotated[float, Field(ge=0)] = 3
    """How many restarts may be."""
    window: fields.Duration = timedelta(minutes=15)
    """Within which time."""
    severity: Severity = Severity.P2
    selector: str = ""
    """Which series are the service's, as matchers of labels; empty means service="NAME"."""

    def question(self, service: str) -> interface.Question:
        """Restarts of each replica; a replica that is new counts from its first figure on."""
        chosen = interface.all_of(service, self.selector)
        value = (
            f"max by (replica) (increase(accelerapp_replica_restarts_total{chosen}[{interface.length(self.window)}]))"
        )
        return interface.Question(rules.Measure(value, rules.Comparison.ABOVE, self.above))

    def series(self, service: str, line: stories.Timeline) -> Sequence[stories.TestSeries]:
        """One replica that is started again and again for a while."""
        labels = {"service": service, "replica": f"{service}-1"}
        a_minute = 2 * (self.above + 1) * stories.STEP / self.window + 1
        return [stories.TestSeries("accelerapp_replica_restarts_total", labels, line.counter(0, round(a_minute)))]

    def words(self) -> Mapping[str, str]:
        """The threshold and the window."""
        return {"above": f"{self.above:g}", "window": interface.length(self.window)}
