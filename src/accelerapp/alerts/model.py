"""The nouns of alerts: a signal comes in, an alert is kept, a page would go out, each decision has its reason.

Labels name a thing and say which one it is; annotations tell people about it. Times are aware and in UTC. `starts_at`
and `ends_at` of a signal are the sender's; what is called `…_at` of an alert, beside `starts_at`, is of our own clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from accelerapp.base.ids import AlertId, IncidentId, IntegrationId, PageId, SilenceId
from accelerapp.base.severity import Severity, of_word

Labels = Mapping[str, str]
RULE = "alertname"
"""The label that names the rule, as Prometheus calls it."""
SERVICE = "service"
SEVERITY = "severity"


class SignalState(StrEnum):
    """What a sender says about a thing."""

    FIRING = "firing"
    RESOLVED = "resolved"
    UNKNOWN = "unknown"
    """The sender cannot tell now: an alert that is open stays open, none is opened."""
    ACKNOWLEDGED = "acknowledged"
    """A person at the sender's side has seen it."""


@dataclass(frozen=True)
class Signal:
    """What a sender says about one thing, once."""

    labels: Labels
    annotations: Labels = field(default_factory=dict)
    state: SignalState = SignalState.FIRING
    starts_at: datetime | None = None
    """None: when it comes in."""
    ends_at: datetime | None = None
    """Resolved: since when. Firing: until when it counts as firing without another word; None: for as long as the
    settings say."""
    source: str = ""
    """Which sender, for people: `alertmanager`, `rules`, `pagerduty shop`."""
    generator_url: str = ""
    value: float | None = None
    """Of the rule's expression."""
    key: str = ""
    """The sender's own identity of the thing; empty: its labels are."""

    @property
    def fingerprint(self) -> str:
        """The identity of the thing: two signals with the same one speak of the same."""
        return fingerprint({"": self.key} if self.key else self.labels)


def fingerprint(labels: Labels) -> str:
    """32 hexadecimal digits that differ when any label does; the order of the labels does not count."""
    whole = "\xff".join(f"{name}\xfe{labels[name]}" for name in sorted(labels))
    return hashlib.blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class AlertState(StrEnum):
    """How an alert stands."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    """Somebody has seen it; it is still there."""
    UNKNOWN = "unknown"
    """Its sender cannot tell any more whether it is still there."""
    RESOLVED = "resolved"


class Verdict(StrEnum):
    """Whether an alert pages somebody, and if not, why: the reason of the decision tells the rest."""

    WAITING = "waiting"
    """Not decided yet: others of its group may come."""
    PAGED = "paged"
    GROUPED = "grouped"
    """It belongs to a page that went out for its group."""
    BUNDLED = "bundled"
    """It is in the list of a storm's page."""
    SILENCED = "silenced"
    IN_MAINTENANCE = "in maintenance"
    INHIBITED = "inhibited"
    """Another alert explains it."""
    FLAPPING = "flapping"
    ACKNOWLEDGED = "acknowledged"
    """Somebody saw it before anybody was to be paged."""
    RESOLVED = "resolved"
    """It was gone before anybody was to be paged."""


LET_THROUGH = frozenset({Verdict.PAGED, Verdict.GROUPED, Verdict.BUNDLED})
"""Verdicts of alerts that a page speaks of."""


@dataclass(frozen=True)
class Alert:
    """One thing that was wrong from `opened_at` to `resolved_at`. At most one per fingerprint is open."""

    id: AlertId
    fingerprint: str
    labels: Labels
    annotations: Labels
    severity: Severity
    source: str
    state: AlertState
    starts_at: datetime
    """The sender's time."""
    opened_at: datetime
    seen_at: datetime
    """When it was last said to be firing."""
    group: str
    verdict: Verdict = Verdict.WAITING
    why: str = ""
    """The reason of the verdict."""
    look_at: datetime | None = None
    """When to decide (again) whether it pages; None: nothing is left to decide."""
    lapses_at: datetime | None = None
    """Without another word it counts as resolved from then on."""
    escalates_at: datetime | None = None
    """When it opens an incident if it is still there; None: never, or it did."""
    resolved_at: datetime | None = None
    ended_at: datetime | None = None
    """The sender's time of its end; None: it is open, or the end was not told by the sender."""
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    held_by: str = ""
    """What holds its page back: the id of a silence or of another alert."""
    page: PageId | None = None
    incident: IncidentId | None = None
    openings: tuple[datetime, ...] = ()
    """When the same thing opened lately, this time too, oldest first."""
    generator_url: str = ""
    value: float | None = None

    @property
    def is_open(self) -> bool:
        """Is it still there?"""
        return self.state is not AlertState.RESOLVED

    @property
    def rule(self) -> str:
        """The rule's name; empty when the sender names none."""
        return self.labels.get(RULE, "")

    @property
    def service(self) -> str:
        """The service that it is about; empty when nobody says."""
        return self.labels.get(SERVICE, "")

    @property
    def title(self) -> str:
        """One line for people; from outside, and as hostile as that may be."""
        return self.annotations.get("summary") or self.annotations.get("title") or self.rule or "an alert without name"


def severity_of(labels: Labels) -> Severity:
    """From the label `severity`, in our words or in other tools'; P3 without one."""
    return of_word(labels.get(SEVERITY, "") or labels.get("priority", ""))


class DecisionKind(StrEnum):
    """What was decided, or happened."""

    OPENED = "opened"
    PAGED = "paged"
    NOT_PAGED = "not paged"
    ACKNOWLEDGED = "acknowledged"
    UNKNOWN = "unknown"
    KNOWN_AGAIN = "known again"
    WORSE = "worse"
    IGNORED = "ignored"
    """Something that came in changed nothing."""
    INCIDENT = "incident"
    RESOLVED = "resolved"
    SILENCED = "silenced"
    """Of a silence or a maintenance: it was made."""
    NOTICE = "notice"
    """Of a silence: it ends soon."""
    ENDED = "ended"
    """Of a silence or a maintenance: it is over."""
    CHANGE = "change"
    """Of a sender: it told of a change."""


@dataclass(frozen=True)
class Decision:
    """One line of the history of an alert or of a silence: what, why, when."""

    kind: DecisionKind
    reason: str
    """A sentence; it may hold text from outside."""
    at: datetime
    subject: str = ""
    """The id of the alert or the silence."""


class Operator(StrEnum):
    """How a matcher compares."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LIKE = "=~"
    UNLIKE = "!~"


@dataclass(frozen=True)
class Matcher:
    """`name operator value`; a missing label counts as empty. Regular expressions match the whole value."""

    name: str
    operator: Operator
    value: str

    def __str__(self) -> str:
        return f'{self.name}{self.operator}"{self.value}"'


class SilenceKind(StrEnum):
    """Why alerts are kept from paging."""

    SILENCE = "silence"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True)
class Silence:
    """Alerts that all matchers match page nobody from `starts_at` to `ends_at`.

    A maintenance is a silence over a service, planned, with a name of its own wherever it is shown.
    """

    id: SilenceId
    matchers: tuple[Matcher, ...]
    author: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    kind: SilenceKind = SilenceKind.SILENCE
    service: str = ""
    """Of a maintenance; empty: all services."""
    noticed_at: datetime | None = None
    """When it was said that it ends soon."""
    is_closed: bool = False
    """Its end was recorded."""

    def is_active(self, now: datetime) -> bool:
        """Does it hold now?"""
        return self.starts_at <= now < self.ends_at


@dataclass(frozen=True)
class Page:
    """What somebody is told: one group of alerts, or the list of a storm."""

    id: PageId
    group: str
    """Empty: a storm's."""
    title: str
    severity: Severity
    service: str
    at: datetime
    last_at: datetime
    """When the last alert came to it."""
    alerts: int = 1
    """How many alerts it speaks of, resolved ones too."""
    closed_at: datetime | None = None
    """When the last of its alerts was resolved."""
    incident: IncidentId | None = None

    @property
    def is_storm(self) -> bool:
        """Is it a list of alerts of many groups?"""
        return not self.group


class Kind(StrEnum):
    """Kinds of senders: each speaks in its own way."""

    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"
    PAGERDUTY = "pagerduty"
    GOALERT = "goalert"
    ONCALL = "oncall"
    HEARTBEAT = "heartbeat"
    GENERIC = "generic"


@dataclass(frozen=True)
class Integration:
    """A sender that we know: by its key, which is shown once and kept as its SHA-256."""

    id: IntegrationId
    name: str
    kind: Kind
    hash: str
    created_by: str
    created_at: datetime
    service: str = ""
    """Set as the label `service` where the sender names none."""
    secret: str = ""
    """Where its signing secret is found, `env:NAME` or `file:PATH`; empty: it does not sign."""
    every_seconds: float | None = None
    """Of a heartbeat: how often it has to come."""
    last_at: datetime | None = None
    """When it last sent something that was taken."""


@dataclass(frozen=True)
class AlertDetail:
    """An alert with its history, oldest first, and the page that speaks of it."""

    alert: Alert
    decisions: tuple[Decision, ...]
    page: Page | None = None


@dataclass(frozen=True)
class SilenceDetail:
    """A silence with its history, oldest first, and the open alerts that it holds back."""

    silence: Silence
    decisions: tuple[Decision, ...]
    held: tuple[Alert, ...] = ()


@dataclass(frozen=True)
class ShownIntegration:
    """A sender without its key's hash; `key` and `path` with it only in the answer to whoever made it."""

    id: IntegrationId
    name: str
    kind: Kind
    created_by: str
    created_at: datetime
    service: str = ""
    is_signed: bool = False
    every_seconds: float | None = None
    last_at: datetime | None = None
    path: str = ""
    """Where it sends to."""
    key: str = ""

    @classmethod
    def of(cls, known: Integration, path: str = "", key: str = "") -> ShownIntegration:
        """What may be shown of it."""
        return cls(
            id=known.id,
            name=known.name,
            kind=known.kind,
            created_by=known.created_by,
            created_at=known.created_at,
            service=known.service,
            is_signed=bool(known.secret),
            every_seconds=known.every_seconds,
            last_at=known.last_at,
            path=path,
            key=key,
        )


@dataclass(frozen=True)
class Station:
    """One stop of a trial alert on its way."""

    name: str
    told: str
    ok: bool = True


@dataclass(frozen=True)
class Trial:
    """A harmless alert that went the whole way."""

    alert: AlertId
    stations: tuple[Station, ...]

    @property
    def ok(self) -> bool:
        """Did it come through?"""
        return all(station.ok for station in self.stations)
