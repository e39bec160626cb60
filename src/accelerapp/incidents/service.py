"""The life of an incident: opened, answered, worsened, followed, resolved, reopened; by people or by alerts. Pure.

Each verb gives the incident as it is to be kept, and what the time line says of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from accelerapp.base import errors
from accelerapp.base.ids import IncidentId, PageId, new_id
from accelerapp.base.severity import RESPOND_WITHIN, Severity
from accelerapp.incidents import texts, timeline
from accelerapp.incidents.model import ALERTS, Entry, EntryKind, Incident, Status, Viewer, Wanted

Changed = tuple[Incident, list[Entry]]
PROMISE = " We will tell more within 20 minutes."
"""Stands in a draft until it is known when that will be."""
_DRAFTS = {
    Status.INVESTIGATING: "We are investigating a problem{of}." + PROMISE,
    Status.IDENTIFIED: "We have found the cause of the problem{of} and are working on it.",
    Status.MONITORING: "The problem{of} seems to be over. We are watching whether it stays so.",
    Status.RESOLVED: "The problem{of} is over.",
}


class ResolvedError(errors.WrongUseError):
    """It is over, or a part of another one."""


class AnsweredError(errors.WrongUseError):
    """Somebody was quicker."""


# -- who may see it ----------------------------------------------------------------------------------------------------


def may_see(incident: Incident, viewer: Viewer) -> bool:
    """A private one is seen by its people and by administrators alone."""
    return not incident.is_private or viewer.is_administrator or viewer.name in incident.people


# -- the beginning -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cause:
    """The alerts that open an incident."""

    why: str
    page: PageId
    started_at: datetime
    detected_at: datetime
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None


def open_by_alerts(title: str, severity: Severity, service: str, cause: Cause, now: datetime) -> Changed:
    """A new incident; when somebody has seen the alerts already, it is acknowledged."""
    incident = replace(
        _new(IncidentId(new_id("inc")), title[: texts.TITLE], severity, ALERTS, now),
        services=(service,) if service else (),
        started_at=min(cause.started_at, now),
        detected_at=cause.detected_at,
        pages=(cause.page,),
    )
    incident = replace(incident, draft=draft(incident))
    entries = [timeline.entry(incident.id, EntryKind.OPENED, cause.why, ALERTS, now)]
    if cause.acknowledged_by:
        incident, more = acknowledge(incident, cause.acknowledged_by, cause.acknowledged_at or now)
        entries += more
    return incident, entries


def open_by_person(wanted: Wanted, by: str, now: datetime) -> Changed:
    """A new incident as somebody wants it. Raises InvalidInputError."""
    checked = texts.Checked("The incident")
    title = checked.line("title", wanted.title, is_needed=True)
    told = checked.text("description", wanted.description)
    if wanted.started_at is not None and wanted.started_at > now:
        checked.refuse("started_at", "has not come yet.")
    incident = replace(
        _new(id_of(wanted, by), title, wanted.severity, by[: texts.NAME], now),
        services=checked.names("services", wanted.services),
        components=checked.names("components", wanted.components),
        tags=checked.names("tags", wanted.tags),
        responders=checked.names("responders", wanted.responders),
        started_at=wanted.started_at or now,
        detected_at=now,
        is_private=wanted.is_private,
        is_taken=True,
    )
    checked.end()
    said = f"{wanted.severity}: {title}" + (f"\n\n{told}" if told else "")
    return replace(incident, draft=draft(incident)), [
        timeline.entry(incident.id, EntryKind.OPENED, said, incident.opened_by, now)
    ]


def id_of(wanted: Wanted, by: str) -> IncidentId:
    """The same for the same wish of the same person; a new one for a wish without a key."""
    if not wanted.key:
        return IncidentId(new_id("inc"))
    return IncidentId("inc_" + hashlib.sha256(f"{by}\0{wanted.key}".encode("utf-8", "replace")).hexdigest()[:16])


def _new(id: IncidentId, title: str, severity: Severity, by: str, now: datetime) -> Incident:
    return Incident(
        id=id,
        title=title,
        severity=severity,
        services=(),
        status=Status.INVESTIGATING,
        opened_at=now,
        opened_by=by,
        respond_by=now + RESPOND_WITHIN[severity],
    )


def draft(incident: Incident) -> str:
    """What could be told outside of it, from what is known; it names no cause and no person."""
    places = incident.components or incident.services
    of = f" with {', '.join(places)}" if places else ""
    impact = f" {incident.impact.text}" if incident.impact.text else ""
    return _DRAFTS[incident.status].format(of=of) + impact


# -- answers -----------------------------------------------------------------------------------------------------------


def acknowledge(incident: Incident, by: str, now: datetime) -> Changed:
    """Somebody sees to it. Raises AnsweredError, ResolvedError."""
    need_open(incident)
    if incident.acknowledged_at is not None:
        raise AnsweredError(f"{incident.acknowledged_by} has acknowledged {incident.id} already.")
    after = changed(incident, acknowledged_at=now, acknowledged_by=by[: texts.NAME])
    late = now - incident.respond_by
    told = f"{by} sees to it" + (
        f", {_minutes(late)} after it should have been answered." if late > timedelta(0) else "."
    )
    return after, [timeline.entry(incident.id, EntryKind.ACKNOWLEDGED, told, by, now)]


def change_severity(incident: Incident, severity: Severity, by: str, now: datetime, why: str = "") -> Changed:
    """The time to answer moves with it: a worse one is to be answered sooner, counted from now. Raises WrongUseError.

    After the end it can still be put right.
    """
    need_unmerged(incident)
    if severity is incident.severity:
        raise errors.WrongUseError(f"{incident.id} is {severity} already.")
    reason = _reason(why)
    after = changed(_moved(incident, severity, now), is_taken=True)
    told = f"{incident.severity} became {severity}{reason}{_clock(incident, after)}"
    return after, [timeline.entry(incident.id, EntryKind.SEVERITY, told, by, now)]


def worsen(incident: Incident, severity: Severity, now: datetime) -> Changed:
    """It is as bad as the worst of its alerts; it never gets better by itself."""
    if not severity.is_worse_than(incident.severity):
        return incident, []
    after = replace(_moved(incident, severity, now), version=incident.version + 1)
    told = f"{incident.severity} became {severity}{_clock(incident, after)}"
    return after, [timeline.entry(incident.id, EntryKind.SEVERITY, told, ALERTS, now)]


def _moved(incident: Incident, severity: Severity, now: datetime) -> Incident:
    within = RESPOND_WITHIN[severity]
    if severity.is_worse_than(incident.severity):
        respond_by = min(incident.respond_by, now + within)
    else:
        respond_by = incident.opened_at + within
    return replace(incident, severity=severity, respond_by=respond_by)


def _clock(before: Incident, after: Incident) -> str:
    """What it means for the time to answer, while nobody has."""
    if before.acknowledged_at is not None or not before.is_open:
        return "."
    return f": to be answered by {after.respond_by:%H:%M} UTC instead of {before.respond_by:%H:%M} UTC."


# -- progress ----------------------------------------------------------------------------------------------------------


def change_status(incident: Incident, status: Status, text: str, by: str, now: datetime) -> Changed:
    """How far it is, with a word about it. Raises ResolvedError, WrongUseError, InvalidInputError."""
    need_open(incident)
    if status is Status.RESOLVED:
        return resolve(incident, text, by, now)
    if status is incident.status:
        raise errors.WrongUseError(
            f"{incident.id} is {status} already.", mend="`accelerapp incident note` adds a word."
        )
    checked = texts.Checked("The status")
    clean = checked.text("text", text)
    checked.end()
    after = changed(_with_status(incident, status, now), is_taken=True)
    return after, [_told(incident, EntryKind.STATUS, f"{incident.status} became {status}", clean, by, now)]


def resolve(incident: Incident, text: str, by: str, now: datetime) -> Changed:
    """It is over. Raises ResolvedError, InvalidInputError."""
    need_open(incident)
    checked = texts.Checked("The resolution")
    clean = checked.text("text", text)
    checked.end()
    after = changed(
        _with_status(incident, Status.RESOLVED, now),
        resolved_by=by[: texts.NAME],
        resolution=incident.resolution or clean,
        is_taken=True,
    )
    return after, [_told(incident, EntryKind.RESOLVED, "Resolved", clean, by, now)]


def reopen(incident: Incident, why: str, by: str, now: datetime) -> Changed:
    """It is not over after all. Raises WrongUseError, InvalidInputError."""
    need_unmerged(incident)
    if incident.is_open:
        raise errors.WrongUseError(f"{incident.id} is open: it is {incident.status}.")
    checked = texts.Checked("The reason")
    clean = checked.text("why", why, is_needed=True)
    checked.end()
    back = replace(_with_status(incident, Status.INVESTIGATING, now), resolved_by="")
    after = changed(back, is_taken=back.is_taken or by != ALERTS)
    return after, [_told(incident, EntryKind.REOPENED, "Reopened", clean, by, now)]


def settle(incident: Incident, why: str, now: datetime) -> Changed:
    """All of its alerts are over. One that nobody took is resolved; one that people see to is watched by them."""
    if not incident.is_open:
        return incident, []
    if not incident.is_taken and not incident.acknowledged_by:
        after = replace(_with_status(incident, Status.RESOLVED, now), resolved_by=ALERTS, version=incident.version + 1)
        return after, [timeline.entry(incident.id, EntryKind.RESOLVED, why, ALERTS, now)]
    if incident.status is Status.MONITORING:
        return incident, [timeline.entry(incident.id, EntryKind.ALERT, why, ALERTS, now)]
    after = replace(_with_status(incident, Status.MONITORING, now), version=incident.version + 1)
    told = f"{incident.status} became {Status.MONITORING}: {why} People resolve it."
    return after, [timeline.entry(incident.id, EntryKind.STATUS, told, ALERTS, now)]


def _with_status(incident: Incident, status: Status, now: datetime) -> Incident:
    """The moments say when it was so for the first time since it was opened or reopened."""
    known = {
        Status.INVESTIGATING: (None, None, None),
        Status.IDENTIFIED: (incident.identified_at or now, None, None),
        Status.MONITORING: (incident.identified_at, incident.monitoring_at or now, None),
        Status.RESOLVED: (incident.identified_at, incident.monitoring_at, now),
    }
    identified, monitoring, resolved = known[status]
    after = replace(incident, status=status, identified_at=identified, monitoring_at=monitoring, resolved_at=resolved)
    return replace(after, draft=draft(after))


# -- shared by the verbs -----------------------------------------------------------------------------------------------


def changed(incident: Incident, **fields: Any) -> Incident:
    """The next version."""
    return replace(incident, version=incident.version + 1, **fields)


def note(incident: IncidentId, told: str, now: datetime) -> Entry:
    """Something happened to its alerts."""
    return timeline.entry(incident, EntryKind.ALERT, told, ALERTS, now)


def need_open(incident: Incident) -> None:
    """Raises ResolvedError that says what can be done."""
    need_unmerged(incident)
    if not incident.is_open:
        by = f" by {incident.resolved_by}" if incident.resolved_by else ""
        raise ResolvedError(
            f"{incident.id} is resolved{by}.",
            mend=f"`accelerapp incident reopen {incident.id}` if it is not over; a note can be added at any time.",
        )


def need_unmerged(incident: Incident) -> None:
    """Raises ResolvedError that says where to go on."""
    if incident.merged_into is not None:
        into = incident.merged_into
        raise ResolvedError(
            f"{incident.id} was merged into {into}.", mend=f"Go on there: `accelerapp incident show {into}`."
        )


def _told(incident: Incident, kind: EntryKind, head: str, text: str, by: str, now: datetime) -> Entry:
    return timeline.entry(incident.id, kind, f"{head}: {text}" if text else f"{head}.", by, now)


def _reason(why: str) -> str:
    checked = texts.Checked("The change")
    clean = checked.line("why", why, 2000)
    checked.end()
    return f" ({clean})" if clean else ""


def _minutes(length: timedelta) -> str:
    return f"{max(1, round(length.total_seconds() / 60))} min"
