"""What the page says now: the state of each component, and of all of them. Pure.

A component whose state is not known is shown with the state it had last and since when that is not known any more; all
together are then never called operational.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TypeVar

from accelerapp.base import errors
from accelerapp.base.ids import ComponentId
from accelerapp.statuspage import maintenances, texts
from accelerapp.statuspage.model import (
    Board,
    Component,
    ComponentState,
    Follows,
    Group,
    Impact,
    Maintenance,
    Progress,
    Report,
    Stage,
)

T = TypeVar("T", Component, Group)
FRESH = timedelta(minutes=5)
"""What was known of a service longer ago than this says nothing of now."""


class Overall(Enum):
    """How all of it is: Statuspage's indicator and description, and a sentence for people."""

    EMPTY = ("none", "No Systems Listed", "No system is listed here yet")
    OPERATIONAL = ("none", "All Systems Operational", "All systems are operational")
    MAINTENANCE = ("none", "Service Under Maintenance", "Maintenance is in progress")
    UNKNOWN = ("minor", "Status Not Known", "We cannot tell how some systems are")
    WATCHED = ("minor", "Monitoring", "A problem seems to be over; we are watching")
    INCIDENT = ("minor", "Incident Under Investigation", "We are looking into a problem")
    DEGRADED = ("minor", "Partially Degraded Service", "Some systems are slow or not quite right")
    PARTIAL = ("major", "Partial System Outage", "Some systems are partly down")
    MAJOR = ("critical", "Major Service Outage", "Some systems are down")

    @property
    def indicator(self) -> str:
        """`none`, `minor`, `major` or `critical`."""
        return self.value[0]

    @property
    def description(self) -> str:
        """In Statuspage's manner."""
        return self.value[1]

    @property
    def sentence(self) -> str:
        """In plain words."""
        return self.value[2]

    @property
    def rank(self) -> int:
        """Grows with how bad it is."""
        return list(Overall).index(self)


@dataclass(frozen=True)
class Shown:
    """A component as the public sees it at a moment."""

    component: Component
    state: ComponentState
    """Where it is not known: as it was last known."""
    unknown_since: datetime | None

    @property
    def is_shown(self) -> bool:
        """Is it on the page at all?"""
        hides = self.component.only_show_if_degraded
        return not hides or self.unknown_since is not None or self.state is not ComponentState.OPERATIONAL


_OF_STATE = {
    ComponentState.OPERATIONAL: Overall.OPERATIONAL,
    ComponentState.UNDER_MAINTENANCE: Overall.MAINTENANCE,
    ComponentState.DEGRADED: Overall.DEGRADED,
    ComponentState.PARTIAL_OUTAGE: Overall.PARTIAL,
    ComponentState.MAJOR_OUTAGE: Overall.MAJOR,
}
_OF_IMPACT = {
    Impact.NONE: Overall.INCIDENT,
    Impact.MINOR: Overall.DEGRADED,
    Impact.MAJOR: Overall.PARTIAL,
    Impact.CRITICAL: Overall.MAJOR,
}


def shown(board: Board, now: datetime) -> list[Shown]:
    """Each component, in the order of the page: without a group first, then group by group."""
    working = maintenances.touched(board.maintenances, now)
    place = {each.id: number for number, each in enumerate(ordered(board.groups))}
    return [
        _shown(each, each.id in working, now)
        for each in sorted(ordered(board.components), key=lambda one: place.get(one.group, -1) if one.group else -1)
    ]


def ordered(nouns: Iterable[T]) -> list[T]:
    """By their positions."""
    return sorted(nouns, key=lambda each: (each.position, each.created_at, each.id))


def _shown(each: Component, is_worked_on: bool, now: datetime) -> Shown:
    state = each.state
    if is_worked_on and state is ComponentState.OPERATIONAL:
        return Shown(each, ComponentState.UNDER_MAINTENANCE, None)
    return Shown(each, state, unknown_since(each, now))


def unknown_since(each: Component, now: datetime) -> datetime | None:
    """Since when it is not known how it is: because somebody said so, or because nobody looked."""
    if each.unknown_since is not None or each.follows is not Follows.SERVICE:
        return each.unknown_since
    looked = each.looked_at or each.updated_at
    return looked if now - looked > FRESH else None


def overall(board: Board, now: datetime) -> Overall:
    """The worst of the components and of the incidents that are open."""
    seen = [each for each in shown(board, now) if each.is_shown]
    found = [_OF_STATE[each.state] for each in seen]
    found += [Overall.UNKNOWN for each in seen if each.unknown_since is not None]
    found += [_of_report(each) for each in board.reports if each.is_open]
    return max(found, key=lambda each: each.rank, default=Overall.EMPTY)


def _of_report(each: Report) -> Overall:
    """The components that it touched tell how they are now; without any its impact does."""
    if not each.components:
        return _OF_IMPACT[each.impact]
    return Overall.WATCHED if each.status is Progress.MONITORING else Overall.INCIDENT


def group_state(members: Iterable[Shown]) -> ComponentState:
    """The worst of its components."""
    return max((each.state for each in members), key=lambda each: each.rank, default=ComponentState.OPERATIONAL)


def updated_at(board: Board, now: datetime) -> datetime | None:
    """When anything on the page changed last; None: it is empty."""
    told = [each.updated_at for each in board.components]
    told += [each.updated_at for each in board.groups]
    told += [each.updated_at for each in board.reports]
    told += [maintenances.updates(each, now)[-1].at for each in board.maintenances]
    return max((at for at in told if at <= now), default=None)


def changes_at(board: Board, now: datetime) -> datetime | None:
    """When the clock alone changes the page next, but for the end of the day."""
    moments = [maintenances.changes_at(each, now) for each in board.maintenances]
    moments += [
        (each.looked_at or each.updated_at) + FRESH
        for each in board.components
        if each.follows is Follows.SERVICE and each.unknown_since is None
    ]
    return min((at for at in moments if at is not None and at > now), default=None)


def planned(board: Board, now: datetime, *stages: Stage) -> list[Maintenance]:
    """The maintenances in these stages, the next first."""
    found = [each for each in board.maintenances if maintenances.stage(each, now) in stages]
    return sorted(found, key=lambda each: each.scheduled_for)


def find(components: Iterable[Component], wanted: str) -> Component:
    """The component of this name or id, whatever the case. Raises NotFoundError that names those that there are."""
    known = list(components)
    name = texts.fold(wanted)
    for each in known:
        if wanted == each.id or name == texts.fold(each.name):
            return each
    raise errors.NotFoundError(
        f"The status page has no component '{wanted[:100]}'.",
        mend=f"There are: {', '.join(each.name for each in ordered(known))}."
        if known
        else f'Make it: accelerapp status component add "{wanted[:100]}".',
    )


def find_all(components: Iterable[Component], wanted: Iterable[str]) -> list[ComponentId]:
    """The ids of those of these names or ids. Raises NotFoundError."""
    known = list(components)
    return [find(known, each).id for each in wanted]
