"""Components, outages and maintenances of the status page. Each verb is one unit of work on a locked page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from accelerapp.base import errors
from accelerapp.flows import status_subscribers
from accelerapp.flows.status_board import Stores, Wired
from accelerapp.statuspage import components, maintenances, service
from accelerapp.statuspage.components import Edited
from accelerapp.statuspage.maintenances import Planned
from accelerapp.statuspage.model import Board, Component, ComponentState, Group, Maintenance, Outage, Stage


@dataclass(frozen=True)
class StatusEditing(Wired):
    """The verbs."""

    page_name: str

    # -- components ------------------------------------------------------------------------------------------------

    def add_component(self, name: str, wanted: Edited) -> Component:
        """A new one. Raises InvalidInputError."""
        now = self.clock.now()
        with self.locked() as (stores, board):
            made, group = components.edit(board, components.add(board, name, now), replace(wanted, name=None), now)
            _keep(stores, made, group)
        return made

    def edit_component(self, component: str, wanted: Edited) -> Component:
        """Raises NotFoundError, InvalidInputError."""
        now = self.clock.now()
        with self.locked() as (stores, board):
            made, group = components.edit(board, service.find(board.components, component), wanted, now)
            _keep(stores, made, group)
            _drop_empty_groups(stores, board, made)
        return made

    def set_component(self, component: str, state: ComponentState) -> Component:
        """How it is from now on, without an incident. Raises NotFoundError, WrongUseError."""
        if state is ComponentState.UNDER_MAINTENANCE:
            raise errors.WrongUseError(
                "A component is under maintenance while a maintenance says so.",
                mend="`accelerapp status maintenance add` announces one.",
            )
        now = self.clock.now()
        with self.locked() as (stores, board):
            known = service.find(board.components, component)
            after, outages = components.set_state(known, state, board.outages, now)
            stores.status.put_component(after)
            stores.status.put_outages(outages)
        return after

    def remove_component(self, component: str) -> None:
        """With its record. Raises NotFoundError, WrongUseError."""
        with self.locked() as (stores, board):
            known = service.find(board.components, component)
            components.need_unused(board, known)
            stores.status.remove(known.id)
            _drop_empty_groups(stores, board, replace(known, group=None))

    def record_outage(self, component: str, state: ComponentState, begin: datetime, end: datetime) -> Outage:
        """One of the past. Raises NotFoundError, InvalidInputError."""
        now = self.clock.now()
        with self.locked() as (stores, board):
            known = service.find(board.components, component)
            made = components.record(known, state, begin, end, now)
            stores.status.put_outages([made])
        return made

    # -- maintenances ----------------------------------------------------------------------------------------------

    def announce(self, planned: Planned, by: str) -> Maintenance:
        """A new one. Raises NotFoundError, InvalidInputError."""
        now = self.clock.now()
        with self.locked() as (stores, board):
            touched = service.find_all(board.components, planned.components)
            made = maintenances.announce(planned, touched, by, now)
            stores.status.put_maintenance(made)
            status_subscribers.tell(stores, self.page_name, made, now)
        return made

    def start(self, id: str, message: str, by: str) -> Maintenance:
        """Earlier than planned. Raises NotFoundError, WrongUseError."""
        return self._work(id, lambda each, now: maintenances.start(each, message, by, now))

    def verify(self, id: str, message: str, by: str) -> Maintenance:
        """The work is done and is being looked at. Raises NotFoundError, WrongUseError."""
        return self._work(id, lambda each, now: maintenances.verify(each, message, by, now))

    def complete(self, id: str, message: str, by: str) -> Maintenance:
        """It is over. Raises NotFoundError, WrongUseError."""
        return self._work(id, lambda each, now: maintenances.complete(each, message, by, now))

    def extend(self, id: str, until: datetime, message: str, by: str) -> Maintenance:
        """It ends at another time. Raises NotFoundError, WrongUseError, InvalidInputError."""
        return self._work(id, lambda each, now: maintenances.extend(each, until, message, by, now))

    def tell(self, id: str, message: str, by: str) -> Maintenance:
        """A word about one. Raises NotFoundError, InvalidInputError."""
        return self._work(id, lambda each, now: maintenances.tell(each, message, by, now))

    def withdraw(self, id: str) -> None:
        """One that has not begun: it vanishes. Raises NotFoundError, WrongUseError."""
        now = self.clock.now()
        with self.locked() as (stores, board):
            known = _find(board, id)
            if maintenances.stage(known, now) is not Stage.SCHEDULED:
                raise errors.WrongUseError(f"{known.id} has begun.", mend="`status maintenance complete` ends it.")
            stores.status.remove(known.id)

    def _work(self, id: str, verb: Callable[[Maintenance, datetime], Maintenance]) -> Maintenance:
        now = self.clock.now()
        with self.locked() as (stores, board):
            after = verb(_find(board, id), now)
            stores.status.put_maintenance(after)
            status_subscribers.tell(stores, self.page_name, after, now)
        return after


def _find(board: Board, id: str) -> Maintenance:
    for each in board.maintenances:
        if each.id == id:
            return each
    raise errors.NotFoundError(f"There is no maintenance '{id[:40]}'.", mend="`accelerapp status show` lists them.")


def _keep(stores: Stores, component: Component, group: Group | None) -> None:
    if group is not None:
        stores.status.put_group(group)
    stores.status.put_component(component)


def _drop_empty_groups(stores: Stores, board: Board, changed: Component) -> None:
    used = {each.group for each in (*(one for one in board.components if one.id != changed.id), changed)}
    for group in board.groups:
        if group.id not in used:
            stores.status.remove(group.id)
