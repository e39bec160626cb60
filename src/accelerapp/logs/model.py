"""The nouns of log analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

OTHER = "(other messages)"
"""The message of the pattern that counts what is beyond the kernel's tables."""


class Level(StrEnum):
    """Severity of a record. NONE: the record names no level, which is not the same as info."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    DEBUG = "debug"
    NONE = "none"


@dataclass(frozen=True)
class Pattern:
    """Records whose messages differ only in what varies."""

    id: str
    """Stable: the same message gets the same id tomorrow."""
    message: str
    """The message with `<*>` where it varies."""
    level: Level
    count: int
    example: str
    first_at: datetime | None = None
    last_at: datetime | None = None
    sources: Mapping[str, int] = field(default_factory=dict)
    """Count per source."""


@dataclass(frozen=True)
class Anomaly:
    """Something that a person should look at."""

    kind: str
    """`new_pattern`, `rate_jump`, `error_share`, `silence`, …"""
    description: str
    """A sentence to act on."""
    evidence: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Unread:
    """A source, or part of one, that could not be read: it is counted and named, never silently skipped."""

    source: str
    reason: str
    bytes: int = 0


@dataclass(frozen=True)
class Minute:
    """Counts of one minute."""

    at: datetime
    total: int
    errors: int
    """Error and critical records."""
    warnings: int


@dataclass(frozen=True)
class LogReview:
    """The analysis of a stretch of log. The counts over levels, and over patterns, add up to `record_count`."""

    since: datetime | None
    until: datetime | None
    record_count: int
    counts: Mapping[Level, int]
    patterns: tuple[Pattern, ...]
    """All, most frequent first."""
    top_errors: tuple[Pattern, ...]
    """Error and critical patterns, most frequent first."""
    anomalies: tuple[Anomaly, ...]
    unread: tuple[Unread, ...]
    minutes: tuple[Minute, ...]
    sources: Mapping[str, int]
    """Records per source."""
    untimed_count: int = 0
    """Records without a time of their own or of a neighbour: they are counted, whatever the window."""
    notes: tuple[str, ...] = ()
    """What the reader must know to trust the figures: `no baseline yet`, `no zone in the time stamps: read as UTC`."""
