"""Pages call people: look, decide, write in one unit of work; what is to be sent is written together with its reason.

Everything may be repeated after a crash at any point: what was committed is not decided again, and a call that is
written twice has the same key and stays one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from accelerapp.alerts import service as alerts
from accelerapp.alerts.model import Alert, Page
from accelerapp.base import text
from accelerapp.base.ids import PageId, PagingId
from accelerapp.flows import alert_intake, calling, incident_alerts
from accelerapp.oncall.model import Book
from accelerapp.oncall.store import OncallStore
from accelerapp.paging import following, service
from accelerapp.paging.model import (
    ASKING,
    CALLING,
    Duty,
    OutgoingState,
    Overdue,
    Paging,
    Verb,
)
from accelerapp.paging.store import Outbox, PagingStore

_AT_ONCE = 500
_PATIENCE = timedelta(minutes=1)
"""A timer that is later than this did not fire."""
_LOOKED_BACK = timedelta(hours=1)
ALERTS = "alerts"
"""Who resolved it, when all its alerts are over."""
UNCONFIGURED = "Nobody is paged: there is no person with a contact method yet."
MEND = "`accelerapp oncall person` describes people, `accelerapp oncall policy` whom to call in which order."


@dataclass(frozen=True)
class Stores(alert_intake.Stores):
    """The stores of one unit of work: alerts and whom they call."""

    pagings: PagingStore
    outbox: Outbox
    oncall: OncallStore


Work = Callable[[], AbstractContextManager[Stores]]


# -- within a unit of work ---------------------------------------------------------------------------------------------


def page(stores: Stores, pages: Iterable[PageId], now: datetime) -> list[PagingId]:
    """These pages are new, or speak of more. Nothing happens while there is nobody who can be called."""
    found = [each for id in dict.fromkeys(pages) if (each := stores.alerts.page(id))]
    return [each.id for each in call(stores, [_subject(each) for each in found], now)]


def call(stores: Stores, subjects: Sequence[service.Subject], now: datetime) -> list[Paging]:
    """Call people for these, by the policies of now; none while there is nobody who can be called."""
    if not subjects:
        return []
    book = stores.oncall.book()
    if not calling.is_configured(book):
        return []
    made = [_call(stores, each, book, now) for each in subjects]
    _turn(stores, [each for each in made if each.next_at is not None and each.next_at <= now], now)
    return made


def _call(stores: Stores, subject: service.Subject, book: Book, now: datetime) -> Paging:
    known = stores.pagings.of_page(subject.page, lock=True)
    plan = calling.plan(book, subject.service, subject.severity, now)
    if known is None:
        decided = service.Decided(service.trigger(subject, plan, now))
    else:
        decided = service.trigger_again(known, subject, plan, now)
    _write(stores, decided, now)
    return decided.paging


def _subject(found: Page) -> service.Subject:
    about = f"{text.count(found.alerts, 'alert')}" + (f" of {found.service}" if found.service else "")
    return service.Subject(found.id, found.title, found.severity, found.service, found.incident, f"{about}.")


def turn(stores: Stores, now: datetime) -> int:
    """Everything that is due; how many escalations that were. 500 of them at most: the next turn follows."""
    for over in stores.pagings.closed(_AT_ONCE):
        _write(stores, service.resolve(over, ALERTS, now), now)
    due = stores.pagings.due(now, _AT_ONCE)
    _turn(stores, due, now)
    return len(due)


def _turn(stores: Stores, due: Sequence[Paging], now: datetime) -> None:
    if not due:
        return
    roster = calling.roster(stores.oncall, now)
    for each in due:
        calls = [one for one in stores.outbox.of_paging(each.id) if one.purpose in ASKING]
        queued = [one for one in calls if one.state is OutgoingState.QUEUED]
        _write(stores, service.turn(each, roster, queued, now), now)


def _write(stores: Stores, decided: service.Decided, now: datetime) -> None:
    if decided.cancels:
        stores.outbox.cancel(decided.paging.id, now)
    if decided.paging.state in following.ANSWERED:  # after the cancelling: from now on nobody takes a call of it
        calls = stores.outbox.of_paging(decided.paging.id)
        stores.outbox.add(following.follow_ups(decided.paging, calls, now))
    if decided.outgoing:
        latest = stores.outbox.latest({decided.paging.subject})
        stores.outbox.add(service.throttled(decided.outgoing, latest))
    stores.pagings.put(decided.paging)


def acknowledge(stores: Stores, paging: Paging, by: str, now: datetime, note: str = "") -> Paging:
    """Nobody is called any more; its alerts count as seen. `paging` is locked. Raises Answered."""
    decided = service.acknowledge(paging, by, now)
    _write(stores, decided, now)
    changes = alerts.Changes()
    for alert in stores.alerts.of_page(paging.page, 10_000):
        if alert.is_open and alert.acknowledged_at is None:
            alerts.acknowledge(alert, by, now, changes, note)
    alert_intake.write(stores, changes, now)
    incident_alerts.answered(stores, paging.page, paging.incident, by, now)
    return decided.paging


def stop(stores: Stores, id: PagingId, by: str, now: datetime) -> None:
    """Nobody is called for it any more, and nobody answered; one that is over stays as it is."""
    found = stores.pagings.get(id, lock=True)
    if found is not None and found.is_open:
        _write(stores, service.resolve(found, by, now), now)


def alert_acknowledged(stores: Stores, alert: Alert, by: str, now: datetime) -> None:
    """Somebody has seen an alert: when all of its page were seen, the page and its incident are acknowledged."""
    if alert.page is None:
        return
    found = stores.alerts.of_page(alert.page, 10_000)
    if any(each.is_open and each.acknowledged_at is None for each in found):
        return
    paging = stores.pagings.of_page(alert.page, lock=True)
    if paging is not None and paging.state in CALLING:
        _write(stores, service.acknowledge(paging, by, now), now)
    incident_alerts.answered(stores, alert.page, None, by, now)


def answer(stores: Stores, paging: Paging, verb: Verb, by: str, now: datetime, note: str = "") -> Paging:
    """Acknowledge or resolve `paging`, which is locked. Raises Answered."""
    if verb is Verb.ACKNOWLEDGE:
        return acknowledge(stores, paging, by, now, note)
    if paging.state in CALLING:
        paging = acknowledge(stores, paging, by, now, note)
        if not paging.is_open:  # an exercise is over with the answer
            return paging
    decided = service.resolve(paging, by, now)
    _write(stores, decided, now)
    return decided.paging


def overdue(stores: Stores, now: datetime) -> list[Overdue]:
    """Timers that should have fired more than a minute ago and did not."""
    before = now - _PATIENCE
    late = [Overdue(Duty.STEP, each.id, each.next_at or now) for each in stores.pagings.late(before)]
    for each in stores.outbox.late(now, _PATIENCE):
        is_left = each.state is OutgoingState.SENDING
        late.append(Overdue(Duty.CLAIM if is_left else Duty.SEND, each.id, each.due_at))
    if calling.is_configured(stores.oncall.book()):
        late += [Overdue(Duty.PAGE, id, before) for id in stores.pagings.unpaged(now - _LOOKED_BACK, before)]
    return late
