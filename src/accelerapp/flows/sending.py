"""Messages go out: claim by a lease, send outside of the unit of work, write what became of it under the fence.

A process that dies in the middle leaves its claims to expire; whoever takes them over sends with the same idempotency
key. One that was only slow is refused when it comes to write.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.base.clock import Clock
from accelerapp.flows import noticing
from accelerapp.flows.paging import Stores, Work
from accelerapp.notifications import service as notifications
from accelerapp.notifications.model import Delivered, Delivery, Retry
from accelerapp.paging import failures, following
from accelerapp.paging.model import Outgoing, OutgoingState, Purpose

_LOG = logging.getLogger("accelerapp.paging")
MOST_TRIES = 12
"""After the last of them, about half an hour later, the message has failed."""
LEASE = timedelta(seconds=60)
"""Longer than any channel takes."""


@dataclass(frozen=True)
class Sending:
    """Wired to stores and channels. `post` sends one message; whatever the other side does is an answer."""

    reading: Work
    writing: Work
    post: Callable[[Outgoing, datetime], Delivery]
    clock: Clock
    holder: str
    spread: Callable[[], float]
    """From 0 to 1: many senders do not come back at the same moment."""
    monotonic: Callable[[], float]
    """Seconds, for how long a claim is held: it goes on while the process is stopped."""
    lease: timedelta = LEASE

    def claim(self, limit: int, without: Collection[str] = ()) -> list[tuple[Outgoing, float]]:
        """Take what is due, with the moment until which each is surely ours. Nothing is written when nothing is due."""
        now = self.clock.now()
        with self.reading() as stores:
            if stores.outbox.waiting(now)[1] is None:
                return []
        until = self.monotonic() + self.lease.total_seconds()
        with self.writing() as stores:
            return [(each, until) for each in stores.outbox.claim(self.holder, now, self.lease, limit, without)]

    def send(self, claimed: Outgoing, until: float) -> bool:
        """Send it and write what became of it. False: it is another's by now."""
        if self.monotonic() >= until:
            return False
        try:
            delivery = self.post(claimed, self.clock.now())
        except Exception as error:  # a channel with a bug must not lose a page: it is tried again and falls through
            _LOG.exception("sending %s to %s failed", claimed.id, claimed.person)
            delivery = Retry(f"{type(error).__name__}: {error}", may_have_arrived=True)
        return self.note(claimed, delivery)

    def note(self, claimed: Outgoing, delivery: Delivery) -> bool:
        """Write what became of it; what follows from a failure is due at once. False: it was refused."""
        now = self.clock.now()
        after = ended(claimed, delivery, self.spread(), now)
        with self.writing() as stores:
            if after.purpose is Purpose.NOTICE:
                return noticing.note(stores, after, now)
            if after.state is OutgoingState.DELIVERED and not following.is_followed(after):
                return stores.outbox.end(after)
            # The escalation first, as whoever acknowledges does: two that lock in turn never wait for each other.
            paging = stores.pagings.get(after.paging, lock=True)
            if not stores.outbox.end(after):
                return False
            if after.state is OutgoingState.DELIVERED:
                return _let_follow(stores, after, now)
            of_call = [each for each in stores.outbox.of_paging(after.paging) if each.call == after.call]
            if next_one := failures.follow_up(after, of_call, now):
                stores.outbox.put_due(next_one)
            elif paging and failures.is_in_vain(of_call):
                stores.pagings.put(failures.hurry(paging, after.call, now))
        return True


def _let_follow(stores: Stores, delivered: Outgoing, now: datetime) -> bool:
    """Somebody may have answered while it was sent: what is told of that may go out now."""
    for each in following.after(delivered, stores.outbox.of_paging(delivered.paging), now):
        stores.outbox.add([each])
        stores.outbox.put_due(each)
    return True


def ended(claimed: Outgoing, delivery: Delivery, spread: float, now: datetime) -> Outgoing:
    """The message after a try. Pure."""
    if isinstance(delivery, Delivered):
        return replace(claimed, state=OutgoingState.DELIVERED, ended_at=now)
    told = replace(claimed, reason=f"{delivery.reason} {delivery.mend}".strip()[:1000])
    if isinstance(delivery, Retry):
        told = replace(told, may_have_arrived=claimed.may_have_arrived or delivery.may_have_arrived)
        if claimed.attempts < MOST_TRIES:
            wait = notifications.back_off(claimed.attempts, delivery.after, spread)
            return replace(told, state=OutgoingState.QUEUED, due_at=now + wait)
    return replace(told, state=OutgoingState.FAILED, ended_at=now)
