"""Usage as plots: lines for the browser, a small table for everybody, a path for the overview. Pure.

Times are seconds since 1970 (UTC). A gap stays a gap: a missing value breaks the line.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from accelerapp.metrics import model as metrics
from accelerapp.platforms import interface as platforms

MOST_LINES = 8
SPARK_BUCKETS = 60
SPARK_WIDTH, SPARK_HEIGHT = 120, 24


@dataclass(frozen=True)
class Row:
    """One line of a plot in figures; None where no value is known."""

    name: str
    last: float | None
    minimum: float | None
    median: float | None
    maximum: float | None


@dataclass(frozen=True)
class Plot:
    """One metric of all replicas."""

    id: str
    title: str
    unit: str
    """As it stands in the head of the table: `cores`, `MiB`."""
    scale: float
    """A value is divided by this before it is shown."""
    rows: tuple[Row, ...]
    lines: tuple[metrics.Series, ...]
    left_out: int = 0
    """Lines beyond the first so many, which would only make a tangle."""


_SHOWN = ((metrics.Metric.CPU, "CPU", "cores", 1.0), (metrics.Metric.MEMORY, "Memory", "MiB", 1024.0**2))


def plots(series: Sequence[metrics.Series]) -> tuple[Plot, ...]:
    """A plot for CPU and one for memory; the replicas with the highest values when there are too many."""
    return tuple(
        _plot([each for each in series if each.metric is metric], title, unit, scale)
        for metric, title, unit, scale in _SHOWN
    )


def _plot(series: list[metrics.Series], title: str, unit: str, scale: float) -> Plot:
    chosen = sorted(series, key=lambda each: max(_known(each), default=0.0), reverse=True)[:MOST_LINES]
    chosen.sort(key=lambda each: each.replica)
    rows = tuple(row(each.replica, each.values) for each in chosen)
    return Plot(title.lower(), title, unit, scale, rows, tuple(chosen), len(series) - len(chosen))


def _known(series: metrics.Series) -> list[float]:
    return [value for value in series.values if value is not None]


def row(name: str, values: Sequence[float | None]) -> Row:
    """A line in figures; a missing value counts for nothing."""
    known = [value for value in values if value is not None]
    if not known:
        return Row(name, None, None, None, None)
    return Row(name, values[-1], min(known), statistics.median(known), max(known))


def document(
    shown: Sequence[Plot],
    now: datetime,
    minutes: int,
    limit: int | None,
    revisions: Iterable[platforms.Revision],
) -> dict[str, Any]:
    """What the browser draws: times as whole seconds from `since`, values in the plot's unit, a mark per revision."""
    # On whole ten seconds: what is drawn stays the same between two samples, and is sent only once.
    until = datetime.fromtimestamp(-(-now.timestamp() // 10) * 10, UTC)
    since = until - timedelta(minutes=minutes)
    marks = [
        {"t": round((each.at - since).total_seconds()), "label": each.version}
        for each in revisions
        if since <= each.at <= until
    ]
    return {
        "since": round(since.timestamp()),
        "span": minutes * 60,
        "marks": marks,
        "plots": [_drawn(plot, since.timestamp(), limit if plot.id == "memory" else None) for plot in shown],
    }


def _drawn(plot: Plot, since: float, limit: int | None) -> dict[str, Any]:
    return {
        "id": plot.id,
        "unit": plot.unit,
        "limit": limit / plot.scale if limit else None,
        "lines": [_line(each, since, plot.scale) for each in plot.lines],
    }


def _line(series: metrics.Series, since: float, scale: float) -> dict[str, Any]:
    return {
        "name": series.replica,
        "t": [round(at - since) for at in series.times],
        "v": [None if value is None else float(f"{value / scale:.4g}") for value in series.values],
    }


def spark(series: Iterable[metrics.Series], now: datetime, minutes: int = 60) -> str:
    """The path of a small line, `M0 20L2 18…`: CPU of all replicas per bucket, from zero up; "" without values."""
    totals = _totals([each for each in series if each.metric is metrics.Metric.CPU], now, minutes)
    peak = max((value for value in totals if value is not None), default=None)
    if peak is None:
        return ""
    path, pen_down = [], False
    for index, value in enumerate(totals):
        if value is not None:
            x = index * SPARK_WIDTH / (SPARK_BUCKETS - 1)
            y = SPARK_HEIGHT - 1 - (value / peak if peak else 0.0) * (SPARK_HEIGHT - 3)
            path.append(f"{'L' if pen_down else 'M'}{x:.0f} {y:.1f}")
        pen_down = value is not None
    return "".join(path)


def _totals(series: Sequence[metrics.Series], now: datetime, minutes: int) -> list[float | None]:
    """The sum over replicas of each one's mean, per bucket of the time before `now`; None where nobody was measured."""
    width = minutes * 60 / SPARK_BUCKETS
    since = now.timestamp() - minutes * 60
    totals: list[float | None] = [None] * SPARK_BUCKETS
    for each in series:
        buckets: dict[int, list[float]] = {}
        for at, value in zip(each.times, each.values, strict=True):
            if value is not None and since <= at:
                buckets.setdefault(min(int((at - since) / width), SPARK_BUCKETS - 1), []).append(value)
        for index, values in buckets.items():
            totals[index] = (totals[index] or 0.0) + statistics.fmean(values)
    return totals
