"""Who wants to be told of what is published, and the letters to them. Pure.

An address is told nothing until somebody who reads it has confirmed it. A letter ends as delivered or failed, with the
reason; an address that is gone, or takes no letter again and again, is told nothing more.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from accelerapp.base import errors
from accelerapp.base.ids import ComponentId, SubscriberId, new_id
from accelerapp.statuspage import texts

MOST_TRIES = 8
"""Of a letter; the last is about an hour after the first."""
MOST_FAILURES = 5
"""Letters in a row that did not arrive; then the subscription ends."""
CONFIRM_WITHIN = timedelta(days=2)
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST = 320


class Way(StrEnum):
    """How somebody is told."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class SubscriberState(StrEnum):
    """How a subscription stands."""

    PENDING = "pending"
    """Asked for; not confirmed."""
    CONFIRMED = "confirmed"
    ENDED = "ended"


class LetterState(StrEnum):
    """How a letter stands."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Subscriber:
    """An address that wants to be told."""

    id: SubscriberId
    way: Way
    address: str
    asked_at: datetime
    components: tuple[ComponentId, ...] = ()
    """Of which; empty: of all."""
    state: SubscriberState = SubscriberState.PENDING
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    why: str = ""
    """It ended."""
    failures: int = 0
    """Letters in a row that did not arrive."""


@dataclass(frozen=True)
class Letter:
    """One message to one subscriber. Sent again, it has the same id."""

    id: str
    subscriber: SubscriberId
    title: str
    text: str
    about: str
    """The incident or maintenance; empty: it asks to confirm."""
    queued_at: datetime
    due_at: datetime
    attempts: int = 0
    state: LetterState = LetterState.QUEUED
    reason: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Links:
    """What stands under a letter; an empty one does not."""

    page: str
    event: str = ""
    confirm: str = ""
    unsubscribe: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a try. `reason` empty: it arrived. `is_gone`: no letter will ever arrive there."""

    reason: str = ""
    is_gone: bool = False


def ask(way: Way, address: str, components: Iterable[ComponentId], now: datetime) -> Subscriber:
    """A new subscription, not confirmed. Raises InvalidInputError."""
    clean, good = address.strip(), _is_mail(address.strip()) if way is Way.EMAIL else _is_web(address.strip())
    if not good:
        said = "is no e-mail address." if way is Way.EMAIL else "is no address that begins with https:// or http://."
        raise errors.InvalidInputError("The subscription", [errors.FieldProblem("address", said)])
    return Subscriber(SubscriberId(new_id("sub", 20)), way, clean, now, tuple(dict.fromkeys(components)))


def _is_mail(address: str) -> bool:
    local, at, domain = address.rpartition("@")
    odd = set(address) & set(' <>,;:"()[]\\')
    is_plain = address.isascii() and address.isprintable() and not odd and len(address) <= _LONGEST
    return bool(at and local and "." in domain.strip(".")) and is_plain


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        is_fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
    return is_fine and address.isascii() and address.isprintable() and " " not in address and len(address) <= 1000


def confirmation(subscriber: Subscriber, page: str, now: datetime) -> Letter:
    """Asks whoever reads the address."""
    text = f"Somebody, perhaps you, asked to be told of incidents and maintenance of {page} at this address."
    id = f"{subscriber.id}/confirm-{int(now.timestamp())}"
    return Letter(id, subscriber.id, f"Confirm: updates of {page}", text, "", now, now)


def letters(
    subscribers: Iterable[Subscriber],
    about: str,
    update: str,
    title: str,
    text: str,
    of: Iterable[ComponentId],
    now: datetime,
) -> list[Letter]:
    """One for each who wants to be told of one of these components; of what names no component everybody is told."""
    touched = set(of)
    return [
        Letter(f"{each.id}/{update}", each.id, title[: texts.TITLE], text, about, now, now)
        for each in subscribers
        if each.state is SubscriberState.CONFIRMED
        and (not each.components or not touched or touched.intersection(each.components))
    ]


def tried(letter: Letter, subscriber: Subscriber, outcome: Outcome, now: datetime) -> tuple[Letter, Subscriber]:
    """Both after a try."""
    after = replace(letter, attempts=letter.attempts + 1, reason=outcome.reason[:500])
    if not outcome.reason:
        delivered = replace(after, state=LetterState.DELIVERED, ended_at=now)
        return delivered, replace(subscriber, failures=0)
    if not outcome.is_gone and after.attempts < MOST_TRIES:
        return replace(after, due_at=now + _FIRST_WAIT * (1 << (after.attempts - 1))), subscriber
    failed = replace(after, state=LetterState.FAILED, ended_at=now)
    missed = replace(subscriber, failures=subscriber.failures + 1)
    if outcome.is_gone or missed.failures >= MOST_FAILURES:
        missed = end(missed, outcome.reason, now)
    return failed, missed


def confirm(subscriber: Subscriber, now: datetime) -> Subscriber:
    """Somebody who reads the address wants it. Raises WrongUseError when it is too late."""
    if subscriber.state is SubscriberState.CONFIRMED:
        return subscriber
    if subscriber.state is SubscriberState.ENDED or now - subscriber.asked_at > CONFIRM_WITHIN:
        raise errors.WrongUseError("This link has had its time.", mend="Subscribe again on the status page.")
    return replace(subscriber, state=SubscriberState.CONFIRMED, confirmed_at=now)


def again(known: Subscriber, wanted: Subscriber) -> Subscriber:
    """Somebody asks anew for an address that was not confirmed in time, or left."""
    return replace(wanted, id=known.id)


def dropped(letter: Letter, now: datetime) -> Letter:
    """Its subscriber wants it no more."""
    return replace(letter, state=LetterState.FAILED, reason="The subscription has ended.", ended_at=now)


def end(subscriber: Subscriber, why: str, now: datetime) -> Subscriber:
    """It is told nothing more."""
    return replace(subscriber, state=SubscriberState.ENDED, ended_at=now, why=why[:500])


# -- links -------------------------------------------------------------------------------------------------------------


def token(key: str, act: str, id: SubscriberId) -> str:
    """For a link that does one thing with one subscription; always the same, safe in a URL."""
    return f"{id}.{_signature(key, act, id)}"


def read_token(key: str, act: str, given: str) -> SubscriberId:
    """Whose it is. Raises NotFoundError."""
    id, _, signature = given.partition(".")
    is_ours = given.isascii() and len(given) <= 100 and hmac.compare_digest(signature, _signature(key, act, id))
    if not is_ours:
        raise errors.NotFoundError("This link is not known here.", mend="Open it as it stands in the message.")
    return SubscriberId(id)


def _signature(key: str, act: str, id: str) -> str:
    return hmac.new(key.encode(), f"status {act} {id}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:40]
