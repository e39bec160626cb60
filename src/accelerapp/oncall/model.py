"""The nouns of on-call: people and how to reach them, schedules and their shifts, policies. Moments are in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from accelerapp.base.ids import FeedId, OverrideId, PersonName, PolicyName, ScheduleName, SwapId, TeamName
from accelerapp.base.severity import Severity

# -- people ------------------------------------------------------------------------------------------------------------


class MethodKind(StrEnum):
    """A way to reach somebody."""

    NTFY = "ntfy"
    PUSHOVER = "pushover"
    SLACK = "slack"
    EMAIL = "email"
    SMS = "sms"
    VOICE = "voice"
    WEBHOOK = "webhook"
    PAGERDUTY = "pagerduty"


@dataclass(frozen=True)
class ContactMethod:
    """Where a person is reached. `name` is the person's own word for it, `verified_at` when its code came back."""

    name: str
    kind: MethodKind
    address: str
    verified_at: datetime | None = None


@dataclass(frozen=True)
class NotificationStep:
    """Use this method so long after the person is called."""

    method: str
    after: timedelta = timedelta()


@dataclass(frozen=True)
class NotificationRule:
    """A person's own steps for a severity; without a rule the defaults hold."""

    severity: Severity
    steps: tuple[NotificationStep, ...]


@dataclass(frozen=True)
class QuietHours:
    """From when to when, in the person's zone, only P1 may disturb; over midnight when the end is not later."""

    starts: time
    ends: time


@dataclass(frozen=True)
class Person:
    """Somebody who can be called. The name is that of the person's account."""

    name: PersonName
    title: str = ""
    """The name in full; empty: the short one does."""
    zone: str = "UTC"
    methods: tuple[ContactMethod, ...] = ()
    rules: tuple[NotificationRule, ...] = ()
    quiet: QuietHours | None = None


@dataclass(frozen=True)
class Team:
    """People, and who leads them."""

    name: TeamName
    lead: PersonName
    members: tuple[PersonName, ...] = ()


@dataclass(frozen=True)
class Code:
    """A code that was sent to prove a method; only its hash is kept."""

    person: PersonName
    method: str
    address: str
    """Where it was sent: it proves nothing else."""
    hash: str
    sent_at: datetime
    expires_at: datetime
    tries: int = 0


# -- schedules ---------------------------------------------------------------------------------------------------------


class Rank(StrEnum):
    """Who is called first, and who when the first does not answer."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class OnHolidays(StrEnum):
    """What a layer does on the holidays of its schedule."""

    COUNTS = "counts"
    OFF = "off"
    ONLY = "only"


@dataclass(frozen=True)
class Hours:
    """Part of a week: from `starts` to `ends` on these days (Monday is 0).

    Over midnight when the end is not later; a whole day when both are the same.
    """

    days: tuple[int, ...]
    starts: time
    ends: time


@dataclass(frozen=True)
class Layer:
    """A rotation: turns of `turn_days`, handed over on `weekday` (Monday is 0) at `at`, by the wall clock.

    A turn of a whole number of weeks begins on `weekday`; others begin on `starts_on` and go on from there.
    """

    name: str
    members: tuple[PersonName, ...]
    starts_on: date
    """The first turn begins at the first handoff on or after this day."""
    rank: Rank = Rank.PRIMARY
    weekday: int = 4
    at: time = time(17)
    turn_days: int = 7
    hours: tuple[Hours, ...] = ()
    """Empty: at all hours."""
    on_holidays: OnHolidays = OnHolidays.COUNTS


@dataclass(frozen=True)
class Holiday:
    """A day that is not like the others."""

    day: date
    name: str = ""


@dataclass(frozen=True)
class Schedule:
    """Layers in one time zone; of the same rank, a later layer lies over the earlier ones."""

    name: ScheduleName
    zone: str
    layers: tuple[Layer, ...] = ()
    holidays: tuple[Holiday, ...] = ()


@dataclass(frozen=True)
class Span:
    """From the first moment until just before the end."""

    starts_at: datetime
    ends_at: datetime

    @property
    def length(self) -> timedelta:
        """How long."""
        return self.ends_at - self.starts_at

    def overlaps(self, other: Span) -> bool:
        """Is there a moment in both?"""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True)
class Override:
    """Somebody in place of whoever the layers name. Of two at the same time the later made one counts."""

    id: OverrideId
    schedule: ScheduleName
    rank: Rank
    person: PersonName
    starts_at: datetime
    ends_at: datetime
    made_by: str
    made_at: datetime
    reason: str = ""
    swap: SwapId | None = None


class SwapState(StrEnum):
    """How a swap stands."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Swap:
    """`giver` asks `taker` to take `gives`, and offers to take `takes` in return, or nothing."""

    id: SwapId
    schedule: ScheduleName
    rank: Rank
    giver: PersonName
    taker: PersonName
    gives: Span
    asked_by: str
    asked_at: datetime
    takes: Span | None = None
    state: SwapState = SwapState.ASKED
    answered_by: str = ""
    answered_at: datetime | None = None


@dataclass(frozen=True)
class Shift:
    """Somebody's time on call, without a break. `source` says why: a layer, an override or a swap."""

    schedule: ScheduleName
    rank: Rank
    person: PersonName
    starts_at: datetime
    ends_at: datetime
    source: str = ""


@dataclass(frozen=True)
class Gap:
    """Nobody is on call."""

    schedule: ScheduleName
    rank: Rank
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class OnCall:
    """Who is on call in a schedule at an instant, and who comes next. None: nobody."""

    schedule: ScheduleName
    rank: Rank
    at: datetime
    zone: str
    shift: Shift | None
    next: Shift | None


@dataclass(frozen=True)
class Load:
    """What somebody carries in a span.

    A night is 22:00 to 06:00, a weekend Saturday and Sunday, in the schedule's zone; one counts when at
    least half of it is carried.
    """

    schedule: ScheduleName
    person: PersonName
    shifts: int
    hours: float
    nights: int
    weekends: int


# -- policies ----------------------------------------------------------------------------------------------------------


class TargetKind(StrEnum):
    """Whom a step calls."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    PERSON = "person"
    LEAD = "lead"
    EVERYONE = "everyone"


@dataclass(frozen=True)
class Target:
    """`name`: of a schedule (primary, secondary), a person, or a team (lead, everyone); everyone at all when empty."""

    kind: TargetKind
    name: str = ""


@dataclass(frozen=True)
class PolicyStep:
    """Call these at the same time, and wait so long for an answer before the next step."""

    targets: tuple[Target, ...]
    wait: timedelta


@dataclass(frozen=True)
class WorkingHours:
    """When what can wait is told."""

    zone: str = "UTC"
    hours: Hours = Hours((0, 1, 2, 3, 4), time(9), time(17))


@dataclass(frozen=True)
class Policy:
    """Whom to call in which order, for some services and severities; empty: for all."""

    name: PolicyName
    steps: tuple[PolicyStep, ...]
    services: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    repeat: int = 3
    """How many times more after the last step, when nobody has answered."""
    repage_after: timedelta = timedelta(hours=1)
    """Acknowledged but not resolved for so long: called again."""
    waiting: tuple[Severity, ...] = (Severity.P4,)
    """Severities that wait for the working hours."""
    working_hours: WorkingHours = WorkingHours()


# -- everything together -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Book:
    """All people, teams, schedules and policies by name."""

    people: Mapping[PersonName, Person] = field(default_factory=dict)
    teams: Mapping[TeamName, Team] = field(default_factory=dict)
    schedules: Mapping[ScheduleName, Schedule] = field(default_factory=dict)
    policies: Mapping[PolicyName, Policy] = field(default_factory=dict)


@dataclass(frozen=True)
class Remark:
    """Something in the book that may be meant and should be known: `subject` such as `schedule shop`."""

    subject: str
    text: str
    mend: str = ""
    is_wrong: bool = True
    """False: it may well be meant so. Only what is wrong is told every day."""


class FeedKind(StrEnum):
    """Whose shifts a calendar feed shows."""

    PERSON = "person"
    SCHEDULE = "schedule"


@dataclass(frozen=True)
class Feed:
    """A calendar that others subscribe to, by a link with a secret of which only the hash is kept."""

    id: FeedId
    kind: FeedKind
    name: str
    hash: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True)
class ShownFeed:
    """A feed without its hash; `path` only in the answer to whoever made it."""

    id: FeedId
    kind: FeedKind
    name: str
    made_by: str
    made_at: datetime
    path: str = ""
