"""The patterns of a review as a list: the most frequent first, each with its share. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accelerapp.logs.model import Level, LogReview, Pattern, Unread

_WORST_FIRST = (Level.CRITICAL, Level.ERROR, Level.WARNING, Level.INFO, Level.DEBUG)


@dataclass(frozen=True)
class RankedPattern(Pattern):
    """A pattern and its share of all records."""

    share: float = 0.0
    """0 to 1."""


@dataclass(frozen=True)
class PatternList:
    """The patterns of a stretch of log."""

    since: datetime | None
    until: datetime | None
    record_count: int
    """All records, those of other levels too."""
    patterns: tuple[RankedPattern, ...]
    """Most frequent first."""
    unread: tuple[Unread, ...]
    notes: tuple[str, ...] = ()


def ranked(review: LogReview, level: Level | None = None) -> PatternList:
    """All patterns, or those of a level and worse ones."""
    wanted = set(Level) if level is None else set(_WORST_FIRST[: _WORST_FIRST.index(level) + 1])
    return PatternList(
        since=review.since,
        until=review.until,
        record_count=review.record_count,
        patterns=tuple(
            RankedPattern(**vars(one), share=one.count / review.record_count)
            for one in sorted(review.patterns, key=lambda one: (-one.count, one.message))
            if one.level in wanted
        ),
        unread=review.unread,
        notes=review.notes,
    )
