"""The verbs of pages for people, doors and the engine: turn, audit, look, acknowledge, resolve, follow a link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.base import errors, text
from accelerapp.base.clock import Clock
from accelerapp.base.ids import OutgoingId, PageId, PagingId
from accelerapp.flows import calling, paging
from accelerapp.flows.paging import Stores, Work
from accelerapp.paging import figures, links, service
from accelerapp.paging.model import (
    Duty,
    Outgoing,
    Overdue,
    Paging,
    PagingDetail,
    PagingKind,
    Response,
    Standing,
    Unreached,
    Verb,
)

_FIGURES = timedelta(days=30)
_LATELY = timedelta(days=1)


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
            done = paging.turn(stores, now)
        self.wake()
        return done

    def audit(self) -> list[Overdue]:
        """Find what should have happened and did not; pages that nobody was called for are called for now."""
        now = self.clock.now()
        with self.reading() as stores:
            found = paging.overdue(stores, now)
        missed = [PageId(each.id) for each in found if each.duty is Duty.PAGE]
        if missed:
            with self.writing() as stores:
                stores.alerts.lock()
                paging.page(stores, missed, now)
            self.wake()
        return found

    def standing(self) -> Standing:
        """How paging stands."""
        now = self.clock.now()
        with self.reading() as stores:
            book = stores.oncall.book()
            waiting, oldest = stores.outbox.waiting(now)
            late = [each.next_at for each in stores.pagings.late(now) if each.next_at]
            found = len(stores.pagings.find(is_open=True, limit=10_000, kind=PagingKind.PAGE))
        since = min([at for at in (oldest, *late) if at], default=now)
        is_configured = calling.is_configured(book)
        said = f"{text.count(found, 'page')} open, {text.count(waiting, 'message')} on the way."
        if not is_configured:
            said = f"{paging.UNCONFIGURED} {paging.MEND}"
        elif not book.policies:
            said = f"{said} There is no policy: every page calls everyone."
        return Standing(is_configured, found, waiting, max(0.0, (now - since).total_seconds()), said)

    def unreached(self) -> list[Unreached]:
        """Ways by which people were to be reached within the last day and were not, nor since."""
        with self.reading() as stores:
            return figures.unreached(stores.outbox.failed_since(self.clock.now() - _LATELY))

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
            return figures.responses(stores.pagings.since(now - _FIGURES), now)

    def act(self, id: str, verb: Verb, by: str, note: str = "") -> Paging:
        """Acknowledge or resolve. Committed when it returns. Raises NotFoundError, Answered."""
        with self.writing() as stores:
            stores.alerts.lock()
            after = paging.answer(stores, _found(stores, id, lock=True), verb, by, self.clock.now(), note)
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
            found, outgoing = _linked(stores, id, lock=True)
            if outgoing.link_used_at is not None:
                used = f"at {outgoing.link_used_at:%H:%M:%S} UTC, to {outgoing.link_used_for}"
                raise service.Answered(f"This link was used already, {used}.", mend="Sign in to do more.")
            after = paging.answer(stores, found, verb, outgoing.person, now)
            stores.outbox.use_link(replace(outgoing, link_used_at=now, link_used_for=verb))
        self.wake()
        return after


def _detail(stores: Stores, one: Paging) -> PagingDetail:
    """Of each address only its ends are shown."""
    found = stores.outbox.of_paging(one.id)
    return PagingDetail(one, tuple(replace(each, address=_ends(each.address)) for each in found))


def _ends(address: str) -> str:
    return f"{address[:2]}…{address[-2:]}" if len(address) > 6 else "…"


def _linked(stores: Stores, id: OutgoingId, *, lock: bool = False) -> tuple[Paging, Outgoing]:
    outgoing = stores.outbox.get(id)
    found = stores.pagings.get(outgoing.paging, lock=lock) if outgoing else None
    if outgoing is None or found is None:
        raise errors.NotFoundError("The page of this link is not kept any more.", mend="It was over long ago.")
    return found, (stores.outbox.get(id) or outgoing) if lock else outgoing


def _found(stores: Stores, id: str, *, lock: bool = False) -> Paging:
    is_id = id.isascii() and id.isprintable() and len(id) <= 32
    found = stores.pagings.get(PagingId(id), lock=lock) if is_id else None
    if found is None and is_id:
        found = stores.pagings.of_page(PageId(id), lock=lock)
    if found is None:
        raise errors.NotFoundError(f"There is no page '{id[:40]}'.", mend="`accelerapp page list` lists them.")
    return found
