"""The clock of communication: when an audience is due to hear more, what follows from it, and what could be told. Pure.

Everything is counted in UTC from one moment, the base: the last update, or the opening, reopening or change of severity
after it. What was done about an update that is due is known by its base, so that nothing is done twice, however often
and by whomever it is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from accelerapp.base import text as words
from accelerapp.base.severity import Severity
from accelerapp.incidents import editing, service, texts, timeline
from accelerapp.incidents.model import (
    Audience,
    Entry,
    EntryKind,
    Evidence,
    Impact,
    Incident,
    Role,
    Told,
)
from accelerapp.incidents.service import Changed

_BEGINS = frozenset({EntryKind.OPENED, EntryKind.REOPENED, EntryKind.SEVERITY})
_DOINGS = frozenset({EntryKind.NOTE, EntryKind.STATUS, EntryKind.COMMAND, EntryKind.CHAT, EntryKind.RUNBOOK})
_SKEW = timedelta(minutes=5)
"""Clocks of processes differ by that much; a moment that is further ahead was written before the clock was set back."""
LONGEST = 10_000
_SHOWN = 200
_TASKS = 5
_LATELY = 2


@dataclass(frozen=True)
class Cadence:
    """How often who is told, by severity; a severity that is not named is off."""

    every: Mapping[Audience, Mapping[Severity, timedelta]]
    later: Mapping[Audience, Mapping[Severity, timedelta]] = field(default_factory=dict)
    """In place of it when `later_after` has passed."""
    later_after: timedelta = timedelta(hours=2)
    missed_after: timedelta = timedelta(minutes=10)
    """From the reminder to the page."""

    def is_wanted(self, severity: Severity) -> bool:
        """Is anybody kept informed of such an incident?"""
        return any(severity in each for each in self.every.values())

    def interval(self, audience: Audience, severity: Severity, age: timedelta) -> timedelta | None:
        """How long after the last update, of an incident that was so old then; None: nobody is reminded."""
        usual = self.every.get(audience, {}).get(severity)
        if usual is None or age < self.later_after:
            return usual
        return self.later.get(audience, {}).get(severity, usual)


@dataclass(frozen=True)
class Due:
    """An update that is to be given."""

    audience: Audience
    base: datetime
    """From when on the time runs."""
    at: datetime
    interval: timedelta


class Act(StrEnum):
    """What is to be done now, and so why."""

    NOTHING = "it is not due, or all was done"
    REMIND = "it is due"
    PAGE = "it was missed"
    END = "it was given, or is not wanted any more"
    """The page for it is over."""


# -- when --------------------------------------------------------------------------------------------------------------


def began_at(incident: Incident, entries: Iterable[Entry]) -> datetime:
    """From when on it is as bad as it is: opened, reopened, or of another severity."""
    return max([incident.opened_at, *(each.noted_at or each.at for each in entries if each.kind in _BEGINS)])


def due(
    incident: Incident, audience: Audience, cadence: Cadence, began: datetime, told_at: datetime | None
) -> Due | None:
    """The next update; None: none is wanted. `began`: see `began_at`; `told_at`: the last one."""
    if not incident.is_open:
        return None
    base = max(began, told_at) if told_at else began
    interval = cadence.interval(audience, incident.severity, base - incident.opened_at)
    return Due(audience, base, base + interval, interval) if interval else None


def decide(known: Told, wanted: Due | None, missed_after: timedelta, now: datetime) -> Act:
    """One thing at a time. A clock that was set back reminds too early rather than never."""
    if known.paging is not None and (wanted is None or known.paged_for != wanted.base):
        return Act.END
    if wanted is None:
        return Act.NOTHING
    if now < wanted.at and not _is_ahead(wanted.base, now):
        return Act.NOTHING
    if known.reminded_for != wanted.base or known.reminded_at is None:
        return Act.REMIND
    if known.paged_for == wanted.base:
        return Act.NOTHING
    is_missed = now >= known.reminded_at + missed_after or _is_ahead(known.reminded_at, now)
    return Act.PAGE if is_missed else Act.NOTHING


def _is_ahead(moment: datetime, now: datetime) -> bool:
    return moment > now + _SKEW


# -- what was done -----------------------------------------------------------------------------------------------------


def told(incident: Incident, audience: Audience) -> Told:
    """How far this audience is informed."""
    return incident.told.get(audience, Told())


def noted(incident: Incident, audience: Audience, known: Told) -> Incident:
    """With what was done. It is no new version: nobody has written anything."""
    return replace(incident, told={**incident.told, audience: known})


def give(incident: Incident, text: str, by: str, to: str, now: datetime) -> Changed:
    """An update for the team. `to`: who hears it, for the time line. Raises ResolvedError, InvalidInputError."""
    service.need_open(incident)
    checked = texts.Checked("The update")
    clean = checked.text("text", text, LONGEST, is_needed=True)
    checked.end()
    known = replace(told(incident, Audience.INSIDE), told_at=now, told_by=by[: texts.NAME])
    after = service.changed(noted(incident, Audience.INSIDE, known), is_taken=True)
    evidence = [Evidence("told", Audience.INSIDE)]
    return after, [timeline.entry(incident.id, EntryKind.UPDATE, f"Told {to}: {clean}", by, now, evidence=evidence)]


# -- what could be told ------------------------------------------------------------------------------------------------


def draft(
    incident: Incident, audience: Audience, entries: Iterable[Entry], next_at: datetime | None, zone: tzinfo
) -> str:
    """An update from the facts. That for outside names no person and no cause, and is the incident's own draft."""
    if audience is Audience.OUTSIDE:
        promised = f" The next update comes by {clock(next_at, zone)}." if next_at and incident.draft else ""
        return (incident.draft.replace(service.PROMISE, "") if promised else incident.draft) + promised
    lines = [
        f"{incident.status.capitalize()} since {clock(_since(incident), zone)}.",
        f"Services: {', '.join(incident.services)}." if incident.services else "",
        f"{editing.told_impact(incident.impact)}." if incident.impact != Impact() else "",
        _doing(incident, list(entries)),
        f"Commander: {incident.roles[Role.COMMANDER]}." if Role.COMMANDER in incident.roles else "Nobody commands it.",
        f"Next update by {clock(next_at, zone)}." if next_at else "",
    ]
    return " ".join(each for each in lines if each)


def _since(incident: Incident) -> datetime:
    known = (incident.resolved_at, incident.monitoring_at, incident.identified_at)
    return next((each for each in known if each), incident.started_at or incident.opened_at)


def _doing(incident: Incident, entries: list[Entry]) -> str:
    """Open tasks, or else what was written last."""
    tasks = [f"{each.text}{f' ({each.owner})' if each.owner else ''}" for each in incident.tasks if not each.done_at]
    if tasks:
        more = f" and {len(tasks) - _TASKS} more" if len(tasks) > _TASKS else ""
        return f"Being done: {'; '.join(words.printable(each, _SHOWN) for each in tasks[:_TASKS])}{more}."
    lately = [each.text for each in entries if each.kind in _DOINGS][-_LATELY:]
    return f"Lately: {'; '.join(words.printable(' '.join(each.split()), _SHOWN) for each in lately)}" if lately else ""


def clock(at: datetime, zone: tzinfo) -> str:
    """`14:20 CEST`: with the name of the offset, as an hour comes twice in a year."""
    return f"{at.astimezone(zone):%H:%M %Z}"
