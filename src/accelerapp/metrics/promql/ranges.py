"""The functions over a window of samples: `rate`, `avg_over_time`, …

Each gets a Window and answers a value, or None when the window has too few samples. Formulas: Prometheus 2.42,
promql/functions.go, down to the compensated sums, so that the last digits agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Window:
    """The samples of one series in start..end (milliseconds); never empty, without marks of staleness."""

    times: Sequence[int]
    values: Sequence[float]
    start: int
    end: int


def rate(window: Window) -> float | None:
    """Increase per second of a counter, over resets, stretched to the ends of the window."""
    whole = increase(window)
    return None if whole is None else whole / ((window.end - window.start) / 1000)


def increase(window: Window) -> float | None:
    """Increase of a counter over the window."""
    if len(window.times) < 2:
        return None
    grown = counted(window.values)
    return grown * _stretch(window, grown, window.values[0])


def delta(window: Window) -> float | None:
    """Difference of a gauge over the window."""
    if len(window.times) < 2:
        return None
    return (window.values[-1] - window.values[0]) * _stretch(window, 0.0, 0.0)


def counted(values: Sequence[float]) -> float:
    """How much a counter grew from the first to the last value; what it had before a reset is added."""
    grown = values[-1] - values[0]
    before = values[0]
    for value in values:
        if value < before:
            grown += before
        before = value
    return grown


def _stretch(window: Window, grown: float, first: float) -> float:
    """The factor from the stretch between first and last sample to the whole window.

    A counter (`grown` > 0) is not stretched to before the time at which it was zero.
    """
    times = window.times
    sampled = (times[-1] - times[0]) / 1000
    to_start, to_end = (times[0] - window.start) / 1000, (window.end - times[-1]) / 1000
    between = sampled / (len(times) - 1)
    if grown > 0 and first >= 0:
        to_start = min(to_start, sampled * (first / grown))
    limit = between * 1.1
    whole = sampled + (to_start if to_start < limit else between / 2)
    whole += to_end if to_end < limit else between / 2
    return whole / sampled


def irate(window: Window) -> float | None:
    """Increase per second between the last two samples."""
    if len(window.times) < 2:
        return None
    before, last = window.values[-2], window.values[-1]
    return (last if last < before else last - before) / ((window.times[-1] - window.times[-2]) / 1000)


def idelta(window: Window) -> float | None:
    """Difference of the last two samples."""
    return None if len(window.times) < 2 else window.values[-1] - window.values[-2]


def deriv(window: Window) -> float | None:
    """Slope per second by least squares."""
    return None if len(window.times) < 2 else _regression(window, window.times[0])[0]


def predict(window: Window, now: int, seconds: float) -> float | None:
    """What the line by least squares reaches `seconds` after `now` (ms)."""
    if len(window.times) < 2:
        return None
    slope, intercept = _regression(window, now)
    return slope * seconds + intercept


def _regression(window: Window, origin: int) -> tuple[float, float]:
    """Slope per second, and the value at `origin` (ms)."""
    first = window.values[0]
    if all(value == first for value in window.values):
        return (math.nan, math.nan) if math.isinf(first) else (0.0, first)
    seconds = [(at - origin) / 1000 for at in window.times]
    count = float(len(seconds))
    sum_x, sum_y = _plain_sum(seconds), _plain_sum(window.values)
    sum_xy = _plain_sum([x * y for x, y in zip(seconds, window.values, strict=True)])
    sum_xx = _plain_sum([x * x for x in seconds])
    slope = divide(sum_xy - sum_x * sum_y / count, sum_xx - sum_x * sum_x / count)
    return slope, sum_y / count - slope * sum_x / count


def divide(left: float, right: float) -> float:
    """As IEEE 754 says: by zero it is infinite, 0/0 is not a number."""
    try:
        return left / right
    except ZeroDivisionError:
        if left == 0 or left != left:
            return math.nan
        return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _add(value: float, total: float, rest: float) -> tuple[float, float]:
    """One step of a sum with Neumaier's compensation: the sum, and what rounding has lost."""
    new = total + value
    if math.isinf(new):
        return new, 0.0
    lost = (total - new) + value if abs(total) >= abs(value) else (value - new) + total
    return new, rest + lost


def _plain_sum(values: Sequence[float]) -> float:
    total = rest = 0.0
    for value in values:
        total, rest = _add(value, total, rest)
    return total + rest


def total(window: Window) -> float:
    """`sum_over_time`."""
    return _plain_sum(window.values)


def mean(window: Window) -> float:
    """`avg_over_time`: by running means, so that no sum overflows."""
    average = rest = 0.0
    for count, value in enumerate(window.values, 1):
        if math.isinf(average) and not (value != value or value == -average):
            continue
        average, rest = _add(value / count - average / count, average, rest)
    return average if math.isinf(average) else average + rest


def highest(window: Window) -> float:
    """`max_over_time`: a measured NaN only when there is nothing else."""
    best = window.values[0]
    for value in window.values:
        if value > best or best != best:
            best = value
    return best


def lowest(window: Window) -> float:
    """`min_over_time`."""
    best = window.values[0]
    for value in window.values:
        if value < best or best != best:
            best = value
    return best


def variance(window: Window) -> float:
    """`stdvar_over_time`, of the whole population (Welford)."""
    average = average_rest = squares = squares_rest = 0.0
    for count, value in enumerate(window.values, 1):
        away = value - (average + average_rest)
        average, average_rest = _add(away / count, average, average_rest)
        squares, squares_rest = _add(away * (value - (average + average_rest)), squares, squares_rest)
    return (squares + squares_rest) / len(window.values)


def deviation(window: Window) -> float:
    """`stddev_over_time`."""
    return math.sqrt(variance(window))


def changes(window: Window) -> float:
    """How often the value changed."""
    return float(
        sum(before != after and not (before != before and after != after) for before, after in pairwise(window.values))
    )


def resets(window: Window) -> float:
    """How often a counter began again."""
    return float(sum(after < before for before, after in pairwise(window.values)))


def quantile(share: float, values: Sequence[float]) -> float:
    """The value below which `share` of the values lie, between two of them by interpolation; NaNs are lowest."""
    if not values or share != share:
        return math.nan
    if share < 0 or share > 1:
        return math.copysign(math.inf, share - 0.5)
    ordered = sorted(values, key=lambda value: (value == value, value))
    rank = share * (len(ordered) - 1)
    lower = max(0, math.floor(rank))
    weight = rank - math.floor(rank)
    return ordered[lower] * (1 - weight) + ordered[min(len(ordered) - 1, lower + 1)] * weight


FUNCTIONS: dict[str, Callable[[Window], float | None]] = {
    "rate": rate,
    "increase": increase,
    "delta": delta,
    "irate": irate,
    "idelta": idelta,
    "deriv": deriv,
    "sum_over_time": total,
    "avg_over_time": mean,
    "min_over_time": lowest,
    "max_over_time": highest,
    "stddev_over_time": deviation,
    "stdvar_over_time": variance,
    "count_over_time": lambda window: float(len(window.values)),
    "last_over_time": lambda window: window.values[-1],
    "present_over_time": lambda window: 1.0,
    "changes": changes,
    "resets": resets,
}
