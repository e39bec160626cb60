"""When did a figure leave its usual range? Pure.

What is usual is the median of the time before, with the median absolute deviation as its width: neither minds a few odd
values (P. J. Rousseeuw and C. Croux, "Alternatives to the median absolute deviation", JASA 88, 1993).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

LEAST = 8
"""Fewer values before say nothing of what is usual."""
_WIDTHS = 6.0
_MAD = 1.4826
"""Times the median absolute deviation: the standard deviation, of normal values."""
_LASTS = 2
"""Values out of the range: a single one is no move."""
_BRIDGED = 4
"""An excursion goes on over fewer usual values than this."""


@dataclass(frozen=True)
class Figure:
    """What is looked at. `floor`: changes smaller than that are none; `share`: nor are those below this part."""

    name: str
    unit: str
    floor: float
    share: float = 0.25
    only_up: bool = False
    """A figure that falls is good news."""


@dataclass(frozen=True)
class Move:
    """It left its usual range at a moment, and stayed out of it for a while."""

    at: datetime
    usual: float
    value: float
    """The farthest within the values that follow."""


Points = Sequence[tuple[float, float]]
"""Seconds since 1970 and a value, by time."""


def latest(points: Points, figure: Figure, until: datetime) -> Move | None:
    """The beginning of the last excursion that lasts; None: there is none. What is usual is learned of the first half.

    Raises ValueError when there are too few values to say.
    """
    known = [(at, value) for at, value in points if math.isfinite(value) and at <= until.timestamp()]
    learned = [value for _, value in known[: max(LEAST, len(known) // 2)]]
    if len(known) <= LEAST:
        raise ValueError(f"only {len(known)} values")
    usual = statistics.median(learned)
    spread = _MAD * statistics.median(abs(value - usual) for value in learned)
    width = max(_WIDTHS * spread, figure.floor, figure.share * abs(usual))
    return _last_excursion(known, usual, width, figure)


def _last_excursion(known: Points, usual: float, width: float, figure: Figure) -> Move | None:
    runs: list[list[tuple[int, float, float]]] = []
    for index, (at, value) in enumerate(known):
        apart = value - usual if figure.only_up else abs(value - usual)
        if apart <= width:
            continue
        if runs and index - runs[-1][-1][0] <= _BRIDGED:
            runs[-1].append((index, at, value))
        else:
            runs.append([(index, at, value)])
    lasting = [run for run in runs if len(run) >= _LASTS]
    if not lasting:
        return None
    farthest = max((value for _, _, value in lasting[-1]), key=lambda value: abs(value - usual))
    return Move(datetime.fromtimestamp(lasting[-1][0][1], UTC), usual, farthest)


def told(figure: Figure, move: Move, service: str) -> str:
    """`shop: the share of failed requests left its usual range: 0.2 % before, up to 21 %.`"""
    ends = "up to" if move.value > move.usual else "down to"
    before, after = _shown(figure, move.usual), _shown(figure, move.value)
    return f"{service}: {figure.name} left its usual range: {before} before, {ends} {after}."


def _shown(figure: Figure, value: float) -> str:
    scaled = 100 * value if figure.unit == "%" else value
    return f"{scaled:.3g} {figure.unit}"
