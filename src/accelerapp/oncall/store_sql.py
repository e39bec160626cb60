"""The book, overrides, swaps, codes and feeds in the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, select, text
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.base import jsons
from accelerapp.base.ids import FeedId, OverrideId, PersonName, ScheduleName, SwapId
from accelerapp.oncall import store
from accelerapp.oncall.model import (
    Book,
    Code,
    Feed,
    FeedKind,
    Override,
    Person,
    Policy,
    Rank,
    Schedule,
    Span,
    Swap,
    SwapState,
    Team,
)
from accelerapp.storage import tables

_NOUNS = {"people": Person, "teams": Team, "schedules": Schedule, "policies": Policy}


class SqlOncall:
    """See `store.OncallStore`."""

    def __init__(self, work: Connection) -> None:
        self._work = work

    def lock(self) -> None:
        """On PostgreSQL a lock of the transaction; SQLite lets one unit of work write at a time anyway."""
        if self._work.dialect.name == "postgresql":
            self._work.execute(text("SELECT pg_advisory_xact_lock(hashtext('accelerapp oncall'))"))

    def book(self) -> Book:
        """Everything, by name."""
        found = self._work.execute(select(tables.oncall_entries))
        return store.as_book({(row.kind, row.name): jsons.from_json(_NOUNS[row.kind], row.body) for row in found})

    def save(self, changes: store.Changes, by: str, at: datetime) -> None:
        """Write and remove entries."""
        table = tables.oncall_entries
        for (kind, name), entry in changes.put.items():
            body = jsons.to_json(entry).decode()
            values = {"kind": kind, "name": name, "body": body, "changed_by": by[:64], "changed_at": at}
            self._put(table, ("kind", "name"), values)
        for kind, name in changes.removed:
            self._work.execute(delete(table).where(table.c.kind == kind, table.c.name == name))

    def overrides(self, since: datetime, until: datetime, schedule: ScheduleName | None = None) -> list[Override]:
        """Those that reach into the span."""
        table = tables.oncall_overrides
        query = select(table).where(table.c.ends_at > since, table.c.starts_at < until)
        if schedule is not None:
            query = query.where(table.c.schedule == schedule)
        return [_override(row) for row in self._work.execute(query.order_by(table.c.made_at, table.c.id))]

    def override(self, id: OverrideId) -> Override | None:
        """One."""
        row = self._first(tables.oncall_overrides, id=id)
        return _override(row) if row else None

    def put_overrides(self, overrides: Iterable[Override]) -> None:
        """Insert or replace."""
        for each in overrides:
            self._put(tables.oncall_overrides, ("id",), {**asdict(each), "rank": each.rank.value})

    def remove_override(self, id: OverrideId) -> None:
        """Remove, if it is there."""
        self._work.execute(delete(tables.oncall_overrides).where(tables.oncall_overrides.c.id == id))

    def swaps(self, *, is_open: bool | None = None, limit: int = 200) -> list[Swap]:
        """The last asked for first."""
        table = tables.oncall_swaps
        query = select(table).order_by(table.c.asked_at.desc(), table.c.id.desc()).limit(limit)
        if is_open is not None:
            asked = table.c.state == SwapState.ASKED.value
            query = query.where(asked if is_open else ~asked)
        return [_swap(row) for row in self._work.execute(query)]

    def swap(self, id: SwapId) -> Swap | None:
        """One."""
        row = self._first(tables.oncall_swaps, id=id)
        return _swap(row) if row else None

    def put_swap(self, swap: Swap) -> None:
        """Insert or replace."""
        values = {key: value for key, value in asdict(swap).items() if key not in ("gives", "takes")}
        spans = {"gives": swap.gives, "takes": swap.takes}
        for name, span in spans.items():
            values[f"{name}_from"], values[f"{name}_until"] = (span.starts_at, span.ends_at) if span else (None, None)
        self._put(tables.oncall_swaps, ("id",), {**values, "rank": swap.rank.value, "state": swap.state.value})

    def code(self, person: PersonName, method: str) -> Code | None:
        """The last code that was sent to a method."""
        row = self._first(tables.oncall_codes, person=person, method=method)
        return Code(**row._mapping) if row else None

    def put_code(self, code: Code) -> None:
        """Insert or replace."""
        self._put(tables.oncall_codes, ("person", "method"), asdict(code))

    def remove_code(self, person: PersonName, method: str) -> None:
        """Remove, if it is there."""
        table = tables.oncall_codes
        self._work.execute(delete(table).where(table.c.person == person, table.c.method == method))

    def feeds(self) -> list[Feed]:
        """All, oldest first."""
        table = tables.oncall_feeds
        return [_feed(row) for row in self._work.execute(select(table).order_by(table.c.made_at, table.c.id))]

    def feed_by_hash(self, hash: str) -> Feed | None:
        """One."""
        row = self._first(tables.oncall_feeds, hash=hash)
        return _feed(row) if row else None

    def add_feed(self, feed: Feed) -> None:
        """Insert."""
        self._put(tables.oncall_feeds, ("id",), {**asdict(feed), "kind": feed.kind.value})

    def remove_feed(self, id: FeedId) -> bool:
        """Remove; was it there?"""
        return self._work.execute(delete(tables.oncall_feeds).where(tables.oncall_feeds.c.id == id)).rowcount > 0

    def _first(self, table: Table, **values: str) -> Row[Any] | None:
        fits = [table.c[name] == value for name, value in values.items()]
        return self._work.execute(select(table).where(*fits)).first()

    def _put(self, table: Table, key: Sequence[str], values: dict[str, Any]) -> None:
        dialect = postgresql if self._work.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(table).values(**values)
        self._work.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def _override(row: Row[Any]) -> Override:
    return Override(**{**row._mapping, "rank": Rank(row.rank)})


def _swap(row: Row[Any]) -> Swap:
    values = {key: value for key, value in row._mapping.items() if not key.startswith(("gives_", "takes_"))}
    return Swap(
        **{
            **values,
            "rank": Rank(row.rank),
            "state": SwapState(row.state),
            "gives": Span(row.gives_from, row.gives_until),
            "takes": Span(row.takes_from, row.takes_until) if row.takes_from else None,
        }
    )


def _feed(row: Row[Any]) -> Feed:
    return Feed(**{**row._mapping, "kind": FeedKind(row.kind)})
