"""How quickly a service answered over the last day, as everybody may see it. Pure.

A day is cut into steps of five minutes; a step of which nothing is known stays a gap.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from accelerapp.base.ids import ServiceName

STEP, STEPS = timedelta(minutes=5), 288
FRESH = timedelta(minutes=15)
"""What ends longer ago than this says nothing of now."""


@dataclass(frozen=True)
class Figures:
    """The smallest, the median and the largest of what is known, in seconds."""

    minimum: float
    median: float
    maximum: float


@dataclass(frozen=True)
class Latency:
    """The 95th percentile of one service."""

    service: ServiceName
    until: datetime
    """When the last step ends."""
    values: tuple[float | None, ...] = (None,) * STEPS
    """Seconds, a step each, the oldest first; None: not known."""

    @property
    def since(self) -> datetime:
        """When the first step begins."""
        return self.until - len(self.values) * STEP

    @property
    def figures(self) -> Figures | None:
        """None: nothing is known."""
        known = [each for each in self.values if each is not None]
        return Figures(min(known), statistics.median(known), max(known)) if known else None

    @property
    def unknown(self) -> timedelta:
        """So much of the time nothing is known of."""
        return self.values.count(None) * STEP

    def is_fresh(self, now: datetime) -> bool:
        """Does it still say something of now?"""
        return now - self.until <= FRESH


def last_step(now: datetime) -> datetime:
    """When the last whole step ended: between two of these nothing is asked anew, and pages stay the same."""
    length = STEP.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // length * length, UTC)


def of_points(service: ServiceName, points: Iterable[tuple[float, float]], until: datetime) -> Latency:
    """From moments (seconds since 1970) at which steps end, and seconds. What is no number is not known."""
    values: list[float | None] = [None] * STEPS
    for at, value in points:
        place = STEPS - 1 - round((until.timestamp() - at) / STEP.total_seconds())
        if 0 <= place < STEPS and math.isfinite(value) and value >= 0:
            values[place] = value
    return Latency(service, until, tuple(values))
