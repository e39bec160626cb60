"""Keeps people informed while incidents last: reminds of updates, pages for missed ones, and talks to Slack."""

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


@dataclass(frozen=True)
class FollowChats:
    """The channels of incidents in Slack. What does not work there is told with the incident, and tried again."""

    app: App
    name: ClassVar[str] = "follow_chats"
    period: ClassVar[timedelta] = timedelta(seconds=3)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """All that is to be done."""
        if self.app.chatting is not None:
            self.app.chatting.turn()
