"""A heartbeat that did not come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Literal

from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules import stories
from accelerapp.alerts.rules.kinds import interface
from accelerapp.base.settings import fields
from accelerapp.base.severity import Severity


class HeartbeatMissed(interface.RuleTable):
    """What should report again and again did not."""

    OF_SERVICES: ClassVar[bool] = False
    OWN_SERIES = True
    SUMMARY = "{heartbeat} has not reported for {{ $value | humanizeDuration }}"
    DESCRIPTION = "It should report at least every {within}."
    STEPS = (
        "Find out whether it still runs where it should: the job, its host, its schedule.",
        "Run it by hand, and see that its heartbeat comes.",
    )

    kind: Literal["heartbeat_missed"] = "heartbeat_missed"
    name: interface.RuleName = "HeartbeatMissed"
    heartbeat: str
    """Name of the heartbeat."""
    within: fields.Duration
    """How long it may be silent."""
    severity: Severity = Severity.P2

    def question(self, service: str) -> interface.Question:
        """Seconds since it last came; unknown before the first."""
        last = f"accelerapp_heartbeat_last_seconds{{heartbeat={interface.quoted(self.heartbeat)}}}"
        return interface.Question(
            rules.Measure(f"time() - max({last})", rules.Comparison.ABOVE, self.within.total_seconds(), "seconds")
        )

    def series(self, service: str, line: stories.Timeline) -> Sequence[stories.TestSeries]:
        """It comes every minute, is silent for a while, and comes again."""
        silent = line.counter(60, 0)
        back = stories.Stretch(60.0 * (line.calm + line.bad), 60, line.after)
        labels = {"heartbeat": self.heartbeat}
        return [stories.TestSeries("accelerapp_heartbeat_last_seconds", labels, (*silent[:2], back))]

    def lasts(self) -> timedelta:
        """As long as it may be silent."""
        return self.within

    def words(self) -> Mapping[str, str]:
        """The heartbeat and how long it may be silent."""
        return {"heartbeat": self.heartbeat, "within": interface.length(timedelta(seconds=self.within.total_seconds()))}
