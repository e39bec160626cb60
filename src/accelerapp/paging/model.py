"""The nouns of paging: the escalation of a page, the calls that it puts into the outbox, and what is shown of them.

Moments are aware and in UTC. Texts come from outside, and are as hostile as that may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from accelerapp.base.ids import IncidentId, OutgoingId, PageId, PagingId, PersonName
from accelerapp.base.severity import RESPOND_WITHIN, Severity

EVERYONE = "everyone"
"""The kind of a target that means everybody there is, when it has no name."""


TEAM = "team"
"""The kind of a message to a channel of the settings: its address is `CHANNEL` or `CHANNEL:ADDRESS`."""


@dataclass(frozen=True)
class Target:
    """Whom a step calls, as the policy said at the trigger: a kind such as `primary`, and a name."""

    kind: str
    name: str = ""


@dataclass(frozen=True)
class Step:
    """These are called at the same time; then it waits so long for an answer."""

    targets: tuple[Target, ...]
    wait: timedelta


class PagingKind(StrEnum):
    """What people are called for."""

    PAGE = "page"
    """Somebody has to act."""
    TEST = "test"
    """Does it reach this person?"""
    DRILL = "drill"
    """Does the whole chain work, and how quickly?"""

    @property
    def is_real(self) -> bool:
        """Only then it never ends in silence: nobody is woken again and again for an exercise."""
        return self is PagingKind.PAGE


class PagingState(StrEnum):
    """How the escalation of a page stands."""

    TRIGGERED = "triggered"
    """Nobody has answered yet: people are called."""
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    EXHAUSTED = "exhausted"
    """Everybody was called, as often as the policy says, and nobody answered: a real page begins anew after a while."""


OPEN = frozenset({PagingState.TRIGGERED, PagingState.ACKNOWLEDGED, PagingState.EXHAUSTED})
CALLING = frozenset({PagingState.TRIGGERED, PagingState.EXHAUSTED})
"""States in which calls may go out."""


@dataclass(frozen=True)
class Paging:
    """The escalation of one page, with the policy as it was when it began."""

    id: PagingId
    page: PageId
    """Of the alerts; an exercise has its own id here."""
    title: str
    severity: Severity
    service: str
    policy: str
    """Its name; empty: there was none, and everyone is called."""
    steps: tuple[Step, ...]
    repeat: int
    repage_after: timedelta
    triggered_at: datetime
    respond_by: datetime
    """Somebody should have acknowledged it by then."""
    kind: PagingKind = PagingKind.PAGE
    state: PagingState = PagingState.TRIGGERED
    incident: IncidentId | None = None
    body: str = ""
    step: int = 0
    """The step that is called next."""
    round: int = 0
    """How often all steps were gone through."""
    calls: int = 0
    """How often people were called; numbers the calls."""
    step_at: datetime | None = None
    """When the next step is due; None: none is."""
    warn_at: datetime | None = None
    """When it is said that the time to respond runs out; None: it was, or need not."""
    repage_at: datetime | None = None
    """When people are called again though it was acknowledged, or everybody was called in vain."""
    warned_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    first_acknowledged_at: datetime | None = None
    """By anybody, at the first time: what counts for the time to acknowledge."""
    resolved_at: datetime | None = None
    resolved_by: str = ""
    thread: int = 1
    """Grows when people are called again after an answer: to a tool that keeps incidents that is another incident."""
    heard: tuple[str, ...] = ()
    """Ids of the last messages from outside that answered it: each does so once, however often it comes."""

    @property
    def about(self) -> str:
        """What tools that keep incidents are told to call it."""
        return self.id if self.thread == 1 else f"{self.id}~{self.thread}"

    @property
    def next_at(self) -> datetime | None:
        """When time does something to it next."""
        return min((at for at in (self.step_at, self.warn_at, self.repage_at) if at), default=None)

    @property
    def subject(self) -> str:
        """What calls are counted by: those of one incident together."""
        return self.incident or self.page

    @property
    def is_open(self) -> bool:
        """Is it not over yet?"""
        return self.state in OPEN

    @property
    def is_breached(self) -> bool:
        """Did it take longer to acknowledge it than it should have? One that nobody answered yet is judged by time."""
        answered = self.first_acknowledged_at or self.resolved_at
        return answered is not None and answered > self.respond_by


class OutgoingState(StrEnum):
    """How a call in the outbox stands."""

    QUEUED = "queued"
    SENDING = "sending"
    """A process holds it; when that one dies another sends it again."""
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Somebody acknowledged before it went out."""


WAITING = frozenset({OutgoingState.QUEUED, OutgoingState.SENDING})


class Purpose(StrEnum):
    """Why a call goes out."""

    STEP = "step"
    """A step of the policy."""
    WARNING = "warning"
    """The time to respond runs out."""
    EXERCISE = "exercise"
    """A step of a test or a drill."""
    NOTICE = "notice"
    """Something to know that asks for no answer; it belongs to no escalation."""
    FOLLOW_UP = "follow-up"
    """Tells a tool that was called before that it was acknowledged here."""
    CLOSING = "closing"
    """Tells a tool that was called before that it is resolved here."""


ASKING = frozenset({Purpose.STEP, Purpose.WARNING, Purpose.EXERCISE})
"""These call somebody for an answer."""
FOLLOWING = frozenset({Purpose.FOLLOW_UP, Purpose.CLOSING})


@dataclass(frozen=True)
class Outgoing:
    """One message to one target. Sent again, it has the same `key`."""

    id: OutgoingId
    paging: PagingId
    """Of the escalation; of a notice it is the id that its messages share."""
    subject: str
    call: int
    """The number of the call that it belongs to; in an exercise that of the step, from 1."""
    rank: int
    """Its place among the methods of the person in that call; 0 is the first."""
    purpose: Purpose
    person: PersonName
    method: str
    """The person's own word for the method."""
    kind: str
    """Of the method: `email`, `sms`."""
    address: str
    key: str
    """The idempotency key: unique, and passed to the other side. It begins with `Paging.about` and a slash."""
    severity: Severity
    title: str
    body: str
    service: str
    created_at: datetime
    due_at: datetime
    state: OutgoingState = OutgoingState.QUEUED
    attempts: int = 0
    fence: int = 0
    """Grows with every claim: who holds an older number is refused."""
    claimed_by: str = ""
    claimed_until: datetime | None = None
    """On the database's clock."""
    ended_at: datetime | None = None
    """When it was delivered, failed or was cancelled."""
    reason: str = ""
    """Of the last failure."""
    may_have_arrived: bool = False
    """A try before was cut off after it was sent: the receiver may have it twice."""
    link_used_at: datetime | None = None
    """When its link acknowledged or resolved."""
    link_used_for: str = ""

    @property
    def about(self) -> str:
        """What tools that keep incidents are told to call what it speaks of: the first part of the key."""
        return self.key.partition("/")[0]


@dataclass(frozen=True)
class Call:
    """One method of a person, to be used at a moment."""

    method: str
    kind: str
    address: str
    at: datetime


@dataclass(frozen=True)
class Called:
    """A person and what calling them means; without calls this person cannot be reached at all."""

    person: PersonName
    calls: tuple[Call, ...]


class Verb(StrEnum):
    """What can be done about a page from outside."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


@dataclass(frozen=True)
class PagingDetail:
    """A page's escalation with its calls, oldest first."""

    paging: Paging
    outgoing: tuple[Outgoing, ...]


@dataclass(frozen=True)
class Response:
    """How quickly pages of a severity were answered, in seconds."""

    severity: Severity
    pages: int
    acknowledged: int
    breached: int
    """Answered later than the target."""
    mean_seconds: float | None
    """The mean time to acknowledge (MTTA); None: none was."""
    slowest_seconds: float | None
    target_seconds: float


@dataclass(frozen=True)
class Unreached:
    """A way by which people were to be reached and are not: its last messages failed."""

    kind: str
    """Of the methods: `slack`, `sms`."""
    reason: str
    """With the mend, when one is known."""
    people: tuple[PersonName, ...]
    messages: int
    last_at: datetime


class Duty(StrEnum):
    """Something that should have happened by now."""

    STEP = "escalation"
    SEND = "message"
    CLAIM = "message of a process that died"
    PAGE = "page without escalation"


@dataclass(frozen=True)
class Overdue:
    """A timer that should have fired and did not."""

    duty: Duty
    id: str
    since: datetime


@dataclass(frozen=True)
class Standing:
    """How paging stands. `is_configured`: is there anybody who can be called?"""

    is_configured: bool
    open: int
    queued: int
    oldest_due_seconds: float
    """How long the oldest due work waits; 0 when none does."""
    said: str
    """A sentence for people."""


TARGETS = RESPOND_WITHIN
"""Within which somebody should acknowledge."""
