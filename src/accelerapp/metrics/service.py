"""From samples to lines that can be drawn: no more points than wanted, and gaps that stay gaps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from accelerapp.base.ids import ServiceName
from accelerapp.metrics.model import Metric, Sample, Series
from accelerapp.platforms.interface import ReplicaUsage

PERIOD = timedelta(seconds=10)
"""How often usage is sampled."""
_GAP_PERIODS = 3
_UNITS = {Metric.CPU: "cores", Metric.MEMORY: "bytes"}


def samples_of(service: ServiceName, usages: Sequence[ReplicaUsage]) -> list[Sample]:
    """What a platform measured, as samples at the time of the measurement."""
    return [
        Sample(service, usage.replica, metric, usage.at, float(value))
        for usage in usages
        for metric, value in ((Metric.CPU, usage.cpu_cores), (Metric.MEMORY, usage.memory_bytes))
    ]


def series(
    samples: Sequence[Sample], since: datetime, until: datetime, limit: int = 1000, period: timedelta = PERIOD
) -> list[Series]:
    """One line per replica, by name, of at most `limit` points (4 or more); all samples are of one service and metric.

    Where no sample came for longer than three periods a missing value stands between. When there are too many samples
    the stretch is cut into about `limit / 2` parts of equal length: CPU is averaged in each, of memory the highest
    counts (it decides about the limit); a gap shorter than a part cannot be seen then.
    """
    width = max(1.0, (until - since).total_seconds()) / max(1, limit // 2 - 1)
    ordered = sorted(samples, key=lambda each: (each.replica, each.at))
    return [_line(list(group), since, width, limit, period) for _, group in groupby(ordered, lambda each: each.replica)]


def _line(samples: Sequence[Sample], since: datetime, width: float, limit: int, period: timedelta) -> Series:
    points = [(each.at.timestamp(), each.value) for each in samples]
    gap = _GAP_PERIODS * period.total_seconds()
    first = samples[0]
    if len(points) > limit // 2:
        gap = max(gap, width)
        runs = [_thin(run, since.timestamp(), width, first.metric) for run in _runs(points, gap)]
    else:
        runs = _runs(points, gap)
    joined = _join(runs)
    return Series(
        service=first.service,
        replica=first.replica,
        metric=first.metric,
        unit=_UNITS[first.metric],
        times=tuple(at for at, _ in joined),
        values=tuple(value for _, value in joined),
    )


def _runs(points: Sequence[tuple[float, float]], gap: float) -> list[list[tuple[float, float]]]:
    """The points, cut where more than `gap` seconds lie between two."""
    runs = [[points[0]]]
    for before, point in pairwise(points):
        if point[0] - before[0] > gap:
            runs.append([])
        runs[-1].append(point)
    return runs


def _thin(run: Sequence[tuple[float, float]], start: float, width: float, metric: Metric) -> list[tuple[float, float]]:
    """One point per part of `width` seconds, at the part's first sample, so that times keep rising."""
    thinned = []
    for _, group in groupby(run, lambda point: (point[0] - start) // width):
        part = list(group)
        values = [value for _, value in part]
        thinned.append((part[0][0], max(values) if metric is Metric.MEMORY else sum(values) / len(values)))
    return thinned


def _join(runs: Sequence[Sequence[tuple[float, float]]]) -> list[tuple[float, float | None]]:
    """The runs one after the other, a missing value half-way between two of them."""
    joined: list[tuple[float, float | None]] = []
    for run in runs:
        if joined:
            joined.append(((joined[-1][0] + run[0][0]) / 2, None))
        joined.extend(run)
    return joined
