"""Between incidents and paging: an incident calls people, and answers to the one are answers to the other.

What people are called for is a page of alerts, or the incident itself: then the call bears the incident's id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from accelerapp.base.ids import PageId
from accelerapp.flows import paging
from accelerapp.flows.paging import Stores
from accelerapp.incidents import timeline
from accelerapp.incidents.model import Entry, EntryKind, Incident
from accelerapp.paging import service
from accelerapp.paging.model import CALLING, Paging, Verb

_BODY = 1000


def call(stores: Stores, incident: Incident, told: str, now: datetime) -> tuple[Incident, list[Entry]]:
    """Call people for the incident itself, by the policy of its service and severity; the time line says whom."""
    subject = service.Subject(
        page=PageId(incident.id),
        title=_title(incident),
        severity=incident.severity,
        service=incident.services[0] if incident.services else "",
        incident=incident.id,
        body="" if incident.is_private else told[:_BODY],
    )
    made = paging.call(stores, [subject], now)
    if not made:
        said = f"Nobody was called. {paging.UNCONFIGURED}"
        return incident, [timeline.entry(incident.id, EntryKind.PAGE, said, incident.opened_by, now)]
    pages = tuple(dict.fromkeys((*incident.pages, subject.page)))
    entry = timeline.entry(incident.id, EntryKind.PAGE, _said(stores, made[0], now), incident.opened_by, now)
    return replace(incident, pages=pages), [entry]


def _title(incident: Incident) -> str:
    """Of a private one messages say nothing but that it is there."""
    if not incident.is_private:
        return incident.title
    of = f" of {incident.services[0]}" if incident.services else ""
    return f"A private incident{of} ({incident.id})"


def _said(stores: Stores, made: Paging, now: datetime) -> str:
    people = sorted({each.person for each in stores.outbox.of_paging(made.id) if each.created_at == now})
    by = f"the policy {made.policy}" if made.policy else "no policy: everyone is called"
    if not people and made.step_at is not None:
        return f"People are called from {made.step_at:%Y-%m-%d %H:%M} UTC on, by {by}."
    return f"Called: {', '.join(people) or 'nobody, as nobody can be reached'}, by {by}."


def worsen(stores: Stores, incident: Incident, now: datetime) -> tuple[Incident, list[Entry]]:
    """It got worse: whom the policy of that severity names is called, for what is open, or for the incident itself."""
    known = [each for each in _pagings(stores, incident) if each.is_open]
    if not known:
        return call(stores, incident, f"It became {incident.severity}.", now)
    made = paging.call(stores, [_worse(each, incident) for each in known], now)
    entries = [
        timeline.entry(incident.id, EntryKind.PAGE, _said(stores, each, now), incident.opened_by, now) for each in made
    ]
    return incident, entries


def _worse(known: Paging, incident: Incident) -> service.Subject:
    told = f"It became {incident.severity}. {known.body}"[:_BODY]
    return service.Subject(known.page, known.title, incident.severity, known.service, incident.id, told)


def acknowledge(stores: Stores, incident: Incident, by: str, now: datetime) -> None:
    """Nobody is called for it any more, and its alerts count as seen."""
    for each in _pagings(stores, incident):
        if each.state in CALLING:
            paging.acknowledge(stores, each, by, now)


def resolve(stores: Stores, incident: Incident, by: str, now: datetime) -> None:
    """Nobody is called again for it."""
    for each in _pagings(stores, incident):
        if each.is_open:
            paging.answer(stores, each, Verb.RESOLVE, by, now)


def _pagings(stores: Stores, incident: Incident) -> Iterable[Paging]:
    """Locked, one after the other."""
    for id in incident.pages:
        found = stores.pagings.of_page(id, lock=True)
        if found is not None:
            yield found
