"""Does with alerts what time makes due: decides who would be paged, opens incidents, ends silences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from accelerapp.app import App


@dataclass(frozen=True)
class FollowAlerts:
    """All alerts at once. A look that finds nothing due costs a few questions and writes nothing."""

    app: App
    name: ClassVar[str] = "follow_alerts"
    period: ClassVar[timedelta] = timedelta(seconds=1)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """Raises CannotTellError while the database cannot be reached."""
        self.app.alerting.miss_heartbeats()
        self.app.alerting.catch_up()
