"""Scrapes a service and keeps what its platform and a probe say; and the machines, as a job of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from accelerapp.base import errors
from accelerapp.base.ids import ServiceName

if TYPE_CHECKING:
    from accelerapp.app import App


@dataclass(frozen=True)
class CollectMetrics:
    """One service. What cannot be had is kept as such, and then said."""

    app: App
    service: ServiceName
    in_each_process: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """`collect_metrics shop`."""
        return f"collect_metrics {self.service}"

    @property
    def period(self) -> timedelta:
        """As the settings say."""
        return self.app.settings.metrics.period

    def run(self, now: datetime) -> None:
        """Collect. Raises CannotTellError, after the rest is written, that names what is missing."""
        _say(self.app.metrics.collect(self.service, now))


@dataclass(frozen=True)
class CollectNodes:
    """The machines and their disks."""

    app: App
    name: ClassVar[str] = "collect_nodes"
    in_each_process: ClassVar[bool] = False

    @property
    def period(self) -> timedelta:
        """As the settings say."""
        return self.app.settings.metrics.period

    def run(self, now: datetime) -> None:
        """Collect. Raises CannotTellError when nobody can tell."""
        _say(self.app.metrics.collect_nodes(now))


def _say(said: list[str]) -> None:
    if said:
        raise errors.CannotTellError(" ".join(said)[:2000])
