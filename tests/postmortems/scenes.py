"""Facts, reports and a story of post-mortems with a moving clock, on a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes import NOON
from tests.incidents import stories

from accelerapp.base.clock import MovingClock
from accelerapp.base.ids import IncidentId
from accelerapp.base.severity import Severity
from accelerapp.flows import paging
from accelerapp.flows.actions import Actions
from accelerapp.flows.incident_statistics import IncidentStatistics
from accelerapp.flows.postmortems import PostMortems, Stores
from accelerapp.flows.reminding import Reminding
from accelerapp.incidents.model import Incident
from accelerapp.oncall import zones
from accelerapp.postmortems.model import Facts, Line, Part, PostMortem, Report
from accelerapp.postmortems.reporting import House, make
from accelerapp.postmortems.store import MemoryPostMortems, PostMortemStore
from accelerapp.postmortems.store_sql import SqlPostMortems
from accelerapp.postmortems.trackers.interface import Tracker

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOUSE = House("UTC", UTC, {"shop": 30.0})
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(2)) \x1b[31m\u202e"


def house(zone: str, **rates: float) -> House:
    return House(zone, zones.zone(zone), rates)


def facts(**changes: Any) -> Facts:
    """A P1 from 12:00 to 12:40, of which everything is known."""
    whole = Facts(
        incident=IncidentId("inc_1"),
        title="Nobody can pay",
        severity=Severity.P1,
        services=("shop",),
        is_private=False,
        began_at=NOON,
        resolved_at=NOON + 40 * MINUTE,
        harm=(NOON, NOON + 40 * MINUTE),
        users=1200,
        timeline=(Line(NOON, "Incident detected (by alerts)"), Line(NOON + 40 * MINUTE, "Service restored")),
        texts={Part.SUMMARY: "P1: Nobody can pay.", Part.ROOT_CAUSE: "A lock.", Part.RESOLUTION: "Rolled back."},
        writer="ann",
    )
    return replace(whole, **changes)


def report(known: PostMortem | None = None, used: House = HOUSE, now: datetime = NOON + HOUR, **changes: Any) -> Report:
    found = facts(**changes)
    return make(found, known or PostMortem(found.incident), (), 0, used, now)


class Story(stories.Story):
    """Incidents and what is written after them."""

    def __init__(self, work: Any, clock: MovingClock, kept: Callable[[paging.Stores], PostMortemStore]) -> None:
        super().__init__(work, clock)

        @contextmanager
        def both() -> Iterator[Stores]:
            with work() as others:
                yield Stores(kept(others), others)

        self.both = both
        self.tracker: Tracker | None = None
        self.postmortems = PostMortems(both, both, clock, HOUSE)
        self.actions = Actions(both, both, clock, HOUSE, self._tracker, "https://ops.example")
        self.reminding = Reminding(both, both, clock, lambda: None, HOUSE, "https://ops.example")
        self.statistics = IncidentStatistics(both, clock, UTC)

    def _tracker(self) -> Tracker:
        assert self.tracker is not None
        return self.tracker

    def over(self, title: str = "Nobody can pay", severity: Severity = Severity.P1, **changes: Any) -> Incident:
        """One that ann took, and that is over after 40 minutes."""
        made = self.open(title, severity, **changes)
        self.incidents.acknowledge(made.id, stories.ANN)
        self.wait(40 * MINUTE, 5 * MINUTE)
        return self.incidents.resolve(made.id, stories.ANN, "rolled back")

    def reminded(self) -> list[str]:
        """`ann: The post-mortem of … is overdue`, of what is told now."""
        return [f"{person}: {notice.title}" for notice, person in self.reminding.send()]

    def pass_days(self, days: float, hours: float = 0) -> None:
        self.clock.move(timedelta(days=days, hours=hours))


def kept() -> Callable[[paging.Stores], PostMortemStore]:
    """Beside the other stores: of the same connection, or one memory."""
    memory = MemoryPostMortems()

    def beside(others: paging.Stores) -> PostMortemStore:
        work = getattr(others.incidents, "_work", None)
        return memory if work is None else SqlPostMortems(work)

    return beside
