"""What alerts do to incidents. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from accelerapp.base.ids import IncidentId, new_id
from accelerapp.base.severity import Severity
from accelerapp.incidents.model import Entry, EntryKind, Incident, IncidentState

ALERTS = "alerts"
"""Who did it, when nobody did."""


def open_by_alerts(title: str, severity: Severity, service: str, why: str, now: datetime) -> tuple[Incident, Entry]:
    """A new incident and the first entry of its time line."""
    incident = Incident(
        id=IncidentId(new_id("inc")),
        title=title[:300],
        severity=severity,
        service=service,
        state=IncidentState.OPEN,
        opened_at=now,
        opened_by=ALERTS,
    )
    return incident, Entry(incident.id, now, EntryKind.OPENED, why, ALERTS)


def note(incident: IncidentId, told: str, now: datetime) -> Entry:
    """Something happened to its alerts."""
    return Entry(incident, now, EntryKind.ALERT, told, ALERTS)


def worsen(incident: Incident, severity: Severity, now: datetime) -> tuple[Incident, list[Entry]]:
    """It is as bad as the worst of its alerts; it never gets better by itself."""
    if not severity.is_worse_than(incident.severity):
        return incident, []
    told = f"{incident.severity} became {severity}."
    return replace(incident, severity=severity), [Entry(incident.id, now, EntryKind.SEVERITY, told, ALERTS)]


def close(incident: Incident, why: str, now: datetime) -> tuple[Incident, list[Entry]]:
    """It is over; one that is closed already stays as it is."""
    if incident.state is IncidentState.CLOSED:
        return incident, []
    after = replace(incident, state=IncidentState.CLOSED, closed_at=now)
    return after, [Entry(incident.id, now, EntryKind.CLOSED, why, ALERTS)]
