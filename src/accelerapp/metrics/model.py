"""The nouns of measured values."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accelerapp.base.ids import ReplicaName, ServiceName

NAME = "__name__"
"""The label that holds the name of a metric."""
Labels = Mapping[str, str]
"""What tells one series from another, the metric's name included. An empty value is the same as no label."""

_STALE_BITS = 0x7FF8000000000002  # a quiet NaN with a payload: it keeps its bits on every machine
STALE: float = struct.unpack("<d", _STALE_BITS.to_bytes(8, "little"))[0]
"""Stands where a series had no sample in a scrape: the series has ended there. Any other NaN is a measured NaN."""


def is_stale(value: float) -> bool:
    """Is it the mark of an ended series? False for a measured NaN."""
    return value != value and struct.pack("<d", value) == struct.pack("<d", STALE)


class Metric(StrEnum):
    """What is sampled of each replica."""

    CPU = "cpu_cores"
    MEMORY = "memory_bytes"


@dataclass(frozen=True)
class Sample:
    """One measured value of one replica."""

    service: ServiceName
    replica: ReplicaName
    metric: Metric
    at: datetime
    value: float


@dataclass(frozen=True)
class Series:
    """Values over time. `times` are seconds since 1970 (UTC), rising; a missing value is a gap, never a zero."""

    service: ServiceName
    replica: ReplicaName
    metric: Metric
    unit: str
    times: tuple[float, ...]
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Point:
    """A value at a time, in seconds since 1970 (UTC)."""

    at_seconds: float
    value: float


@dataclass(frozen=True)
class Element:
    """One value of a vector."""

    labels: Labels
    point: Point


@dataclass(frozen=True)
class Vector:
    """The answer to an expression at one time. No elements: no data, which is neither good nor bad."""

    elements: tuple[Element, ...] = ()
    is_scalar: bool = False
    """The expression is a number: the one element has no labels."""


@dataclass(frozen=True)
class Line:
    """One series of a matrix: its points by time. Where there was no data there is no point."""

    labels: Labels
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Matrix:
    """The answer to an expression over a stretch of time."""

    lines: tuple[Line, ...] = ()
