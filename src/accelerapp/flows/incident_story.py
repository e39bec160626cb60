"""The time line writes itself: what became of each call to a person, which alerts came and went, a minute at a time.

An entry is written once what it tells of is over, with the time when it happened. It has an id made of what it tells,
so that nothing is told twice, whoever looks and however often.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.alerts.model import Alert, Page
from accelerapp.base import text
from accelerapp.base.clock import Clock
from accelerapp.base.ids import EntryId, IncidentId, PageId
from accelerapp.flows import incident_acts
from accelerapp.flows.paging import Stores, Work
from accelerapp.incidents import acts, timeline
from accelerapp.incidents.model import ALERTS, Entry, EntryKind, Evidence, Incident
from accelerapp.paging.model import ASKING, WAITING, Outgoing, OutgoingState, Paging, Purpose

_MINUTE = timedelta(minutes=1)
_LATELY = timedelta(minutes=15)
"""So long after its end an incident is looked at: what was under way ends then."""
_NAMED = 8
_OPEN = 1000
_ENTRIES = 10_000
_OF_A_PAGE = 5000
_ALERT = re.compile(r"\balr_\w+")
Tell = Callable[[Stores, Incident, datetime], Iterable[Entry]]


@dataclass(frozen=True)
class Story:
    """Wired to stores."""

    reading: Work
    writing: Work
    clock: Clock

    def tell_calls(self) -> int:
        """What became of calls; how many entries were written."""
        return self._tell(calls)

    def tell_alerts(self) -> int:
        """What came and went in the minutes that are over; how many entries were written."""
        return self._tell(alerts)

    def _tell(self, tell: Tell) -> int:
        """Nothing is locked while there is nothing to write."""
        now = self.clock.now()
        with self.reading() as stores:
            fresh = {each.id: made for each in _watched(stores, now) if (made := _missing(stores, each, tell, now))}
        written = 0
        for id, entries in sorted(fresh.items()):
            with self.writing() as stores:
                stores.incidents.get(id, lock=True)  # of two who tell the same one does
                written += incident_acts.add_missing(stores, entries)
        return written


def _watched(stores: Stores, now: datetime) -> list[Incident]:
    found = {each.id: each for each in stores.incidents.find(is_open=True, limit=_OPEN)}
    ended = stores.incidents.find(is_open=False)
    found |= {each.id: each for each in ended if each.resolved_at and each.resolved_at > now - _LATELY}
    return [each for each in found.values() if each.pages and each.merged_into is None]


def _missing(stores: Stores, incident: Incident, tell: Tell, now: datetime) -> list[Entry]:
    made = list(tell(stores, incident, now))
    known = {each.id for each in stores.incidents.entries(incident.id, _ENTRIES)} if made else set[EntryId]()
    return [each for each in made if each.id not in known]


def _entry(
    incident: IncidentId, kind: EntryKind, told: str, at: datetime, now: datetime, evidence: Evidence, key: str
) -> Entry:
    made = timeline.entry(incident, kind, told, ALERTS, now, at=at, evidence=(evidence,))
    return replace(made, id=acts.id_of(incident, key))


# -- calls -------------------------------------------------------------------------------------------------------------


def calls(stores: Stores, incident: Incident, now: datetime) -> Iterator[Entry]:
    """An entry for those who were called at the same moment, once it is known what became of all of these calls."""
    pagings = [found for id in incident.pages if (found := stores.pagings.of_page(id))]
    outgoing = stores.outbox.of_pagings([each.id for each in pagings])
    for paging in pagings:
        for key, some in _at_once(outgoing.get(paging.id, ())).items():
            if any(each.state in WAITING for each in some) or all(_was_spared(each) for each in some):
                continue
            shown = Evidence(f"page {paging.id}", paging.id)
            at = min(each.due_at for each in some)
            yield _entry(incident.id, EntryKind.PAGE, _told(paging, some), at, now, shown, f"{paging.id} {key}")


def _at_once(outgoing: Iterable[Outgoing]) -> dict[str, list[Outgoing]]:
    """By call and by place of the method: the first methods of a step go out together, then the second ones."""
    found: dict[str, list[Outgoing]] = {}
    for each in outgoing:
        if each.purpose in ASKING:
            found.setdefault(f"{each.purpose} {each.call} {each.rank}", []).append(each)
    return found


def _was_spared(outgoing: Outgoing) -> bool:
    return outgoing.state is OutgoingState.CANCELLED


def _told(paging: Paging, some: Sequence[Outgoing]) -> str:
    """`Call 2: ann by sms, delivered at 12:05:02; ben by ntfy, failed: …`"""
    head = "Time to respond runs out" if some[0].purpose is Purpose.WARNING else f"Call {some[0].call}"
    by = f" ({paging.policy})" if paging.policy else ""
    rank = f", method {some[0].rank + 1}" if some[0].rank else ""
    reached = [each for each in some if not _was_spared(each)]
    spared = len(some) - len(reached)
    parts = [_outcome(each) for each in sorted(reached, key=_bad_first)[:_NAMED]]
    if len(reached) > _NAMED:
        failed = sum(each.state is OutgoingState.FAILED for each in reached)
        parts.append(f"{len(reached)} in all, of which {failed} failed")
    if spared:
        parts.append(f"{text.count(spared, 'call')} not made, as somebody had answered")
    return f"{head}{rank}{by}: {'; '.join(parts)}."


def _bad_first(outgoing: Outgoing) -> tuple[bool, str]:
    return outgoing.state is not OutgoingState.FAILED, outgoing.person


def _outcome(each: Outgoing) -> str:
    who = f"{each.person} by {each.kind}"
    if each.state is OutgoingState.FAILED:
        return f"{who}, failed: {text.printable(each.reason, 200).rstrip('.') or 'nobody knows why'}"
    return f"{who}, delivered" + (f" at {each.ended_at:%H:%M:%S}" if each.ended_at else "")


# -- alerts ------------------------------------------------------------------------------------------------------------


def alerts(stores: Stores, incident: Incident, now: datetime) -> Iterator[Entry]:
    """A minute that brought alerts that no entry names, or in which some of them ended, is one entry.

    The first of an incident, and the last end, are told of when they happen.
    """
    named = _named(stores, incident)
    for id in incident.pages:
        page = stores.alerts.page(id)
        if page is not None and page.alerts > 1:
            found = stores.alerts.of_page(id, _OF_A_PAGE)
            yield from _came(incident, id, [each for each in found if each.id not in named], now)
            yield from _went(incident, page, found, now)


def _came(incident: Incident, page: PageId, found: Sequence[Alert], now: datetime) -> Iterator[Entry]:
    later = [(each.opened_at, each) for each in found if each.opened_at > incident.opened_at]
    for minute, some in _by_minute(later, now):
        told = f"Within a minute {text.count(len(some), 'alert')} more came: {_names(some)}."
        shown = Evidence(f"page {page}", page)
        yield _entry(incident.id, EntryKind.ALERT, told, minute, now, shown, f"{page} came {minute.isoformat()}")


def _named(stores: Stores, incident: Incident) -> set[str]:
    """The ids of alerts that stand on the time line."""
    lines = [each.text for each in stores.incidents.entries(incident.id, _ENTRIES) if each.kind is EntryKind.ALERT]
    return {id for line in lines for id in _ALERT.findall(line)}


def _went(incident: Incident, page: Page, found: Sequence[Alert], now: datetime) -> Iterator[Entry]:
    ended = [(each.resolved_at, each) for each in found if each.resolved_at is not None]
    over = 0
    for minute, some in _by_minute(ended, now):
        over += len(some)
        if over == len(found) or minute < _minute_of(incident.opened_at):
            continue
        told = f"Within a minute {text.count(len(some), 'alert')} ended: {_names(some)}; {len(found) - over} remain."
        shown = Evidence(f"page {page.id}", page.id)
        yield _entry(incident.id, EntryKind.ALERT, told, minute, now, shown, f"{page.id} went {minute.isoformat()}")


def _by_minute(found: Sequence[tuple[datetime, Alert]], now: datetime) -> list[tuple[datetime, list[Alert]]]:
    """The minutes that are over, by time."""
    minutes: dict[datetime, list[Alert]] = {}
    for at, alert in sorted(found, key=lambda pair: (pair[0], pair[1].id)):
        minutes.setdefault(_minute_of(at), []).append(alert)
    return [(minute, some) for minute, some in minutes.items() if minute + _MINUTE <= now]


def _minute_of(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _names(some: Sequence[Alert]) -> str:
    return acts.named([text.printable(f"{each.rule or each.title} ({each.id})", 120) for each in some], _NAMED)
