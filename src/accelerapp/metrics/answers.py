"""Answers of metrics in the shape of Prometheus' HTTP API, and what a terminal shows of them. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accelerapp.metrics.model import NAME, Matrix, Point, Vector

_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Data:
    """`result`: of a vector objects with `metric` and `value`, of a matrix with `metric` and `values`, of a scalar the
    pair itself. A pair is the time in seconds since 1970 and the number as text.
    """

    resultType: str
    result: Sequence[Any]


@dataclass(frozen=True)
class Answer:
    """What `/api/v1/query` and `/api/v1/query_range` of Prometheus answer."""

    status: str = "success"
    data: Data = field(default_factory=lambda: Data("vector", ()))


def of_vector(vector: Vector) -> Answer:
    """Of an expression at a time."""
    if vector.is_scalar:
        return Answer(data=Data("scalar", _pair(vector.elements[0].point)))
    elements = [{"metric": dict(each.labels), "value": _pair(each.point)} for each in vector.elements]
    return Answer(data=Data("vector", elements))


def of_matrix(matrix: Matrix) -> Answer:
    """Of an expression over a stretch."""
    lines = [{"metric": dict(each.labels), "values": [_pair(point) for point in each.points]} for each in matrix.lines]
    return Answer(data=Data("matrix", lines))


def _pair(point: Point) -> list[Any]:
    return [point.at_seconds, number(point.value)]


def number(value: float) -> str:
    """As Prometheus writes it: `1`, `0.05`, `NaN`, `+Inf`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value).removesuffix(".0")


def named(labels: Mapping[str, str]) -> str:
    """`hits_total{job="shop"}`."""
    pairs = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()) if name != NAME)
    return labels.get(NAME, "") + (f"{{{pairs}}}" if pairs or NAME not in labels else "")


def bars(points: Sequence[tuple[float, float]], start: float, end: float, width: int) -> str:
    """A line of bars from start to end: the highest value of each part, a space where there is none."""
    parts = [-math.inf] * width
    for at, value in points:
        if math.isfinite(value):
            index = min(width - 1, int((at - start) / max(end - start, 1e-9) * width))
            parts[index] = max(parts[index], value)
    known = [value for value in parts if value != -math.inf]
    low, high = min(known, default=0.0), max(known, default=0.0)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(" " if value == -math.inf else _BARS[round((value - low) * scale)] for value in parts)
