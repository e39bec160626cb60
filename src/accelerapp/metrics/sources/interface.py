"""What every source of metrics answers: PromQL at a time, or over a stretch of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from accelerapp.metrics.model import Matrix, Vector


class MetricSource(Protocol):
    """Series that can be asked. No data is an empty answer; a source that cannot tell raises CannotTellError."""

    @property
    def name(self) -> str:
        """What it is, for people."""
        ...

    def instant(self, expr: str, at: datetime) -> Vector:
        """The expression at a time. Raises WrongUseError for an expression that is wrong; CannotTellError."""
        ...

    def range(self, expr: str, start: datetime, end: datetime, step: timedelta) -> Matrix:
        """The expression at start, start + step, … up to end. Raises as `instant`."""
        ...
