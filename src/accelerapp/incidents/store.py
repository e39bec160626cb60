"""Where incidents are kept: the interface, and a memory for tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from accelerapp.base.ids import EntryId, IncidentId
from accelerapp.incidents.model import Entry, Incident


class IncidentStore(Protocol):
    """One unit of work."""

    def get(self, id: IncidentId, *, lock: bool = False) -> Incident | None:
        """One; with `lock` nobody else changes it until this unit of work ends."""
        ...

    def put(self, incident: Incident) -> None:
        """Insert or replace."""
        ...

    def find(self, *, is_open: bool | None = None, since: datetime | None = None, limit: int = 200) -> list[Incident]:
        """Newest first; those that were opened from `since` on."""
        ...

    def duplicates(self, id: IncidentId) -> list[IncidentId]:
        """Those that were merged into it, oldest first."""
        ...

    def add_entries(self, entries: Iterable[Entry]) -> None:
        """Keep them in this order."""
        ...

    def entries(self, id: IncidentId, limit: int = 1000) -> list[Entry]:
        """The time line as it reads now: of the entries written last, by when it happened."""
        ...

    def versions(self, entry: EntryId) -> list[Entry]:
        """One entry as it read at first, and after each correction."""
        ...

    def correct(self, entry: Entry) -> bool:
        """Keep the next version of an entry. False: somebody else was quicker; nothing was written."""
        ...

    def mark(self, id: IncidentId) -> str:
        """Differs whenever the incident or its time line has changed; empty: there is none."""
        ...


class MemoryIncidents:
    """Incidents of this process, for tests."""

    def __init__(self) -> None:
        self._incidents: dict[IncidentId, Incident] = {}
        self._entries: list[Entry] = []
        """All versions, as they were written."""

    def get(self, id: IncidentId, *, lock: bool = False) -> Incident | None:
        """One incident."""
        return self._incidents.get(id)

    def put(self, incident: Incident) -> None:
        """Insert or replace."""
        self._incidents[incident.id] = incident

    def find(self, *, is_open: bool | None = None, since: datetime | None = None, limit: int = 200) -> list[Incident]:
        """Newest first; those that were opened from `since` on."""
        found = [
            each
            for each in self._incidents.values()
            if is_open in (None, each.is_open) and (since is None or each.opened_at >= since)
        ]
        return sorted(found, key=lambda each: (each.opened_at, each.id), reverse=True)[:limit]

    def duplicates(self, id: IncidentId) -> list[IncidentId]:
        """Oldest first."""
        return [each.id for each in self.find(limit=len(self._incidents))[::-1] if each.merged_into == id]

    def add_entries(self, entries: Iterable[Entry]) -> None:
        """Keep them."""
        self._entries.extend(entries)

    def entries(self, id: IncidentId, limit: int = 1000) -> list[Entry]:
        """The time line."""
        current: dict[EntryId, Entry] = {}
        for each in self._entries:
            if each.incident == id:
                current[each.id] = each  # keeps the place of the first version
        return sorted(list(current.values())[-limit:], key=lambda each: each.at)

    def versions(self, entry: EntryId) -> list[Entry]:
        """Oldest first."""
        return [each for each in self._entries if each.id == entry]

    def correct(self, entry: Entry) -> bool:
        """The next version."""
        if [each.version for each in self.versions(entry.id)][-1:] != [entry.version - 1]:
            return False
        self._entries.append(entry)
        return True

    def mark(self, id: IncidentId) -> str:
        """The version, and how much was written."""
        known = self._incidents.get(id)
        return f"{known.version}.{sum(each.incident == id for each in self._entries)}" if known else ""
