"""The stretch of log that is judged by a baseline, and the words in which that is told. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accelerapp.base import text
from accelerapp.logs import baseline as baselines
from accelerapp.logs.baseline import Baseline, History, Hour
from accelerapp.logs.model import Anomaly, Level, LogReview, Pattern

Ranked = tuple[tuple[float, ...], Anomaly]
"""An anomaly and its rank: the least comes first."""
SERIOUS = (Level.CRITICAL, Level.ERROR, Level.WARNING)
ORDER = {level: place for place, level in enumerate((*SERIOUS, Level.INFO, Level.NONE, Level.DEBUG))}


@dataclass(frozen=True)
class Window:
    """A stretch of log and the known hours before it."""

    since: datetime
    until: datetime
    known: tuple[Hour, ...]

    @property
    def first(self) -> Hour:
        """The hour in which it begins."""
        return baselines.hour_of(self.since)

    @property
    def whole_hours(self) -> range:
        """The hours that lie in it from their beginning to their end."""
        return range(baselines.hour_of(self.since - timedelta(microseconds=1)) + 1, baselines.hour_of(self.until))


NO_BASELINE = "No baseline was named for these logs, so they are compared with themselves."


def of(review: LogReview, baseline: Baseline | None) -> Window | None:
    """The stretch of a review; None when too few hours before it are known for a baseline."""
    if baseline is None or review.since is None or review.until is None:
        return None
    known = baseline.known(baselines.hour_of(review.since))
    return Window(review.since, review.until, known) if len(known) >= baselines.NEEDED else None


def notes(review: LogReview, baseline: Baseline | None) -> Iterator[str]:
    """What limits a judgement by the baseline; nothing for logs that have none."""
    if baseline is None or review.since is None:
        return
    hours = len(baseline.known(baselines.hour_of(review.since)))
    if hours < baselines.NEEDED:
        yield (
            f"No baseline yet: {text.count(hours, 'whole hour')} before this window learned, "
            f"{baselines.NEEDED} needed. The window is compared with itself."
        )
    elif baseline.dropped_at is not None:
        yield (
            f"The baseline keeps {baselines.MOST_PATTERNS:,} patterns and there were more: what is new cannot be told."
        )


def kind(level: Level) -> str:
    """What a record of this level is called."""
    return {Level.CRITICAL: "critical error", Level.ERROR: "error", Level.WARNING: "warning"}.get(level, "message")


def short(message: str) -> str:
    """A message within a sentence."""
    return text.printable(message, 160)


def identity(pattern: Pattern | History) -> dict[str, Any]:
    """The part of the evidence that says which pattern is meant."""
    example = text.printable(pattern.example, 500)
    return {"pattern_id": pattern.id, "pattern": pattern.message, "level": str(pattern.level), "example": example}
