"""Series made up to try a rule: calm, then bad, then calm again, a sample a minute. Pure.

They are written into promtool's unit tests as they stand, and evaluated here to know what is to be expected.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

STEP = timedelta(minutes=1)


@dataclass(frozen=True)
class Stretch:
    """`count` values from `start` on, each `step` more than the one before."""

    start: float
    step: float
    count: int

    def values(self) -> list[float]:
        """All of them."""
        return [self.start + self.step * number for number in range(self.count)]

    def __str__(self) -> str:
        """As promtool writes it: `0+60x9` are ten values."""
        return f"{self.start:.15g}{self.step:+.15g}x{self.count - 1}"


@dataclass(frozen=True)
class TestSeries:
    """A series from minute 0 on."""

    __test__ = False

    name: str
    labels: Mapping[str, str]
    stretches: tuple[Stretch, ...]

    def values(self) -> list[float]:
        """A value for each minute."""
        return [value for stretch in self.stretches for value in stretch.values()]


@dataclass(frozen=True)
class Story:
    """A test of one rule."""

    name: str
    series: tuple[TestSeries, ...]
    minutes: int


@dataclass(frozen=True)
class Timeline:
    """So many minutes calm, bad, and calm again."""

    calm: int
    bad: int
    after: int

    @property
    def minutes(self) -> int:
        """All of it."""
        return self.calm + self.bad + self.after

    def gauge(self, calm: float, bad: float) -> tuple[Stretch, ...]:
        """A value while it is calm, another while it is bad."""
        return (Stretch(calm, 0, self.calm), Stretch(bad, 0, self.bad), Stretch(calm, 0, self.after))

    def counter(self, calm: float, bad: float, start: float = 0) -> tuple[Stretch, ...]:
        """What it grows by in a minute while it is calm and while it is bad."""
        turn = start + calm * self.calm
        back = turn + bad * self.bad
        return (
            Stretch(start, calm, self.calm),
            Stretch(turn, bad, self.bad),
            Stretch(back, calm, self.after),
        )


def timeline(*lengths: timedelta, calm: int = 10) -> Timeline:
    """Long enough that what takes these times together, one after the other, has happened."""
    whole = math.ceil(sum(lengths, timedelta(0)) / STEP)
    return Timeline(calm, whole + 5, whole + 5)
