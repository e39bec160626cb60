"""Pages call people: look, decide, write in one unit of work; what is to be sent is written together with its reason.

Everything may be repeated after a crash at any point: what was committed is not decided again, and a call that is
written twice has the same key and stays one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.alerts import service as alerts
from accelerapp.alerts.model import Alert, Page
from accelerapp.base import errors, ids, text
from accelerapp.base.clock import Clock
from accelerapp.base.ids import OutgoingId, PageId, PagingId
from accelerapp.flows import alert_intake, calling, incident_alerts
from accelerapp.oncall.model import Book
from accelerapp.oncall.store import OncallStore
from accelerapp.paging import following, links, service
from accelerapp.paging.model import (
    ASKING,
    CALLING,
    Duty,
    Outgoing,
    OutgoingState,
    Overdue,
    Paging,
    PagingDetail,
    PagingKind,
    Response,
    Standing,
    Unreached,
    Verb,
)
from accelerapp.paging.store import Outbox, PagingStore

_AT_ONCE = 500
_PATIENCE = timedelta(minutes=1)
"""A timer that is later than this did not fire."""
_LOOKED_BACK = timedelta(hours=1)
_FIGURES = timedelta(days=30)
_LATELY = timedelta(days=1)
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


# -- the verbs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pager:
    """Wired to stores. `wake` tells the sender of this process that there is something to send."""

    reading: Work
    writing: Work
    clock: Clock
    key: Callable[[], str]
    """The secret that signs links."""
    wake: Callable[[], None]

    def turn(self) -> int:
        """Do what time has made due; nothing is written when nothing is."""
        now = self.clock.now()
        with self.reading() as stores:
            if not stores.pagings.late(now) and not stores.pagings.closed(1):
                return 0
        with self.writing() as stores:
            done = turn(stores, now)
        self.wake()
        return done

    def audit(self) -> list[Overdue]:
        """Find what should have happened and did not; pages that nobody was called for are called for now."""
        now = self.clock.now()
        with self.reading() as stores:
            found = overdue(stores, now)
        missed = [PageId(each.id) for each in found if each.duty is Duty.PAGE]
        if missed:
            with self.writing() as stores:
                stores.alerts.lock()
                page(stores, missed, now)
            self.wake()
        return found

    def standing(self) -> Standing:
        """How paging stands."""
        now = self.clock.now()
        with self.reading() as stores:
            is_configured = calling.is_configured(stores.oncall.book())
            has_policy = bool(stores.oncall.book().policies)
            waiting, oldest = stores.outbox.waiting(now)
            late = [each.next_at for each in stores.pagings.late(now) if each.next_at]
            found = len(stores.pagings.find(is_open=True, limit=10_000, kind=PagingKind.PAGE))
        since = min([at for at in (oldest, *late) if at], default=now)
        said = f"{text.count(found, 'page')} open, {text.count(waiting, 'message')} on the way."
        if not is_configured:
            said = f"{UNCONFIGURED} {MEND}"
        elif not has_policy:
            said = f"{said} There is no policy: every page calls everyone."
        return Standing(is_configured, found, waiting, max(0.0, (now - since).total_seconds()), said)

    def unreached(self) -> list[Unreached]:
        """Ways by which people were to be reached within the last day and were not, nor since."""
        with self.reading() as stores:
            return service.unreached(stores.outbox.failed_since(self.clock.now() - _LATELY))

    def prune(self, before: datetime) -> int:
        """Forget what was resolved before that, and notices that ended before."""
        with self.writing() as stores:
            return stores.pagings.prune(before) + stores.outbox.prune_notices(before)

    # -- pages -----------------------------------------------------------------------------------------------------

    def pages(
        self, is_open: bool | None = True, limit: int = 200, kind: PagingKind | None = PagingKind.PAGE
    ) -> list[Paging]:
        """Newest first; those of one kind, or all."""
        with self.reading() as stores:
            return stores.pagings.find(is_open=is_open, limit=limit, kind=kind)

    def detail(self, id: str) -> PagingDetail:
        """One, by its own id or by that of the page, with its calls. Raises NotFoundError."""
        with self.reading() as stores:
            found = _found(stores, id)
            return _detail(stores, found)

    def of_page(self, page: PageId | None) -> PagingDetail | None:
        """What became of the page of an alert; None: nobody was called for it."""
        if page is None:
            return None
        with self.reading() as stores:
            found = stores.pagings.of_page(page)
            return _detail(stores, found) if found else None

    def responses(self) -> list[Response]:
        """How quickly the pages of the last 30 days were answered."""
        now = self.clock.now()
        with self.reading() as stores:
            return service.responses(stores.pagings.since(now - _FIGURES), now)

    def act(self, id: str, verb: Verb, by: str, note: str = "") -> Paging:
        """Acknowledge or resolve. Committed when it returns. Raises NotFoundError, Answered."""
        with self.writing() as stores:
            stores.alerts.lock()
            after = answer(stores, _found(stores, id, lock=True), verb, by, self.clock.now(), note)
        self.wake()
        return after

    # -- links -----------------------------------------------------------------------------------------------------

    def token(self, outgoing: Outgoing, lasts: timedelta) -> str:
        """For the link of a message."""
        return links.make(self.key(), outgoing.id, outgoing.created_at + lasts)

    def linked(self, token: str) -> tuple[Paging, Outgoing]:
        """What a link is about. Raises NotFoundError, WrongUseError (it has expired)."""
        id = links.read(self.key(), token, self.clock.now())
        with self.reading() as stores:
            return _linked(stores, id)

    def follow(self, token: str, verb: Verb) -> Paging:
        """Do what the link is for, once. Raises NotFoundError, WrongUseError (expired, used), Answered."""
        now = self.clock.now()
        id = links.read(self.key(), token, now)
        with self.writing() as stores:
            stores.alerts.lock()
            paging, outgoing = _linked(stores, id, lock=True)
            if outgoing.link_used_at is not None:
                used = f"at {outgoing.link_used_at:%H:%M:%S} UTC, to {outgoing.link_used_for}"
                raise service.Answered(f"This link was used already, {used}.", mend="Sign in to do more.")
            after = answer(stores, paging, verb, outgoing.person, now)
            stores.outbox.use_link(replace(outgoing, link_used_at=now, link_used_for=verb))
        self.wake()
        return after


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


def _detail(stores: Stores, paging: Paging) -> PagingDetail:
    """Of each address only its ends are shown."""
    found = stores.outbox.of_paging(paging.id)
    return PagingDetail(paging, tuple(replace(each, address=_ends(each.address)) for each in found))


def _ends(address: str) -> str:
    return f"{address[:2]}…{address[-2:]}" if len(address) > 6 else "…"


def _linked(stores: Stores, id: OutgoingId, *, lock: bool = False) -> tuple[Paging, Outgoing]:
    outgoing = stores.outbox.get(id)
    paging = stores.pagings.get(outgoing.paging, lock=lock) if outgoing else None
    if outgoing is None or paging is None:
        raise errors.NotFoundError("The page of this link is not kept any more.", mend="It was over long ago.")
    return paging, (stores.outbox.get(id) or outgoing) if lock else outgoing


def _found(stores: Stores, id: str, *, lock: bool = False) -> Paging:
    is_id = id.isascii() and id.isprintable() and len(id) <= 32
    found = stores.pagings.get(PagingId(id), lock=lock) if is_id else None
    if found is None and is_id:
        found = stores.pagings.of_page(PageId(id), lock=lock)
    if found is None:
        raise errors.NotFoundError(f"There is no page '{id[:40]}'.", mend="`accelerapp page list` lists them.")
    return found


def fresh_key() -> str:
    """A secret that signs links, for an installation that has none yet."""
    return ids.new_secret()
