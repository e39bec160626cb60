"""Who gives the next update of an incident is reminded by a notice; when it stays away the commander is paged.

All of it happens within a unit of work that holds the incident; what was done is kept with the incident.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from accelerapp.base.ids import PageId, PersonName, new_id
from accelerapp.flows import noticing, paging
from accelerapp.incidents import timeline, updates
from accelerapp.incidents.model import Audience, Entry, EntryKind, Evidence, Incident, Role
from accelerapp.incidents.updates import Due
from accelerapp.notifications import rooms
from accelerapp.oncall.model import Book
from accelerapp.paging import service as paging_service
from accelerapp.paging.model import Step, Target

_CALLED_AGAIN = timedelta(minutes=5)
_REPEAT = 2
MARK = "upd_"
"""Begins the ids of pages for missed updates."""
BY = "the clock of updates"
"""Who ended a page, when an update came."""


# -- whom --------------------------------------------------------------------------------------------------------------


def known_people(book: Book, names: Iterable[str]) -> list[PersonName]:
    """Those of the book, each once; who works from Slack has the same name with a word behind it."""
    bare = [rooms.without_chat(each) for each in names if each]
    return list(dict.fromkeys(PersonName(each) for each in bare if PersonName(each) in book.people))


def responsible(book: Book, incident: Incident, first: Role = Role.COMMANDER) -> list[PersonName]:
    """Who gives the next update, the first of them above all: the role, the commander, who acknowledged, who helps."""
    named = (incident.roles.get(first, ""), incident.roles.get(Role.COMMANDER, ""), incident.acknowledged_by)
    others = (incident.roles.get(Role.COMMUNICATIONS, ""), *incident.responders)
    return known_people(book, (*named, *others))


# -- within a unit of work ---------------------------------------------------------------------------------------------


def remind(stores: paging.Stores, incident: Incident, due: Due, draft: str, now: datetime) -> Incident:
    """Once for each update, whoever it reaches: when it is nobody, the page is next."""
    late = round((now - due.at).total_seconds() / 60)
    since = f"{max(1, round((now - due.base).total_seconds() / 60))} min"
    notice = noticing.Notice(
        key=f"update due {incident.id} {due.audience} {due.base.isoformat()}",
        title=f"Update {due.audience} is due: {_name(incident)}",
        body=f"The last news are {since} old{f', {late} min more than they should be' if late > 1 else ''}.\n\n"
        f"{_how(incident, due.audience)}\n\nA draft: {'(private)' if incident.is_private else draft}",
        severity=incident.severity,
        service=incident.services[0] if incident.services else "",
        about=incident.id,
    )
    people = responsible(stores.oncall.book(), incident, Role.COMMUNICATIONS)
    noticing.send(stores, notice, people[:1], now)
    known = replace(updates.told(incident, due.audience), reminded_for=due.base, reminded_at=now)
    return updates.noted(incident, due.audience, known)


def page(stores: paging.Stores, incident: Incident, due: Due, now: datetime) -> tuple[Incident, Entry]:
    """The commander, then the others. Answered and not followed by an update, it calls again with the next one due."""
    people = responsible(stores.oncall.book(), incident)
    minutes = max(1, round((now - due.base).total_seconds() / 60))
    subject = paging_service.Subject(
        page=PageId(new_id(MARK.rstrip("_"))),
        title=f"No update {due.audience} for {minutes} min: {_name(incident)}",
        severity=incident.severity,
        service=incident.services[0] if incident.services else "",
        incident=incident.id,
        body=_how(incident, due.audience),
    )
    steps = tuple(Step((Target("person", each),), _CALLED_AGAIN) for each in people)
    plan = paging_service.Plan("", steps, _REPEAT, max(due.interval, _CALLED_AGAIN))
    made = paging_service.trigger(subject, plan, now)
    stores.pagings.put(made)
    paging.turn(stores, now)
    told = f"{people[0]} is called: the update {due.audience} was due at {due.at:%H:%M} UTC."
    entry = timeline.entry(incident.id, EntryKind.PAGE, told, BY, now, evidence=[Evidence("page", made.id)])
    known = replace(updates.told(incident, due.audience), paged_for=due.base, paging=made.id)
    return updates.noted(incident, due.audience, known), entry


def end(stores: paging.Stores, incident: Incident, audience: Audience, by: str, now: datetime) -> Incident:
    """The page for a missed update is over."""
    known = updates.told(incident, audience)
    if known.paging is None:
        return incident
    paging.stop(stores, known.paging, by, now)
    return updates.noted(incident, audience, replace(known, paging=None))


def _name(incident: Incident) -> str:
    return f"a private incident ({incident.id})" if incident.is_private else incident.title


def _how(incident: Incident, audience: Audience) -> str:
    option = "--inside" if audience is Audience.INSIDE else "--message"
    return f'accelerapp incident update {incident.id} {option} "…"'
