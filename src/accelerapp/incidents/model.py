"""The nouns of incidents: what is worked on, and its time line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accelerapp.base.ids import IncidentId
from accelerapp.base.severity import Severity


class IncidentState(StrEnum):
    """How it stands."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Incident:
    """Something that people see to. Opened by an alert that stays; closed when all its alerts are over."""

    id: IncidentId
    title: str
    severity: Severity
    service: str
    """Empty: of several, or of none that is known."""
    state: IncidentState
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None = None


class EntryKind(StrEnum):
    """What an entry of the time line tells."""

    OPENED = "opened"
    ALERT = "alert"
    """An alert came to it, or was resolved."""
    SEVERITY = "severity"
    CLOSED = "closed"


@dataclass(frozen=True)
class Entry:
    """One line of the time line."""

    incident: IncidentId
    at: datetime
    kind: EntryKind
    text: str
    by: str


@dataclass(frozen=True)
class IncidentDetail:
    """An incident with its time line, oldest first."""

    incident: Incident
    entries: tuple[Entry, ...]
