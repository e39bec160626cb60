"""The nouns of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class JobState(StrEnum):
    """How a job is doing."""

    WAITING = "waiting"
    """It has not run yet."""
    FINE = "fine"
    FAILING = "failing"
    """Its last run raised."""
    HANGING = "hanging"
    """It has been running for far longer than its period."""


@dataclass(frozen=True)
class JobStatus:
    """What is known of one job."""

    name: str
    period_seconds: float
    last_start: datetime | None = None
    last_success: datetime | None = None
    running_since: datetime | None = None
    """None: it does not run now."""
    runs: int = 0
    failures: int = 0
    """In all."""
    failures_in_a_row: int = 0
    last_error: str = ""
    """Of the last run that failed; it stays after a success."""
    seconds: float | None = None
    """How long the last finished run took."""
    state: JobState = JobState.WAITING
