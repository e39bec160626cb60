"""The status page as one board: loaded as the public may see it, and locked for whoever changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.base.clock import Clock
from accelerapp.base.ids import IncidentId
from accelerapp.flows import paging
from accelerapp.statuspage import uptime
from accelerapp.statuspage.model import Board
from accelerapp.statuspage.store import StatusStore
from accelerapp.statuspage.subscriber_store import SubscriberStore

KEPT = timedelta(days=uptime.DAYS + 2)
_RECENT = 50
_LOOKED_AT_AGAIN = timedelta(days=7)


@dataclass(frozen=True)
class Stores:
    """What a unit of work on the page has: the page, and what it is told of."""

    status: StatusStore
    others: paging.Stores
    subscribers: SubscriberStore


Work = Callable[[], AbstractContextManager[Stores]]


@dataclass(frozen=True)
class Wired:
    """What the verbs of the page need. `changed` tells whoever shows it in this process."""

    reading: Work
    writing: Work
    clock: Clock
    changed: Callable[[], None]

    @contextmanager
    def locked(self) -> Iterator[tuple[Stores, Board]]:
        """The whole board, which nobody else changes until this unit of work ends."""
        with self.writing() as stores:
            stores.status.lock()
            yield stores, stores.status.board(self.clock.now() - KEPT)
        self.changed()


def load(stores: Stores, now: datetime) -> Board:
    """The board as the public may see it: what was told of an incident that is private by now is left out."""
    board = stores.status.board(now - KEPT)
    known = {each.id for each in board.reports}
    older = [each for each in stores.status.reports(None, _RECENT) if each.id not in known]
    reports = [each for each in (*board.reports, *older) if not _is_hidden(stores, each.id, each.updated_at, now)]
    return replace(board, reports=tuple(sorted(reports, key=lambda each: (each.created_at, each.id), reverse=True)))


def _is_hidden(stores: Stores, id: IncidentId, told_at: datetime, now: datetime) -> bool:
    """One of long ago that becomes private now was read by everybody who wanted to."""
    if now - told_at > _LOOKED_AT_AGAIN:
        return False
    incident = stores.others.incidents.get(id)
    return incident is not None and incident.is_private
