"""Packs samples of hours that are over, thins old ones and forgets those that have had their time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from accelerapp.app import App


@dataclass(frozen=True)
class KeepMetrics:
    """All targets, each hour in a unit of work of its own: one that dies half-way has lost nothing."""

    app: App
    name: ClassVar[str] = "keep_metrics"
    period: ClassVar[timedelta] = timedelta(minutes=5)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """Do what is due."""
        self.app.metrics.tidy(now)
