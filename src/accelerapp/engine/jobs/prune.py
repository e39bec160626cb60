"""Forgets what has had its time: old samples, sessions that are over, alerts of long ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from accelerapp.app import App


@dataclass(frozen=True)
class Prune:
    """All services at once."""

    app: App
    name: ClassVar[str] = "prune"
    period: ClassVar[timedelta] = timedelta(hours=1)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """Delete what is too old."""
        self.app.prune_usage(now)
        self.app.access.remove_expired()
        self.app.alerting.prune()
        self.app.status_subscribers.prune()
        self.app.pager.prune(now - self.app.settings.alerts.retention)
