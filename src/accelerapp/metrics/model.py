"""The nouns of measured values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accelerapp.base.ids import ReplicaName, ServiceName


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
