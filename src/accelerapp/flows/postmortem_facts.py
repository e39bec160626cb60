"""What an incident itself tells for its post-mortem: moments, harm, people, and the lines of its time line that matter.

Nothing is guessed: a moment that nobody recorded is a line without a time, and a text that nobody wrote is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from accelerapp.base.ids import IncidentId
from accelerapp.incidents.model import ALERTS, Entry, EntryKind, Incident, Role
from accelerapp.postmortems.model import Facts, Line, Part

_TOLD = frozenset(
    {
        EntryKind.SEVERITY,
        EntryKind.NOTE,
        EntryKind.UPDATE,
        EntryKind.DEPLOYMENT,
        EntryKind.CONFIG,
        EntryKind.COMMAND,
        EntryKind.RUNBOOK,
        EntryKind.CHAT,
        EntryKind.MERGED,
        EntryKind.REOPENED,
    }
)
"""Entries that stand in the report beside the five moments of the template."""
_TURNS = frozenset({EntryKind.STATUS, EntryKind.RESOLVED})
_LONGEST = 300


def of(incident: Incident, entries: Sequence[Entry], duplicates: Sequence[IncidentId] = ()) -> Facts:
    """The facts of an incident with its time line."""
    return Facts(
        incident=incident.id,
        title=incident.title,
        severity=incident.severity,
        services=incident.services,
        is_private=incident.is_private,
        began_at=incident.started_at or incident.detected_at or incident.opened_at,
        resolved_at=incident.resolved_at,
        harm=_harm(incident),
        users=incident.impact.users,
        timeline=tuple(_timeline(incident, entries)),
        texts=_texts(incident),
        writer=_writer(incident),
        merged_into=incident.merged_into,
        duplicates=tuple(duplicates),
    )


def _harm(incident: Incident) -> tuple[datetime, datetime] | None:
    """What people said of the impact, else from the start to the end of the incident."""
    begin = incident.impact.starts_at or incident.started_at
    end = incident.impact.ends_at or incident.resolved_at
    return (begin, end) if begin and end and begin <= end else None


def _texts(incident: Incident) -> Mapping[Part, str]:
    impact = f" {incident.impact.text}" if incident.impact.text else ""
    found = {
        Part.SUMMARY: f"{incident.severity}: {incident.title.rstrip('.')}.{impact}",
        Part.IMPACT: incident.impact.text,
        Part.ROOT_CAUSE: incident.root_cause,
        Part.RESOLUTION: incident.resolution,
    }
    return {part: text for part, text in found.items() if text}


def _writer(incident: Incident) -> str:
    named = (incident.roles.get(Role.COMMANDER, ""), incident.acknowledged_by, incident.resolved_by, incident.opened_by)
    return next((each for each in named if each and each != ALERTS), "")


def _timeline(incident: Incident, entries: Sequence[Entry]) -> list[Line]:
    """In the order of what happened; a moment that is not known stands where the template has it."""
    lines, last = list[tuple[datetime, Line]](), incident.opened_at
    for at, text in _moments(incident, entries):
        last = at or last
        lines.append((last, Line(at, text)))
    lines += [(each.at, Line(each.at, _said(each))) for each in entries if each.kind in _TOLD]
    return [line for _, line in sorted(lines, key=lambda each: each[0])]


def _moments(incident: Incident, entries: Sequence[Entry]) -> list[tuple[datetime | None, str]]:
    """The five of the manual's template, and when the harm began if that was before it was noticed."""
    detected = incident.detected_at or incident.opened_at
    by = "alerts" if incident.opened_by == ALERTS else incident.opened_by
    seen = f" ({incident.acknowledged_by})" if incident.acknowledged_by else ""
    moments = [
        (detected, f"Incident detected (by {by})"),
        (incident.acknowledged_at, f"Investigation started{seen}"),
        (incident.identified_at, f"Root cause identified{_why(entries, incident.identified_at)}"),
        (incident.monitoring_at, f"Fix applied{_why(entries, incident.monitoring_at)}"),
        (incident.resolved_at, f"Service restored{_why(entries, incident.resolved_at)}"),
    ]
    began = incident.started_at
    early = [(began, "Harm began")] if began and began < detected else []
    return [*early, *moments]


def _why(entries: Sequence[Entry], at: datetime | None) -> str:
    """What was said when it turned so."""
    said = [each.text.partition(": ")[2] for each in entries if at and each.at == at and each.kind in _TURNS]
    return f": {_short(said[0])}" if said and said[0] else ""


def _said(entry: Entry) -> str:
    return f"{_short(entry.text)} ({entry.by})" if entry.by not in ("", ALERTS) else _short(entry.text)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
