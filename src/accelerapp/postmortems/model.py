"""The nouns of post-mortems: the facts, what people wrote over them, action items, and the report made of all three.

Moments are aware and in UTC; a due day is a day of the calendar. Texts are kept as they came: whoever shows them makes
them safe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from accelerapp.base.ids import ActionId, IncidentId, TaskId
from accelerapp.base.severity import Severity


class State(StrEnum):
    """How far it is written."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"


class Part(StrEnum):
    """The sections that people write. One that nobody wrote shows the facts."""

    SUMMARY = "summary"
    TIMELINE = "timeline"
    IMPACT = "impact"
    ROOT_CAUSE = "root_cause"
    RESOLUTION = "resolution"
    LESSONS = "lessons"

    @property
    def heading(self) -> str:
        """As the manual's template calls it."""
        return "Lessons Learned" if self is Part.LESSONS else self.value.replace("_", " ").title()


@dataclass(frozen=True)
class Section:
    """What somebody wrote; `version` counts from 1."""

    text: str
    version: int
    by: str
    at: datetime


@dataclass(frozen=True)
class PostMortem:
    """What people wrote about one incident."""

    incident: IncidentId
    state: State = State.DRAFT
    owner: str = ""
    """Who sees to it that it is written; empty: whoever had command."""
    sections: Mapping[Part, Section] = field(default_factory=dict)
    authors: tuple[str, ...] = ()
    state_at: datetime | None = None
    state_by: str = ""

    @property
    def is_published(self) -> bool:
        """Is it done?"""
        return self.state is State.PUBLISHED


# -- action items ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Issue:
    """An action item in another tool."""

    tracker: str
    """`github` or `gitlab`."""
    number: str
    url: str


@dataclass(frozen=True)
class Export:
    """Somebody makes an issue of it. `began_at` stays until that is known to be done or refused."""

    by: str
    began_at: datetime
    first_at: datetime
    """The first of the tries: an issue of an earlier one is not older."""


@dataclass(frozen=True)
class Action:
    """Something that is done so that it does not come again."""

    id: ActionId
    incident: IncidentId
    text: str
    added_by: str
    added_at: datetime
    owner: str = ""
    due_on: date | None = None
    done_at: datetime | None = None
    done_by: str = ""
    task: TaskId | None = None
    """The task of the incident that it was taken over from."""
    issue: Issue | None = None
    export: Export | None = None

    @property
    def is_done(self) -> bool:
        """Is it done?"""
        return self.done_at is not None


@dataclass(frozen=True)
class ListedAction:
    """An action item as a list shows it."""

    action: Action
    title: str
    """Of the incident."""
    overdue_days: int
    """0: it is not overdue."""


# -- facts and the report ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One line of the time line; None: when it was is not known."""

    at: datetime | None
    text: str


@dataclass(frozen=True)
class Facts:
    """What the incident itself tells."""

    incident: IncidentId
    title: str
    severity: Severity
    services: tuple[str, ...]
    is_private: bool
    began_at: datetime
    resolved_at: datetime | None
    harm: tuple[datetime, datetime] | None
    """From when until when there was harm; None: that is not known yet."""
    users: int | None
    timeline: tuple[Line, ...]
    texts: Mapping[Part, str]
    """What is known for each section; a missing one is not known."""
    writer: str
    """Who had command, or saw to it; empty: nobody did."""
    merged_into: IncidentId | None = None
    duplicates: tuple[IncidentId, ...] = ()


@dataclass(frozen=True)
class Revenue:
    """What it cost: minutes of harm by what a minute of each service is worth."""

    amount: float
    currency: str
    unpriced: tuple[str, ...] = ()
    """Services whose rate is not set: what they cost is not in the amount."""


@dataclass(frozen=True)
class Written:
    """A section as the report shows it; empty: not known. `version` 0: nobody wrote it, these are the facts."""

    text: str
    version: int = 0
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Report:
    """The manual's template, filled."""

    incident: IncidentId
    title: str
    severity: Severity
    is_private: bool
    state: State
    owner: str
    authors: tuple[str, ...]
    due_at: datetime | None
    """None: none is asked for."""
    is_overdue: bool
    zone: str
    """Time zone in which times are shown."""
    timeline: tuple[Line, ...]
    duration_seconds: float | None
    """Of the harm; None: not known."""
    users: int | None
    services: tuple[str, ...]
    revenue: Revenue | None
    """None: not known."""
    sections: Mapping[Part, Written]
    actions: tuple[Action, ...]
    tasks_left: int
    """Tasks of the incident that are not done and were not taken over."""
    merged_into: IncidentId | None
    duplicates: tuple[IncidentId, ...]
    made_at: datetime


@dataclass(frozen=True)
class Due:
    """A post-mortem that is to be written."""

    incident: IncidentId
    title: str
    severity: Severity
    state: State
    owner: str
    due_at: datetime
    is_overdue: bool
