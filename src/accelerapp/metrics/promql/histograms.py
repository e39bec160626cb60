"""`histogram_quantile` over classic histograms: series with a label `le` that count what is at most that large."""

from __future__ import annotations

import math

from accelerapp.metrics.model import NAME, Labels
from accelerapp.metrics.promql import ranges, vectors
from accelerapp.metrics.promql.vectors import Samples

_Buckets = list[tuple[float, float]]
"""Upper bound and count, by bound."""


def quantile(share: float, samples: Samples) -> Samples:
    """The quantile of each histogram; a bucket whose `le` is no number is left out."""
    found: dict[object, tuple[Labels, _Buckets]] = {}
    for labels, count in samples:
        bound = _bound(labels.get("le", ""))
        if bound is not None:
            kept = vectors.without(labels, ("le", NAME))
            found.setdefault(vectors.identity(kept), (kept, []))[1].append((bound, count))
    return [(labels, _of_buckets(share, buckets)) for labels, buckets in found.values()]


def _bound(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _of_buckets(share: float, buckets: _Buckets) -> float:
    """By interpolation within the bucket; above the highest finite bound that bound is all that can be said."""
    if share != share:
        return math.nan
    if share < 0 or share > 1:
        return math.copysign(math.inf, share - 0.5)
    merged = _risen(_merged(sorted(buckets)))
    if not merged or merged[-1][0] != math.inf or len(merged) < 2 or merged[-1][1] == 0:
        return math.nan
    rank = share * merged[-1][1]
    index = _first_with(merged, rank)
    bound, count = merged[index]
    if index == len(merged) - 1:
        return merged[-2][0]
    if index == 0 and bound <= 0:
        return bound
    start = 0.0
    if index > 0:
        start = merged[index - 1][0]
        count -= merged[index - 1][1]
        rank -= merged[index - 1][1]
    return start + (bound - start) * ranges.divide(rank, count)


def _first_with(buckets: _Buckets, rank: float) -> int:
    """The first bucket that holds `rank`, by halving, so that NaNs fall as they do in Prometheus."""
    low, high = 0, len(buckets) - 1
    while low < high:
        middle = (low + high) // 2
        if buckets[middle][1] >= rank:
            high = middle
        else:
            low = middle + 1
    return low


def _merged(buckets: _Buckets) -> _Buckets:
    """Buckets of the same bound (`1` and `1.0`) as one."""
    merged: _Buckets = []
    for bound, count in buckets:
        if merged and merged[-1][0] == bound:
            merged[-1] = (bound, merged[-1][1] + count)
        else:
            merged.append((bound, count))
    return merged


def _risen(buckets: _Buckets) -> _Buckets:
    """Counts that never fall: scraped buckets may be of slightly different moments."""
    risen: _Buckets = []
    most = -math.inf
    for bound, count in buckets:
        most = count if not risen or count > most else most
        risen.append((bound, most if count < most else count))
    return risen
