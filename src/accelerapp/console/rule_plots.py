"""A rule's figure as a plot: what the browser draws, and the same as a table. Pure."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from accelerapp.console import plots
from accelerapp.flows.rules import RulePlot
from accelerapp.metrics.model import Line

_GAP_STEPS = 2.5
_UNITS = {"share": ("%", 0.01), "bytes": ("MiB", 1024.0**2), "seconds": ("s", 1.0)}


def unit(of: str, threshold: float | None) -> tuple[str, float]:
    """The word at the axis, and what a value is divided by."""
    if of == "seconds" and threshold is not None and threshold < 10:
        return "ms", 0.001
    return _UNITS.get(of, (of, 1.0))


def rows(plot: RulePlot) -> list[plots.Row]:
    """Each line in figures, those with the highest values first, in the plot's unit."""
    scale = unit(plot.unit, plot.threshold)[1]
    return [plots.row(name(line), [point.value / scale for point in _finite(line)]) for line in shown(plot)]


def shown(plot: RulePlot) -> list[Line]:
    """No more lines than the eye can tell apart."""
    ordered = sorted(plot.figure.lines, key=lambda line: -max((each.value for each in _finite(line)), default=0.0))
    return ordered[: plots.MOST_LINES]


def _finite(line: Line) -> list[Any]:
    return [point for point in line.points if math.isfinite(point.value)]


def name(line: Line) -> str:
    """Its labels; the rule's own figure when there are none."""
    return " ".join(line.labels[key] for key in sorted(line.labels) if key != "__name__") or "all"


def document(plot: RulePlot) -> dict[str, Any]:
    """What the browser draws: times as whole seconds from `since`, gaps as missing values, the threshold as limit."""
    word, scale = unit(plot.unit, plot.threshold)
    since = plot.since.timestamp()
    return {
        "since": round(since),
        "span": round((plot.until - plot.since).total_seconds()),
        "marks": [],
        "plots": [
            {
                "id": "figure",
                "unit": word,
                "limit": None if plot.threshold is None else float(f"{plot.threshold / scale:.6g}"),
                "lines": [line(each, since, scale) for each in shown(plot)],
            }
        ],
    }


def line(line: Line, since: float, scale: float) -> dict[str, Any]:
    """What the browser draws of one line."""
    times, values = [], []
    points = line.points
    step = min((b.at_seconds - a.at_seconds for a, b in pairwise(points)), default=0.0)
    before = None
    for point in points:
        if before is not None and point.at_seconds - before > _GAP_STEPS * step:
            times.append(round((before + point.at_seconds) / 2 - since))
            values.append(None)
        times.append(round(point.at_seconds - since))
        values.append(float(f"{point.value / scale:.4g}") if math.isfinite(point.value) else None)
        before = point.at_seconds
    return {"name": name(line), "t": times, "v": values}
