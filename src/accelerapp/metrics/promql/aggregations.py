"""`sum`, `topk`, … over the elements of a vector, by groups."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from accelerapp.base import errors
from accelerapp.metrics.model import NAME, Labels
from accelerapp.metrics.promql import ranges, vectors
from accelerapp.metrics.promql.vectors import Sample, Samples


def aggregate(
    op: str, samples: Samples, param: float | str | None, labels: tuple[str, ...], is_without: bool
) -> Samples:
    """One element for each group; `topk` and `bottomk` keep elements as they are. Raises WrongUseError."""
    groups = _groups(samples, labels, is_without)
    if op in ("topk", "bottomk"):
        return [each for _, group in groups for each in _kept(op, group, _number(op, param))]
    if op == "count_values":
        return _count_values(groups, str(param))
    if op == "quantile":
        share = _number(op, param)
        return [(kept, ranges.quantile(share, [value for _, value in group])) for kept, group in groups]
    if op not in _SIMPLE:
        raise errors.WrongUseError(f"The aggregation '{op}' is not supported by the embedded evaluator.")
    function = _SIMPLE[op]
    return [(kept, function([value for _, value in group])) for kept, group in groups]


def _groups(samples: Samples, labels: tuple[str, ...], is_without: bool) -> list[tuple[Labels, Samples]]:
    """The labels that each group keeps, and its elements, in the order of their first."""
    if is_without:
        gone = (*labels, NAME)
        keyed: dict[object, tuple[Labels, Samples]] = {}
        for each in samples:
            kept = vectors.without(each[0], gone)
            keyed.setdefault(vectors.identity(kept), (kept, []))[1].append(each)
        return list(keyed.values())
    by_values: dict[tuple[str, ...], Samples] = {}
    for each in samples:
        get = each[0].get
        by_values.setdefault(tuple([get(name, "") for name in labels]), []).append(each)
    return [
        ({name: value for name, value in zip(labels, key, strict=True) if value}, group)
        for key, group in by_values.items()
    ]


def _number(op: str, param: float | str | None) -> float:
    if not isinstance(param, float):
        raise errors.WrongUseError(f"The aggregation '{op}' needs a number before the vector.")
    return param


def _kept(op: str, group: Samples, count: float) -> Samples:
    """The highest or lowest, NaNs last."""
    if count != count or math.isinf(count):
        raise errors.WrongUseError(f"'{op}' cannot keep {count} elements.")
    sign = -1.0 if op == "topk" else 1.0
    ordered = sorted(group, key=lambda each: (each[1] != each[1], sign * each[1]))
    return ordered[: max(0, int(count))]


def _count_values(groups: list[tuple[Labels, Samples]], label: str) -> Samples:
    """How often each value is there; the value becomes a label."""
    counted: dict[object, tuple[Labels, float]] = {}
    for kept, group in groups:
        for _, value in group:
            labels = {**kept, label: written(value)}
            key = vectors.identity(labels)
            counted[key] = (labels, counted.get(key, (labels, 0.0))[1] + 1)
    return list(counted.values())


def written(value: float) -> str:
    """A number as Prometheus writes it into labels: without an exponent."""
    if value != value:
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = f"{int(value)}" if value == int(value) and abs(value) < 1e15 else repr(value)
    return ("-0" if math.copysign(1, value) < 0 and value == 0 else text) if "e" not in text else f"{value:f}"


def _mean(values: Sequence[float]) -> float:
    average = 0.0
    for count, value in enumerate(values, 1):
        if math.isinf(average) and not (value != value or value == -average):
            continue
        average += value / count - average / count
    return average


def _sum(values: Sequence[float]) -> float:
    # Not sum(): it compensates from Python 3.12 on, and Prometheus' `sum` does not.
    total = 0.0
    for value in values:
        total += value
    return total


def _variance(values: Sequence[float]) -> float:
    average, squares = values[0], 0.0 * values[0]  # what is not finite makes the whole not a number
    for count, value in enumerate(values[1:], 2):
        away = value - average
        average += away / count
        squares += away * (value - average)
    return squares / len(values)


def _best(values: Sequence[float], is_better: Callable[[float, float], bool]) -> float:
    best = values[0]
    for value in values:
        if is_better(value, best) or best != best:
            best = value
    return best


_SIMPLE: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": _sum,
    "avg": _mean,
    "count": lambda values: float(len(values)),
    "min": lambda values: _best(values, lambda value, best: value < best),
    "max": lambda values: _best(values, lambda value, best: value > best),
    "stdvar": _variance,
    "stddev": lambda values: math.sqrt(_variance(values)),
    "group": lambda values: 1.0,
}

__all__ = ["Sample", "aggregate", "written"]
