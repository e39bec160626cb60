"""Incidents in the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.base.ids import IncidentId
from accelerapp.base.severity import Severity
from accelerapp.incidents.model import Entry, EntryKind, Incident, IncidentState
from accelerapp.storage.tables import incident_entries
from accelerapp.storage.tables import incidents as table


class SqlIncidents:
    """See `store.IncidentStore`."""

    def __init__(self, work: Connection) -> None:
        self._work = work

    def get(self, id: IncidentId) -> Incident | None:
        """One incident."""
        row = self._work.execute(select(table).where(table.c.id == id)).first()
        return _incident(row) if row else None

    def put(self, incident: Incident) -> None:
        """Insert or replace."""
        values = {**asdict(incident), "severity": incident.severity.value, "state": incident.state.value}
        dialect = postgresql if self._work.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(table).values(**values)
        self._work.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def find(self, *, is_open: bool | None = None, limit: int = 200) -> list[Incident]:
        """Newest first."""
        query = select(table).order_by(table.c.opened_at.desc(), table.c.id.desc()).limit(limit)
        if is_open is not None:
            query = query.where(table.c.state == (IncidentState.OPEN if is_open else IncidentState.CLOSED).value)
        return [_incident(row) for row in self._work.execute(query)]

    def add_entries(self, entries: Iterable[Entry]) -> None:
        """Keep them."""
        rows = [{**asdict(each), "kind": each.kind.value} for each in entries]
        if rows:
            self._work.execute(insert(incident_entries), rows)

    def entries(self, id: IncidentId, limit: int = 1000) -> list[Entry]:
        """The time line."""
        t = incident_entries
        query = select(t).where(t.c.incident == id).order_by(t.c.number.desc()).limit(limit)
        found = [Entry(r.incident, r.at, EntryKind(r.kind), r.text, r.by) for r in self._work.execute(query)]
        return found[::-1]


def _incident(row: Row[Any]) -> Incident:
    return Incident(**{**row._mapping, "severity": Severity(row.severity), "state": IncidentState(row.state)})
