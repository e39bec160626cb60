"""Senders in the database."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from accelerapp.alerts.model import Integration, Kind
from accelerapp.base.ids import IntegrationId
from accelerapp.storage.tables import integrations as table


class SqlIntegrations:
    """See `integration_store.IntegrationStore`."""

    def __init__(self, work: Connection) -> None:
        self._work = work

    def all(self) -> list[Integration]:
        """By name."""
        query = select(table).order_by(table.c.name, table.c.id)
        return [_integration(row) for row in self._work.execute(query)]

    def by_hash(self, hash: str) -> Integration | None:
        """The one with this key."""
        row = self._work.execute(select(table).where(table.c.hash == hash)).first()
        return _integration(row) if row else None

    def add(self, integration: Integration) -> None:
        """Insert."""
        self._work.execute(insert(table).values(**{**asdict(integration), "kind": integration.kind.value}))

    def remove(self, id: IntegrationId) -> bool:
        """Remove; was it there?"""
        return self._work.execute(delete(table).where(table.c.id == id)).rowcount > 0

    def note(self, id: IntegrationId, at: datetime) -> None:
        """It sent something then."""
        self._work.execute(update(table).where(table.c.id == id).values(last_at=at))


def _integration(row: Row[Any]) -> Integration:
    return Integration(**{**row._mapping, "kind": Kind(row.kind)})
