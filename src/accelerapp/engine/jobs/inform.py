"""Keeps people informed while incidents last: reminds of updates that are due, and pages for those that are missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from accelerapp.app import App


@dataclass(frozen=True)
class RemindOfUpdates:
    """All open incidents. A look that finds nothing due writes nothing."""

    app: App
    name: ClassVar[str] = "remind_of_updates"
    period: ClassVar[timedelta] = timedelta(seconds=5)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """What was done for an update is not done again."""
        self.app.informing.turn()
