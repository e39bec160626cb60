"""Keeps the status page true: components that follow services, and the files that stand without us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from accelerapp.app import App

_TURNS = 10


@dataclass(frozen=True)
class FollowServices:
    """Components whose state is the health of their service."""

    app: App
    name: ClassVar[str] = "follow_services"
    period: ClassVar[timedelta] = timedelta(seconds=30)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """All of them at once; without any nothing is written."""
        self.app.status_page.follow()


@dataclass(frozen=True)
class TellSubscribers:
    """Sends the letters that are due to subscribers."""

    app: App
    name: ClassVar[str] = "tell_subscribers"
    period: ClassVar[timedelta] = timedelta(seconds=5)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """A few turns; what is left waits for the next."""
        for _ in range(_TURNS):
            if self.app.status_subscribers.deliver() == 0:
                return


@dataclass(frozen=True)
class MeasureLatency:
    """Asks for the latency that the page shows, so that nobody who looks at it waits for the metrics."""

    app: App
    name: ClassVar[str] = "measure_latency"
    period: ClassVar[timedelta] = timedelta(minutes=1)
    in_each_process: ClassVar[bool] = True

    def run(self, now: datetime) -> None:
        """Asks once in five minutes, or again while something is not known."""
        self.app.status_latency.renew()


@dataclass(frozen=True)
class ExportStatus:
    """Writes the page to `status_page.export_to` whenever it has changed."""

    app: App
    name: ClassVar[str] = "export_status"
    period: ClassVar[timedelta] = timedelta(seconds=5)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """Fails, and so shows in the health, while the place cannot be written."""
        self.app.status_export.renew()
