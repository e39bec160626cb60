"""The status page as those see it who run it, and components that follow the health of their service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.base.ids import IncidentId
from accelerapp.flows.status_board import Stores, Wired, load
from accelerapp.health.model import HealthState, Verdict
from accelerapp.statuspage import components, maintenances, service
from accelerapp.statuspage.model import Board, Component, ComponentState, Follows, Maintenance, Outage, Stage
from accelerapp.statuspage.service import Shown
from accelerapp.statuspage.site.scene import Scene

HOLDS = timedelta(minutes=2)
"""So long a service has to be in a state before the public is told by itself: a restart is none."""
STATES = {
    Verdict.HEALTHY: ComponentState.OPERATIONAL,
    Verdict.DEGRADED: ComponentState.DEGRADED,
    Verdict.DOWN: ComponentState.MAJOR_OUTAGE,
}
Healths = Mapping[str, HealthState]


@dataclass(frozen=True)
class ShownComponent:
    """A component with how it is shown, for those who run the page."""

    component: Component
    group: str
    """Its name; empty: none."""
    state: ComponentState
    unknown_since: datetime | None
    uptime_percent: float | None
    """Over 90 days; None: nothing is known."""
    suggested: ComponentState | None = None
    """What the health of its service speaks for, where that differs."""


@dataclass(frozen=True)
class Standing:
    """How the page stands, for those who run it."""

    overall: str
    """A sentence, as the public reads it."""
    indicator: str
    components: tuple[ShownComponent, ...]
    open_incidents: tuple[IncidentId, ...]
    maintenances: tuple[Maintenance, ...]
    """Not over yet, the next first."""
    remarks: tuple[str, ...] = ()
    """What should be looked at."""


@dataclass(frozen=True)
class StatusPage(Wired):
    """The verbs."""

    healths: Callable[[], Healths]
    """Of each service the state that was kept last; one that is too old is unknown."""

    def mark(self) -> int:
        """Differs whenever the page has changed."""
        with self.reading() as stores:
            return stores.status.mark()

    def load(self) -> tuple[int, Board]:
        """The mark and the board that belongs to it."""
        with self.reading() as stores:
            return stores.status.mark(), load(stores, self.clock.now())

    def standing(self, scene: Callable[[Board, datetime], Scene]) -> Standing:
        """How it stands, with suggestions."""
        now, healths = self.clock.now(), self.healths()
        with self.reading() as stores:
            board = load(stores, now)
            remarks = tuple(_remarks(stores, board))
        seen = scene(board, now)
        return Standing(
            seen.overall.sentence,
            seen.overall.indicator,
            tuple(_shown(seen, each, healths) for each in service.shown(board, now)),
            tuple(each.id for each in board.reports if each.is_open),
            tuple(service.planned(board, now, Stage.SCHEDULED, Stage.IN_PROGRESS, Stage.VERIFYING)),
            remarks,
        )

    def follow(self) -> list[str]:
        """Components that follow the health of their service; what changed, a sentence each."""
        now = self.clock.now()
        with self.reading() as stores:
            if not any(each.follows is Follows.SERVICE for each in stores.status.board(now).components):
                return []
        healths = self.healths()
        with self.locked() as (stores, board):
            said = []
            for before, after, outages in followed(board, healths, now):
                stores.status.put_component(after)
                stores.status.put_outages(outages)
                if (after.state, after.unknown_since) != (before.state, before.unknown_since):
                    said.append(f"{after.name} is {'not known' if after.unknown_since else after.state}.")
        return said


def followed(board: Board, healths: Healths, now: datetime) -> Iterator[tuple[Component, Component, list[Outage]]]:
    """Before, after and what is written of its outages, for each component that follows. Pure.

    While an incident on the page or a maintenance tells of a component, people say how it is.
    """
    told = {id for each in board.reports if each.is_open for id in each.components}
    told |= maintenances.touched(board.maintenances, now)
    for known in board.components:
        if known.follows is not Follows.SERVICE:
            continue
        health = healths.get(known.service or "")
        state = STATES.get(health.verdict) if health else None
        if known.id in told:
            yield known, replace(known, looked_at=now), []
        elif health is None or state is None:
            if known.unknown_since is None and (since := service.unknown_since(known, now)) is not None:
                yield known, *components.set_unknown(known, since, board.outages, now)
        elif now - health.since >= HOLDS or known.looked_at is None:
            at = max(health.since, known.state_since or known.created_at, known.looked_at or known.created_at)
            after, outages = components.set_state(known, state, board.outages, at)
            yield known, replace(after, looked_at=now), outages
        else:
            yield known, replace(known, looked_at=now), []


def suggestion(component: Component, healths: Healths) -> ComponentState | None:
    """What the health of its service speaks for; None: the same as it says, or nothing."""
    health = healths.get(component.service or "")
    state = STATES.get(health.verdict) if health else None
    return None if state is component.state else state


def _shown(scene: Scene, each: Shown, healths: Healths) -> ShownComponent:
    names = {group.id: group.name for group in scene.board.groups}
    one = each.component
    share = scene.uptime(one).percent
    group = names.get(one.group, "") if one.group else ""
    return ShownComponent(one, group, each.state, each.unknown_since, share, suggestion(one, healths))


def _remarks(stores: Stores, board: Board) -> Iterator[str]:
    """What the page says and the team knows better."""
    for each in board.reports:
        incident = stores.others.incidents.get(each.id) if each.is_open else None
        if incident is not None and not incident.is_open:
            yield (
                f"{each.id} is over, but the page says {each.status}: "
                f'accelerapp incident update {each.id} --status resolved --message "…"'
            )
