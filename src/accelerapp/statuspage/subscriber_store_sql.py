"""Subscribers and their letters in the database. Each row has the whole noun, and what is asked for in columns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.base import jsons
from accelerapp.base.ids import SubscriberId
from accelerapp.statuspage.subscribers import Letter, LetterState, Subscriber, SubscriberState, Way
from accelerapp.storage import tables

_S, _L = tables.status_subscribers, tables.status_letters


class SqlSubscribers:
    """See `subscriber_store.SubscriberStore`."""

    def __init__(self, work: Connection) -> None:
        self._work = work
        self._dialect = postgresql if work.dialect.name == "postgresql" else sqlite

    def get(self, id: SubscriberId) -> Subscriber | None:
        """One."""
        return self._one(select(_S.c.whole).where(_S.c.id == id))

    def at(self, way: Way, address: str) -> Subscriber | None:
        """The one of an address."""
        return self._one(select(_S.c.whole).where(_S.c.way == way.value, _S.c.address == address))

    def _one(self, query: Any) -> Subscriber | None:
        whole = self._work.scalar(query)
        return jsons.from_json(Subscriber, whole) if whole else None

    def all(self, state: SubscriberState | None = None) -> list[Subscriber]:
        """Oldest first."""
        query = select(_S.c.whole).order_by(_S.c.asked_at, _S.c.id)
        query = query if state is None else query.where(_S.c.state == state.value)
        return [jsons.from_json(Subscriber, whole) for whole in self._work.scalars(query)]

    def asked_since(self, at: datetime) -> int:
        """Count."""
        return self._work.scalar(select(func.count()).select_from(_S).where(_S.c.asked_at >= at)) or 0

    def put(self, subscriber: Subscriber) -> None:
        """Insert or replace."""
        values = {
            "id": subscriber.id,
            "way": subscriber.way.value,
            "address": subscriber.address,
            "state": subscriber.state.value,
            "asked_at": subscriber.asked_at,
            "ended_at": subscriber.ended_at,
            "whole": jsons.to_json(subscriber).decode(),
        }
        statement = self._dialect.insert(_S).values(**values)
        self._work.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def add_letters(self, letters: Iterable[Letter]) -> None:
        """Keep the new ones."""
        rows = [_values(each) for each in letters]
        if rows:
            self._work.execute(self._dialect.insert(_L).on_conflict_do_nothing(index_elements=["id"]), rows)

    def put_letter(self, letter: Letter) -> None:
        """Replace it."""
        self._work.execute(update(_L).where(_L.c.id == letter.id).values(**_values(letter)))

    def due(self, now: datetime, limit: int) -> list[Letter]:
        """Longest due first."""
        query = select(_L.c.whole).where(_L.c.state == LetterState.QUEUED.value, _L.c.due_at <= now)
        return self._letters(query.order_by(_L.c.due_at, _L.c.id).limit(limit))

    def letters(self, subscriber: SubscriberId) -> list[Letter]:
        """Oldest first."""
        return self._letters(select(_L.c.whole).where(_L.c.subscriber == subscriber).order_by(_L.c.queued_at, _L.c.id))

    def _letters(self, query: Any) -> list[Letter]:
        return [jsons.from_json(Letter, whole) for whole in self._work.scalars(query)]

    def prune(self, before: datetime) -> int:
        """Forget."""
        forgotten = self._work.execute(delete(_L).where(_L.c.ended_at < before)).rowcount
        is_over = and_(
            _S.c.state != SubscriberState.CONFIRMED.value, func.coalesce(_S.c.ended_at, _S.c.asked_at) < before
        )
        self._work.execute(delete(_S).where(is_over))
        return forgotten


def _values(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "subscriber": letter.subscriber,
        "state": letter.state.value,
        "queued_at": letter.queued_at,
        "due_at": letter.due_at,
        "ended_at": letter.ended_at,
        "whole": jsons.to_json(letter).decode(),
    }
