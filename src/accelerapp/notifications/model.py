"""The nouns of notifications: a message, where it goes, and what became of one try to send it.

Texts of a message come from outside as often as not, and are as hostile as that may be: each channel escapes them for
its own medium.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal, TypeAlias

from accelerapp.base.severity import Severity


class Kind(StrEnum):
    """What a message is for."""

    PAGE = "page"
    """Somebody has to act."""
    UPDATE = "update"
    HANDOFF = "handoff"
    NOTICE = "notice"
    """Something to know, which nobody has to act on."""
    TEST = "test"


class Event(StrEnum):
    """What it says of its subject; only tools that keep incidents themselves care."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


@dataclass(frozen=True)
class Link:
    """An address with a title; others than http and https are never shown as links."""

    title: str
    url: str


@dataclass(frozen=True)
class Message:
    """What somebody is told, once. Sent again, it has the same `idempotency_key`."""

    title: str
    idempotency_key: str
    kind: Kind = Kind.PAGE
    severity: Severity = Severity.P3
    body: str = ""
    service: str = ""
    subject: str = ""
    """Identity of what it speaks of, such as a page's id: trigger, acknowledge and resolve share it. Empty: its key."""
    event: Event = Event.TRIGGER
    links: tuple[Link, ...] = ()
    ack_link: str = ""
    """Address at which the receiver acknowledges; empty: there is nothing to acknowledge."""
    reply_code: str = ""
    """`ACK 4821` as the answer to an SMS acknowledges; here `4821`."""
    voice_link: str = ""
    """Address that Twilio asks with the digit which the called person pressed."""

    @property
    def about(self) -> str:
        """The identity of what it speaks of."""
        return self.subject or self.idempotency_key


@dataclass(frozen=True)
class Address:
    """Where a message goes within a channel: a mail address, a phone number, `#ops`, a user key, a topic."""

    to: str = ""
    """Empty: where the channel's settings say."""
    name: str = ""
    """Of the person, for the greeting and the reports."""


@dataclass(frozen=True)
class Delivered:
    """The other side took it."""

    id: str = ""
    """What the other side calls it; empty: it tells no name."""
    outcome: Literal["delivered"] = "delivered"


@dataclass(frozen=True)
class Retry:
    """It did not work this time, and may the next."""

    reason: str
    mend: str = ""
    after: timedelta | None = None
    """The other side wants no earlier try; None: it says nothing."""
    may_have_arrived: bool = False
    """The connection ended after it was sent: the next try may be the second copy."""
    outcome: Literal["retry"] = "retry"


@dataclass(frozen=True)
class Failed:
    """It cannot be sent."""

    reason: str
    mend: str = ""
    is_permanent: bool = False
    """Every message to this address fails until somebody mends it; else only this message is refused."""
    outcome: Literal["failed"] = "failed"


Delivery: TypeAlias = Delivered | Retry | Failed


@dataclass(frozen=True)
class Sent:
    """What became of a message at one target."""

    channel: str
    to: str
    delivery: Delivery
