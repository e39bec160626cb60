"""Escalations and the outbox in the database.

Claims are leases on the database's clock: on PostgreSQL rows that somebody else holds are skipped; SQLite lets one unit
of work write at a time, and its clock is the machine's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.base import jsons
from accelerapp.base.ids import OutgoingId, PageId, PagingId
from accelerapp.base.severity import Severity
from accelerapp.paging.model import ASKING, OPEN, WAITING, Outgoing, OutgoingState, Paging, PagingKind, Purpose
from accelerapp.storage import tables

_T = tables.pagings
_O = tables.outbox
_MOST_FAILED = 500
_WAITING = tuple(state.value for state in WAITING)
_ASKING = tuple(purpose.value for purpose in ASKING)
_OPEN = tuple(state.value for state in OPEN)
_IN_ONE = 500
"""Ids in one question: databases bound them."""


class SqlPagings:
    """See `store.PagingStore`."""

    def __init__(self, work: Connection) -> None:
        self._work = work

    def get(self, id: PagingId, *, lock: bool = False) -> Paging | None:
        """One."""
        return self._first(select(_T.c.whole).where(_T.c.id == id), lock=lock)

    def of_page(self, page: PageId, *, lock: bool = False) -> Paging | None:
        """The one of a page."""
        return self._first(select(_T.c.whole).where(_T.c.page == page), lock=lock)

    def _first(self, query: Select[Any], *, lock: bool) -> Paging | None:
        row = self._work.execute(query.with_for_update() if lock else query).first()
        return _paging(row) if row else None

    def put(self, paging: Paging) -> None:
        """Insert or replace."""
        values = {
            "id": paging.id,
            "page": paging.page,
            "kind": paging.kind.value,
            "state": paging.state.value,
            "triggered_at": paging.triggered_at,
            "resolved_at": paging.resolved_at,
            "next_at": paging.next_at,
            "whole": jsons.to_json(paging).decode(),
        }
        statement = _insert(self._work, _T).values(**values)
        self._work.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def due(self, now: datetime, limit: int) -> list[Paging]:
        """Longest due first."""
        query = select(_T.c.whole).where(_T.c.next_at <= now).order_by(_T.c.next_at).limit(limit)
        return self._all(query.with_for_update(skip_locked=True))

    def find(self, *, is_open: bool | None = None, limit: int = 200, kind: PagingKind | None = None) -> list[Paging]:
        """Newest first."""
        query = select(_T.c.whole).order_by(_T.c.triggered_at.desc(), _T.c.id.desc()).limit(limit)
        if is_open is not None:
            query = query.where(_T.c.state.in_(_OPEN) if is_open else _T.c.state.not_in(_OPEN))
        if kind is not None:
            query = query.where(_T.c.kind == kind.value)
        return self._all(query)

    def since(self, at: datetime) -> list[Paging]:
        """Newest first."""
        return self._all(select(_T.c.whole).where(_T.c.triggered_at >= at).order_by(_T.c.triggered_at.desc()))

    def late(self, before: datetime) -> list[Paging]:
        """Due since before that."""
        return self._all(select(_T.c.whole).where(_T.c.next_at <= before).order_by(_T.c.next_at))

    def _all(self, query: Select[Any]) -> list[Paging]:
        return [_paging(row) for row in self._work.execute(query)]

    def unpaged(self, since: datetime, before: datetime) -> list[PageId]:
        """Open pages without an escalation."""
        pages = tables.pages
        known = select(_T.c.id).where(_T.c.page == pages.c.id).exists()
        query = select(pages.c.id).where(pages.c.closed_at.is_(None), pages.c.at >= since, pages.c.at < before, ~known)
        return list(self._work.scalars(query))

    def closed(self, limit: int) -> list[Paging]:
        """Open ones whose page is closed."""
        pages = tables.pages
        over = (_T.c.state.in_(_OPEN), pages.c.closed_at.is_not(None))
        query = select(_T.c.whole).join(pages, pages.c.id == _T.c.page).where(*over).limit(limit)
        return self._all(query.with_for_update(skip_locked=True, of=_T))

    def prune(self, before: datetime) -> int:
        """Forget, with the calls."""
        old = select(_T.c.id).where(_T.c.resolved_at < before)
        self._work.execute(delete(_O).where(_O.c.paging.in_(old)))
        return self._work.execute(delete(_T).where(_T.c.resolved_at < before)).rowcount


class SqlOutbox:
    """See `store.Outbox`. `now` is the machine's clock, which SQLite's leases are measured on."""

    def __init__(self, work: Connection, now: Callable[[], datetime]) -> None:
        self._work = work
        self._now = now

    def add(self, outgoing: Iterable[Outgoing]) -> None:
        """In one statement."""
        if rows := [_values(each) for each in outgoing]:
            self._work.execute(_insert(self._work, _O).on_conflict_do_nothing(index_elements=["key"]), rows)

    def get(self, id: OutgoingId) -> Outgoing | None:
        """One."""
        return next(iter(self._all(select(_O).where(_O.c.id == id))), None)

    def of_paging(self, id: PagingId) -> list[Outgoing]:
        """Oldest first."""
        return self._all(select(_O).where(_O.c.paging == id).order_by(_O.c.call, _O.c.person, _O.c.rank))

    def of_pagings(self, ids: Collection[PagingId]) -> Mapping[PagingId, list[Outgoing]]:
        """Of many, some hundred in one question."""
        found: dict[PagingId, list[Outgoing]] = {}
        wanted = list(ids)
        for begin in range(0, len(wanted), _IN_ONE):
            some = _O.c.paging.in_(wanted[begin : begin + _IN_ONE])
            for each in self._all(select(_O).where(some).order_by(_O.c.call, _O.c.person, _O.c.rank)):
                found.setdefault(each.paging, []).append(each)
        return found

    def sent_to(self, kind: str, address: str, limit: int) -> list[Outgoing]:
        """Newest first."""
        tried = (_O.c.kind == kind, _O.c.address == address, _O.c.attempts > 0)
        return self._all(select(_O).where(*tried).order_by(_O.c.created_at.desc(), _O.c.id.desc()).limit(limit))

    def latest(self, subjects: Collection[str]) -> Mapping[tuple[str, str], datetime]:
        """When each was last called first."""
        last = func.max(_O.c.due_at, type_=_O.c.due_at.type)
        query = (
            select(_O.c.person, _O.c.subject, last)
            .where(_O.c.subject.in_(list(subjects)), _O.c.rank == 0, _O.c.state != OutgoingState.CANCELLED.value)
            .where(_O.c.purpose.in_(_ASKING))
            .group_by(_O.c.person, _O.c.subject)
        )
        return {(person, subject): at for person, subject, at in self._work.execute(query)}

    def cancel(self, paging: PagingId, now: datetime) -> int:
        """What waits is over."""
        statement = update(_O).where(_O.c.paging == paging, _O.c.state.in_(_WAITING))
        return self._work.execute(statement.values(state=OutgoingState.CANCELLED.value, ended_at=now)).rowcount

    def put_due(self, outgoing: Outgoing) -> None:
        """Another moment."""
        queued = (_O.c.id == outgoing.id, _O.c.state == OutgoingState.QUEUED.value)
        self._work.execute(update(_O).where(*queued).values(due_at=outgoing.due_at))

    def claim(
        self, holder: str, now: datetime, lease: timedelta, limit: int, without: Collection[str] = ()
    ) -> list[Outgoing]:
        """Take what is due."""
        on_lease = self._lease_now()
        ids = (
            select(_O.c.id)
            .where(_free(now, on_lease), _O.c.kind.not_in(list(without)))
            .order_by(_O.c.severity, _O.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        taken = (
            update(_O)
            # Looked at again when it is locked: whoever acknowledges meanwhile has cancelled it.
            .where(_O.c.id.in_(list(self._work.scalars(ids))), _O.c.state.in_(_WAITING))
            .values(
                state=OutgoingState.SENDING.value,
                fence=_O.c.fence + 1,
                attempts=_O.c.attempts + 1,
                claimed_by=holder,
                claimed_until=on_lease + lease,
            )
            .returning(*_O.c)
        )
        return sorted((_outgoing(row) for row in self._work.execute(taken)), key=lambda e: (e.severity, e.due_at))

    def _lease_now(self) -> datetime:
        if self._work.dialect.name != "postgresql":
            return self._now()
        now: datetime = self._work.execute(select(func.clock_timestamp())).scalar_one()
        return now.astimezone(UTC)

    def end(self, outgoing: Outgoing) -> bool:
        """What became of it, under the fence."""
        states = (OutgoingState.SENDING, OutgoingState.CANCELLED)
        allowed = states if outgoing.state is OutgoingState.DELIVERED else states[:1]
        ours = (
            _O.c.id == outgoing.id,
            _O.c.fence == outgoing.fence,
            _O.c.state.in_([state.value for state in allowed]),
        )
        changed = {
            "state": outgoing.state.value,
            "due_at": outgoing.due_at,
            "ended_at": outgoing.ended_at,
            "reason": outgoing.reason,
            "may_have_arrived": outgoing.may_have_arrived,
        }
        return self._work.execute(update(_O).where(*ours).values(**changed)).rowcount == 1

    def use_link(self, outgoing: Outgoing) -> bool:
        """Once."""
        unused = (_O.c.id == outgoing.id, _O.c.link_used_at.is_(None))
        used = {"link_used_at": outgoing.link_used_at, "link_used_for": outgoing.link_used_for}
        return self._work.execute(update(_O).where(*unused).values(**used)).rowcount == 1

    def waiting(self, now: datetime) -> tuple[int, datetime | None]:
        """How many, and since when."""
        waits = _O.c.state.in_(_WAITING)
        count = self._work.execute(select(func.count()).select_from(_O).where(waits)).scalar_one()
        oldest = func.min(_O.c.due_at, type_=_O.c.due_at.type)
        return count, self._work.execute(select(oldest).where(waits, _O.c.due_at <= now)).scalar_one()

    def failed_since(self, at: datetime) -> list[Outgoing]:
        """What failed and did not work since; the newest 500."""
        later = _O.alias()
        same = (later.c.kind == _O.c.kind, later.c.address == _O.c.address, later.c.ended_at > _O.c.ended_at)
        worked = exists().where(later.c.state == OutgoingState.DELIVERED.value, *same)
        failed = (_O.c.state == OutgoingState.FAILED.value, _O.c.ended_at >= at, ~worked)
        return self._all(select(_O).where(*failed).order_by(_O.c.ended_at.desc()).limit(_MOST_FAILED))

    def late(self, now: datetime, patience: timedelta) -> list[Outgoing]:
        """Those that wait for too long."""
        late = _free(now - patience, self._lease_now() - patience)
        return self._all(select(_O).where(late).order_by(_O.c.due_at).limit(1000))

    def prune_notices(self, before: datetime) -> int:
        """Forget."""
        old = (_O.c.purpose == Purpose.NOTICE.value, _O.c.ended_at < before)
        return self._work.execute(delete(_O).where(*old)).rowcount

    def _all(self, query: Select[Any]) -> list[Outgoing]:
        return [_outgoing(row) for row in self._work.execute(query)]


class SqlKeys:
    """Secrets of this installation that it made itself."""

    def __init__(self, work: Connection) -> None:
        self._work = work

    def get(self, name: str, fresh: str) -> str:
        """The secret of this name; `fresh` becomes it when there is none yet."""
        table = tables.signing_keys
        statement = _insert(self._work, table).values(name=name, secret=fresh)
        self._work.execute(statement.on_conflict_do_nothing(index_elements=["name"]))
        found: str = self._work.execute(select(table.c.secret).where(table.c.name == name)).scalar_one()
        return found


def _free(now: datetime, on_lease: datetime) -> ColumnElement[bool]:
    queued = and_(_O.c.state == OutgoingState.QUEUED.value, _O.c.due_at <= now)
    left = and_(_O.c.state == OutgoingState.SENDING.value, _O.c.claimed_until <= on_lease)
    return or_(queued, left)


def _insert(work: Connection, table: Any) -> Any:
    return (postgresql if work.dialect.name == "postgresql" else sqlite).insert(table)


def _paging(row: Row[Any]) -> Paging:
    found: Paging = jsons.from_json(Paging, row.whole)
    return found


def _values(outgoing: Outgoing) -> dict[str, Any]:
    named = {"purpose": outgoing.purpose.value, "severity": outgoing.severity.value, "state": outgoing.state.value}
    return {**asdict(outgoing), **named}


def _outgoing(row: Row[Any]) -> Outgoing:
    made = Outgoing(**row._mapping)
    return replace(made, purpose=Purpose(row.purpose), severity=Severity(row.severity), state=OutgoingState(row.state))
