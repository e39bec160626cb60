"""The nouns of the status page. Whatever is in them is public, but for who wrote it and what is told to subscribers.

Moments are aware and in UTC. Texts of updates are Markdown as people wrote it; `markdown` makes it safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accelerapp.base.ids import ComponentId, IncidentId, MaintenanceId, OutageId, ServiceName, UpdateId


class ComponentState(StrEnum):
    """How a component is, in Statuspage's words; the worst last."""

    OPERATIONAL = "operational"
    UNDER_MAINTENANCE = "under_maintenance"
    DEGRADED = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"

    @property
    def rank(self) -> int:
        """Grows with how bad it is."""
        return list(ComponentState).index(self)


class Follows(StrEnum):
    """Who says how a component is."""

    PEOPLE = "people"
    """The health of its service is a suggestion to them."""
    SERVICE = "service"
    """The health of its service, unless an incident on the page says otherwise."""


class Progress(StrEnum):
    """How far an incident on the page is."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


class Impact(StrEnum):
    """How bad an incident is for those who look at the page."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Stage(StrEnum):
    """How far a maintenance is."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    """The work is done; it is being looked at whether all is well."""
    COMPLETED = "completed"


@dataclass(frozen=True)
class Group:
    """Components that are shown under one head."""

    id: ComponentId
    name: str
    position: int
    created_at: datetime
    updated_at: datetime
    description: str = ""


@dataclass(frozen=True)
class Component:
    """Something that customers use, and of which they are told how it is."""

    id: ComponentId
    name: str
    position: int
    created_at: datetime
    updated_at: datetime
    description: str = ""
    group: ComponentId | None = None
    service: ServiceName | None = None
    """Which service it rests on; None: none that is known here."""
    follows: Follows = Follows.PEOPLE
    state: ComponentState = ComponentState.OPERATIONAL
    """As it was last known, without maintenance."""
    state_since: datetime | None = None
    """None: since it is on the page."""
    unknown_since: datetime | None = None
    """Since when it is not known how it is; None: it is known."""
    looked_at: datetime | None = None
    """When the health of its service, which it follows, was known last."""
    only_show_if_degraded: bool = False
    showcase: bool = True
    """Is the share of time that it was up shown?"""
    starts_at: datetime | None = None
    """From when on that share counts; None: since it is on the page."""

    @property
    def counts_from(self) -> datetime:
        """From when on it is known whether it was up."""
        return self.starts_at or self.created_at


@dataclass(frozen=True)
class Change:
    """A component and its new state."""

    component: ComponentId
    before: ComponentState
    after: ComponentState


@dataclass(frozen=True)
class Update:
    """What was told at a moment."""

    id: UpdateId
    status: str
    """Of an incident a Progress, of a maintenance a Stage."""
    body: str
    at: datetime
    changes: tuple[Change, ...] = ()
    by: str = ""
    """Not public. Empty: the clock."""


@dataclass(frozen=True)
class Report:
    """An incident as the public sees it: only what was published of it."""

    id: IncidentId
    title: str
    impact: Impact
    status: Progress
    created_at: datetime
    updates: tuple[Update, ...]
    """Oldest first; never empty."""
    components: tuple[ComponentId, ...] = ()
    """All that it ever touched."""
    monitoring_at: datetime | None = None
    resolved_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Is it not over yet, as far as the public was told?"""
        return self.status is not Progress.RESOLVED

    @property
    def updated_at(self) -> datetime:
        """When something was told last."""
        return self.updates[-1].at


@dataclass(frozen=True)
class Maintenance:
    """Work that was announced. It begins and ends by the clock, unless people are quicker or slower."""

    id: MaintenanceId
    title: str
    scheduled_for: datetime
    scheduled_until: datetime
    components: tuple[ComponentId, ...]
    created_at: datetime
    updates: tuple[Update, ...]
    """Of people, oldest first; what the clock tells is added by whoever shows it."""
    began_at: datetime | None = None
    """Earlier than planned."""
    verifying_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True)
class Outage:
    """A stretch of time in which a component was not operational, or nobody knew whether it was."""

    id: OutageId
    component: ComponentId
    state: ComponentState | None
    """None: it is not known how it was."""
    starts_at: datetime
    ends_at: datetime | None = None
    """None: it lasts."""
    incident: IncidentId | None = None


@dataclass(frozen=True)
class Board:
    """All that the page is made of, at one moment of the database."""

    groups: tuple[Group, ...] = ()
    components: tuple[Component, ...] = ()
    reports: tuple[Report, ...] = ()
    """Newest first."""
    maintenances: tuple[Maintenance, ...] = ()
    """Newest first."""
    outages: tuple[Outage, ...] = ()

    def component(self, id: ComponentId) -> Component | None:
        """By its id."""
        return next((each for each in self.components if each.id == id), None)


@dataclass(frozen=True)
class Page:
    """What the page is called and how it looks: from the settings."""

    id: str
    name: str
    url: str
    """Where it is, without a slash at its end."""
    time_zone: str = "Etc/UTC"
    description: str = ""
    support_url: str = ""
    accent: str = ""
    """A colour such as #1f5fbf; empty: the built-in one."""
    logo: str = ""
    """Name of the logo's file on the page; empty: none."""
