"""Where incidents are kept: the interface, and a memory for tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from accelerapp.base.ids import IncidentId
from accelerapp.incidents.model import Entry, Incident, IncidentState


class IncidentStore(Protocol):
    """One unit of work."""

    def get(self, id: IncidentId) -> Incident | None:
        """One incident."""
        ...

    def put(self, incident: Incident) -> None:
        """Insert or replace."""
        ...

    def find(self, *, is_open: bool | None = None, limit: int = 200) -> list[Incident]:
        """Newest first."""
        ...

    def add_entries(self, entries: Iterable[Entry]) -> None:
        """Keep them in this order."""
        ...

    def entries(self, id: IncidentId, limit: int = 1000) -> list[Entry]:
        """The time line: the last entries, oldest first."""
        ...


class MemoryIncidents:
    """Incidents of this process, for tests."""

    def __init__(self) -> None:
        self._incidents: dict[IncidentId, Incident] = {}
        self._entries: list[Entry] = []

    def get(self, id: IncidentId) -> Incident | None:
        """One incident."""
        return self._incidents.get(id)

    def put(self, incident: Incident) -> None:
        """Insert or replace."""
        self._incidents[incident.id] = incident

    def find(self, *, is_open: bool | None = None, limit: int = 200) -> list[Incident]:
        """Newest first."""
        found = [each for each in self._incidents.values() if is_open in (None, each.state is IncidentState.OPEN)]
        return sorted(found, key=lambda each: (each.opened_at, each.id), reverse=True)[:limit]

    def add_entries(self, entries: Iterable[Entry]) -> None:
        """Keep them."""
        self._entries.extend(entries)

    def entries(self, id: IncidentId, limit: int = 1000) -> list[Entry]:
        """The time line."""
        return [each for each in self._entries if each.incident == id][-limit:]
