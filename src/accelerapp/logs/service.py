"""From records to a review. Pure: records and the time go in.

A summary holds the counts of a stretch of log and merges with others; the review is made of the merged one. Memory is
bounded: from `PATTERNS_AT_MOST` distinct patterns on, new ones are counted together, and all counts stay exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accelerapp.logs import anomalies, templates
from accelerapp.logs.model import Level, LogReview, Minute, Pattern, Record, Unread

PATTERNS_AT_MOST = 10_000
OTHER = "(other messages)"
_EXAMPLE_LIMIT = 4096
_MINUTES_AT_MOST = 60 * 24 * 60
ERRORS = (Level.ERROR, Level.CRITICAL)


@dataclass
class Group:
    """Records of one pattern."""

    count: int = 0
    example: str = ""
    first_at: datetime | None = None
    last_at: datetime | None = None
    sources: Counter[str] = field(default_factory=Counter)
    minutes: Counter[datetime] = field(default_factory=Counter)
    """Kept for error patterns only: for the anomalies."""


@dataclass
class Summary:
    """The counts of a stretch of log."""

    records: int = 0
    levels: Counter[Level] = field(default_factory=Counter)
    groups: dict[tuple[Level, str], Group] = field(default_factory=dict)
    minutes: dict[datetime, list[int]] = field(default_factory=dict)
    """Total, errors and warnings by minute."""
    sources: Counter[str] = field(default_factory=Counter)
    last_of_source: dict[str, list[datetime]] = field(default_factory=dict)
    """First and last time of each source."""
    untimed: int = 0
    unread: list[Unread] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Count one record."""
        self.records += 1
        self.levels[record.level] += 1
        self.sources[record.source] += 1
        group = self._group(record.level, templates.skeleton(record.message))
        group.count += 1
        group.sources[record.source] += 1
        if not group.example:
            group.example = _example(record)
        if record.at is None:
            self.untimed += 1
        else:
            self._add_time(record, group, record.at)

    def _group(self, level: Level, text: str) -> Group:
        key = (level, text)
        if key not in self.groups and len(self.groups) >= PATTERNS_AT_MOST:
            key = (level, OTHER)
        return self.groups.setdefault(key, Group())

    def _add_time(self, record: Record, group: Group, at: datetime) -> None:
        group.first_at = min(group.first_at or at, at)
        group.last_at = max(group.last_at or at, at)
        span = self.last_of_source.setdefault(record.source, [at, at])
        span[0], span[1] = min(span[0], at), max(span[1], at)
        minute = at.replace(second=0, microsecond=0)
        if minute not in self.minutes and len(self.minutes) >= _MINUTES_AT_MOST:
            return  # a plot of two months by minute is full; the counts by level and pattern go on
        counts = self.minutes.setdefault(minute, [0, 0, 0])
        counts[0] += 1
        if record.level in ERRORS:
            counts[1] += 1
            group.minutes[minute] += 1
        elif record.level is Level.WARNING:
            counts[2] += 1


def _example(record: Record) -> str:
    whole = f"{record.message}\n{record.trace}" if record.trace else record.message
    return whole if len(whole) <= _EXAMPLE_LIMIT else whole[: _EXAMPLE_LIMIT - 1] + "…"


def summarise(records: Iterable[Record], since: datetime | None, until: datetime | None, summary: Summary) -> None:
    """Count the records of the window into a summary. A record without any time is inside."""
    for record in records:
        if record.at is None or ((since is None or record.at >= since) and (until is None or record.at <= until)):
            summary.add(record)


def review(summary: Summary, since: datetime | None, until: datetime | None, ended: Collection[str] = ()) -> LogReview:
    """The review of a summary. `ended` are sources that need not log any more."""
    patterns = sorted(
        (_pattern(level, text, group) for (level, text), group in summary.groups.items()),
        key=lambda pattern: (-pattern.count, pattern.message),
    )
    minutes = tuple(Minute(at, *counts) for at, counts in sorted(summary.minutes.items()))
    return LogReview(
        since=since,
        until=until,
        record_count=summary.records,
        counts={level: summary.levels[level] for level in Level},
        patterns=tuple(patterns),
        top_errors=tuple(pattern for pattern in patterns if pattern.level in ERRORS),
        anomalies=anomalies.find(
            minutes, _error_minutes(summary), summary.last_of_source, summary.sources, until, ended
        ),
        unread=tuple(summary.unread),
        minutes=minutes,
        sources=dict(summary.sources),
        untimed_count=summary.untimed,
        notes=tuple(summary.notes),
    )


def _pattern(level: Level, text: str, group: Group) -> Pattern:
    return Pattern(
        id=templates.pattern_id(level, text),
        message=text,
        level=level,
        count=group.count,
        example=group.example,
        first_at=group.first_at,
        last_at=group.last_at,
        sources=dict(group.sources),
    )


def _error_minutes(summary: Summary) -> dict[str, Counter[datetime]]:
    found: dict[str, Counter[datetime]] = {}
    for (level, text), group in summary.groups.items():
        if level in ERRORS and group.minutes:
            found.setdefault(text, Counter()).update(group.minutes)
    return found


def errors_within(review: LogReview, length: timedelta) -> tuple[int, int]:
    """Records and errors of the last `length` of a review, by whole minutes."""
    until = review.until
    minutes: Sequence[Minute] = [
        minute for minute in review.minutes if until is None or minute.at > until - length - timedelta(minutes=1)
    ]
    return sum(minute.total for minute in minutes), sum(minute.errors for minute in minutes)
