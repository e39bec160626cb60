"""Incidents in the database. Each row has the whole noun as JSON, and what is asked for in columns.

Rows without it were written before there was more than these columns, or by a process of that time beside this one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.base import jsons
from accelerapp.base.ids import EntryId, IncidentId
from accelerapp.base.severity import RESPOND_WITHIN, Severity
from accelerapp.incidents.model import Entry, EntryKind, Incident, Status
from accelerapp.storage import tables

_T = tables.incidents
_E = tables.incident_entries
_OPEN, _CLOSED = "open", "closed"
_NAME = 64


class SqlIncidents:
    """See `store.IncidentStore`."""

    def __init__(self, work: Connection) -> None:
        self._work = work

    def get(self, id: IncidentId, *, lock: bool = False) -> Incident | None:
        """One incident."""
        query = select(_T).where(_T.c.id == id)
        row = self._work.execute(query.with_for_update() if lock else query).first()
        return _incident(row) if row else None

    def put(self, incident: Incident) -> None:
        """Insert or replace."""
        values = {
            "id": incident.id,
            "title": incident.title,
            "severity": incident.severity.value,
            "service": incident.service,
            "state": _OPEN if incident.is_open else _CLOSED,
            "opened_at": incident.opened_at,
            "opened_by": incident.opened_by[:_NAME],
            "closed_at": incident.resolved_at,
            "merged_into": incident.merged_into,
            "version": incident.version,
            "whole": jsons.to_json(incident).decode(),
        }
        dialect = postgresql if self._work.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(_T).values(**values)
        self._work.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def find(self, *, is_open: bool | None = None, since: datetime | None = None, limit: int = 200) -> list[Incident]:
        """Newest first; those that were opened from `since` on."""
        query = select(_T).order_by(_T.c.opened_at.desc(), _T.c.id.desc()).limit(limit)
        if is_open is not None:
            query = query.where(_T.c.state == (_OPEN if is_open else _CLOSED))
        if since is not None:
            query = query.where(_T.c.opened_at >= since)
        return [_incident(row) for row in self._work.execute(query)]

    def duplicates(self, id: IncidentId) -> list[IncidentId]:
        """Oldest first."""
        query = select(_T.c.id).where(_T.c.merged_into == id).order_by(_T.c.opened_at, _T.c.id)
        return list(self._work.scalars(query))

    def add_entries(self, entries: Iterable[Entry]) -> None:
        """Keep them."""
        rows = [_values(each) for each in entries]
        if rows:
            self._work.execute(insert(_E), rows)

    def entries(self, id: IncidentId, limit: int = 1000) -> list[Entry]:
        """The time line. A further version has the `place` of the first, so that a correction moves nothing."""
        query = select(_E).where(_E.c.incident == id, _E.c.is_current)
        place = func.coalesce(_E.c.place, _E.c.number)
        found = self._work.execute(query.order_by(place.desc()).limit(limit)).all()
        return sorted((_entry(row) for row in found[::-1]), key=lambda each: each.at)

    def versions(self, entry: EntryId) -> list[Entry]:
        """Oldest first."""
        query = select(_E).where(self._is(entry)).order_by(_E.c.version)
        return [_entry(row) for row in self._work.execute(query)]

    def correct(self, entry: Entry) -> bool:
        """The version before is current no more; when it was not, another was quicker."""
        before = select(_E.c.number, _E.c.place).where(_E.c.incident == entry.incident, _E.c.is_current)
        known = self._work.execute(before.where(self._is(entry.id), _E.c.version == entry.version - 1)).first()
        if known is None:
            return False
        ended = update(_E).where(_E.c.number == known.number, _E.c.is_current).values(is_current=False)
        if self._work.execute(ended).rowcount != 1:
            return False
        self._work.execute(insert(_E), [{**_values(entry), "place": known.place or known.number}])
        return True

    def _is(self, entry: EntryId) -> Any:
        """Those written before entries had ids are called by their number."""
        number = str(entry).removeprefix("ent_")
        if number.isdecimal() and number.isascii() and len(number) <= 18:
            return (_E.c.entry == entry) | (_E.c.entry.is_(None) & (_E.c.number == int(number)))
        return _E.c.entry == entry

    def mark(self, id: IncidentId) -> str:
        """The version, and the number of the last row of the time line."""
        version = self._work.scalar(select(_T.c.version).where(_T.c.id == id))
        last = self._work.scalar(select(func.max(_E.c.number)).where(_E.c.incident == id))
        return f"{version}.{last or 0}" if version is not None else ""


def _values(entry: Entry) -> dict[str, Any]:
    return {
        "incident": entry.incident,
        "at": entry.at,
        "kind": entry.kind.value,
        "text": entry.text.replace("\x00", "\ufffd"),
        "by": entry.by[:_NAME],
        "entry": entry.id,
        "version": entry.version,
        "is_current": True,
        "whole": jsons.to_json(entry).decode(),
    }


def _incident(row: Row[Any]) -> Incident:
    if row.whole is not None:
        return jsons.from_json(Incident, row.whole)
    severity, is_over = Severity(row.severity), row.state == _CLOSED
    return Incident(
        id=row.id,
        title=row.title,
        severity=severity,
        services=(row.service,) if row.service else (),
        status=Status.RESOLVED if is_over else Status.INVESTIGATING,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        respond_by=row.opened_at + RESPOND_WITHIN[severity],
        resolved_at=row.closed_at,
        resolved_by=row.opened_by if is_over else "",
    )


def _entry(row: Row[Any]) -> Entry:
    if row.whole is not None:
        return jsons.from_json(Entry, row.whole)
    kind = EntryKind.RESOLVED if row.kind == _CLOSED else EntryKind(row.kind)
    return Entry(row.incident, row.at, kind, row.text, row.by, EntryId(f"ent_{row.number}"))
