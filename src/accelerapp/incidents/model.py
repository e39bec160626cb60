"""The nouns of incidents: what is worked on and by whom, its time line, and what people may ask for.

Moments are aware and in UTC. Texts come from people and from outside, and are kept as they came: whoever shows them
makes them safe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from accelerapp.base.ids import EntryId, IncidentId, PageId, PagingId, TaskId
from accelerapp.base.severity import Severity

ALERTS = "alerts"
"""Who did it, when nobody did."""


class Status(StrEnum):
    """How far it is, in the words of status pages."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    """The cause is known."""
    MONITORING = "monitoring"
    """It seems to be over: people watch whether it stays so."""
    RESOLVED = "resolved"


class Role(StrEnum):
    """Who has which part; each is held by one person."""

    COMMANDER = "commander"
    SCRIBE = "scribe"
    COMMUNICATIONS = "communications"
    """Keeps everybody else informed."""
    RESPONDER = "responder"
    """Helps; of these there may be many."""


class EntryKind(StrEnum):
    """What an entry of the time line tells."""

    OPENED = "opened"
    ALERT = "alert"
    """An alert came to it, or was resolved."""
    PAGE = "page"
    """Somebody was called."""
    ACKNOWLEDGED = "acknowledged"
    ROLE = "role"
    SEVERITY = "severity"
    STATUS = "status"
    NOTE = "note"
    TASK = "task"
    UPDATE = "update"
    """Somebody was informed, inside or outside."""
    DEPLOYMENT = "deployment"
    CONFIG = "config"
    COMMAND = "command"
    """Something was done to a service through the product."""
    RUNBOOK = "runbook"
    CHAT = "chat"
    """A message that was marked in a chat."""
    LINK = "link"
    IMPACT = "impact"
    EDITED = "edited"
    RELATED = "related"
    MERGED = "merged"
    RESOLVED = "resolved"
    REOPENED = "reopened"


@dataclass(frozen=True)
class Evidence:
    """What shows that it was so: a label, and an address or the id of another noun."""

    label: str
    target: str


@dataclass(frozen=True)
class Entry:
    """One entry of the time line, as it reads now. A correction is a further version; those before stay readable."""

    incident: IncidentId
    at: datetime
    """When it happened."""
    kind: EntryKind
    text: str
    by: str
    id: EntryId
    evidence: tuple[Evidence, ...] = ()
    version: int = 1
    noted_at: datetime | None = None
    """When it was written down, if later than it happened."""
    corrected_at: datetime | None = None
    corrected_by: str = ""
    why: str = ""
    """Of the correction."""


@dataclass(frozen=True)
class Link:
    """Something to look at: a plot, a document, a ticket."""

    title: str
    url: str


@dataclass(frozen=True)
class Task:
    """Something to do while the incident lasts, or after it."""

    id: TaskId
    text: str
    added_by: str
    added_at: datetime
    owner: str = ""
    due_at: datetime | None = None
    done_at: datetime | None = None
    done_by: str = ""


@dataclass(frozen=True)
class Impact:
    """What customers saw of it."""

    text: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    users: int | None = None
    """How many; None: not known."""


@dataclass(frozen=True)
class Edit:
    """Who wrote a field last, and which version of the incident that made."""

    version: int
    by: str
    at: datetime


class Audience(StrEnum):
    """Who is kept informed while an incident lasts."""

    INSIDE = "inside"
    """The team, by the channels of the settings."""
    OUTSIDE = "outside"
    """Everybody else, by the status page."""


@dataclass(frozen=True)
class Told:
    """When an audience heard of an incident last, and what was done because it was due to hear more.

    What was done is known by the moment from which the time ran: of each there is one reminder and one page.
    """

    told_at: datetime | None = None
    """None: nothing was told; of outside it is the status page that knows."""
    told_by: str = ""
    reminded_for: datetime | None = None
    reminded_at: datetime | None = None
    paged_for: datetime | None = None
    paging: PagingId | None = None
    """Of the page for a missed update that is not over yet."""


@dataclass(frozen=True)
class Incident:
    """Something that people see to: opened by an alert that stays, or by a person."""

    id: IncidentId
    title: str
    severity: Severity
    services: tuple[str, ...]
    status: Status
    opened_at: datetime
    opened_by: str
    respond_by: datetime
    """Somebody should have acknowledged it by then."""
    started_at: datetime | None = None
    """When the harm began, as far as it is known."""
    detected_at: datetime | None = None
    """When it was noticed first."""
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    identified_at: datetime | None = None
    monitoring_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str = ""
    roles: Mapping[Role, str] = field(default_factory=dict)
    responders: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    """Of the status page, by name."""
    tags: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    conference: str = ""
    """The address of the call that people work in."""
    tasks: tuple[Task, ...] = ()
    impact: Impact = Impact()
    root_cause: str = ""
    resolution: str = ""
    related: tuple[IncidentId, ...] = ()
    merged_into: IncidentId | None = None
    """It is a duplicate of that one."""
    pages: tuple[PageId, ...] = ()
    """What people were called for because of it; a call of its own has its own id."""
    is_private: bool = False
    """Only its people and administrators know of it."""
    is_taken: bool = False
    """Does a person see to it? Then it does not end without one."""
    draft: str = ""
    """What could be told outside next; empty: nothing waits to be told."""
    told: Mapping[Audience, Told] = field(default_factory=dict)
    """How far each audience is informed."""
    version: int = 1
    """Grows with every change."""
    edits: Mapping[str, Edit] = field(default_factory=dict)
    """By the name of the field, of those that people write."""

    @property
    def is_open(self) -> bool:
        """Is it not over yet?"""
        return self.status is not Status.RESOLVED

    @property
    def service(self) -> str:
        """The one that it is about; empty: of several, or of none that is known."""
        return self.services[0] if len(self.services) == 1 else ""

    @property
    def people(self) -> frozenset[str]:
        """Who has to do with it."""
        named = (self.opened_by, self.acknowledged_by, *self.roles.values(), *self.responders)
        return frozenset(each for each in named if each and each != ALERTS)


@dataclass(frozen=True)
class Wanted:
    """An incident that somebody wants to open. `key`: the same wish a second time opens no second one."""

    title: str
    severity: Severity
    services: tuple[str, ...] = ()
    description: str = ""
    components: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    responders: tuple[str, ...] = ()
    started_at: datetime | None = None
    is_private: bool = False
    calls: bool = True
    """Are people called for it?"""
    key: str = ""


@dataclass(frozen=True)
class IncidentDetail:
    """An incident with its time line, oldest first."""

    incident: Incident
    entries: tuple[Entry, ...]
    duplicates: tuple[IncidentId, ...] = ()
    """Those that were merged into it."""


@dataclass(frozen=True)
class Viewer:
    """Who asks. An administrator sees private incidents too."""

    name: str
    is_administrator: bool = False


ANYBODY = Viewer("")
"""Who is not known, or many at once: private incidents are not for them."""
