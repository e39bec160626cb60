"""Starts the local supervisor again when it died: the watcher of the watcher."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from accelerapp.app import App


@dataclass(frozen=True)
class Supervise:
    """Does nothing when no service runs on the local platform."""

    app: App
    name: ClassVar[str] = "supervise"
    period: ClassVar[timedelta] = timedelta(seconds=5)
    in_each_process: ClassVar[bool] = True

    def run(self, now: datetime) -> None:
        """Start the supervisor unless it runs; it adopts the replicas that are there."""
        if not any(service.platform == "local" for service in self.app.services):
            return
        if not self.app.local_platform.is_running():
            self.app.local_platform.start()
