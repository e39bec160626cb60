"""The verbs of notifications: when to try again, and what an answer of the other side means. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from accelerapp.base import text
from accelerapp.base.severity import Severity
from accelerapp.notifications.model import Delivered, Delivery, Failed, Kind, Message, Retry, Sent

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=5)
LONGEST_ASKED = timedelta(hours=1)
"""Who asks for a longer pause than this is tried again after this all the same."""
_PASSING = frozenset({408, 425, 429})


def back_off(tries: int, after: timedelta | None, spread: float) -> timedelta:
    """How long to wait after so many tries (1 or more): 2 s, doubled each time up to 5 min, never less than `after`.

    `spread`, from 0 to 1, takes up to a half off, so that many senders do not come back at the same moment.
    """
    own = min(FIRST_WAIT * (1 << min(max(tries, 1) - 1, 20)), LONGEST_WAIT) * (1 - spread / 2)
    return max(own, min(after, LONGEST_ASKED)) if after else own


def retry_after(header: str, now: datetime) -> timedelta | None:
    """The wait in a Retry-After header, seconds or a date (RFC 9110, 10.2.3); None for none and for nonsense."""
    stripped = header.strip()
    if stripped.isascii() and stripped.isdigit():
        return timedelta(seconds=min(int(stripped[:9]), 10**8))
    try:
        at = parsedate_to_datetime(stripped)
    except (ValueError, TypeError, OverflowError):
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(aware - now, timedelta(0))


def of_status(name: str, status: int, told: str, after: timedelta | None = None) -> Retry | Failed:
    """What a status above 2xx means where a protocol says nothing of its own. `told` is the body's own words."""
    words = text.printable(told.strip(), 300).rstrip(".")
    reason = f"{name} answers {status}" + (f": {words}." if words else ".")
    if status in _PASSING or status >= 500:
        return Retry(reason, after=after)
    if 300 <= status < 400:
        return Failed(reason, "Name the address that it redirects to; redirects are not followed.", True)
    if status in (401, 403):
        return Failed(reason, "Its credentials were revoked or lack a right: make new ones and set them.", True)
    if status in (404, 405, 410):
        return Failed(reason, "There is nothing at this address any more: check it.", True)
    return Failed(reason, "The other side refuses this message.")


def is_known(deliveries: Sequence[Delivery]) -> bool:
    """Did at least one target take it, or say plainly that it does not?"""
    return any(isinstance(each, Delivered | Failed) for each in deliveries)


def exit_code(sent: Sequence[Sent]) -> int:
    """0: everybody has it; 1: somebody has it not; 3: nobody could be reached at all."""
    deliveries = [each.delivery for each in sent]
    if all(isinstance(each, Delivered) for each in deliveries):
        return 0
    return 1 if is_known(deliveries) else 3


def sentence(delivery: Delivery) -> str:
    """What became of it, for people."""
    if isinstance(delivery, Delivered):
        return "delivered" + (f" ({text.printable(delivery.id, 100)})" if delivery.id else "")
    unsure = " It may have arrived all the same." if isinstance(delivery, Retry) and delivery.may_have_arrived else ""
    word = "not reached" if isinstance(delivery, Retry) else "failed"
    return f"{word}: {delivery.reason}{unsure}"


def trial(channel: str, key: str) -> Message:
    """A harmless message that says what it is for."""
    return Message(
        title="This is a test: nothing is wrong",
        body=f"It was sent to see whether the channel {channel} works. There is nothing to do.",
        idempotency_key=key,
        kind=Kind.TEST,
        severity=Severity.P4,
    )
