"""Brings to the time lines of open incidents what happened to their services and was not told there yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from accelerapp.app import App


@dataclass(frozen=True)
class FollowActs:
    """Deployments past the product, and acts that this process could not write down. Nothing is asked while no
    incident is open. Each process has acts of its own, so it runs in each."""

    app: App
    name: ClassVar[str] = "follow_acts"
    period: ClassVar[timedelta] = timedelta(seconds=10)
    in_each_process: ClassVar[bool] = True

    def run(self, now: datetime) -> None:
        """One look."""
        self.app.acts.follow()


@dataclass(frozen=True)
class FollowCalls:
    """What became of each call to a person."""

    app: App
    name: ClassVar[str] = "follow_calls"
    period: ClassVar[timedelta] = timedelta(seconds=5)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """One look."""
        self.app.story.tell_calls()


@dataclass(frozen=True)
class FollowStorms:
    """Which alerts came and went, a minute at a time."""

    app: App
    name: ClassVar[str] = "follow_storms"
    period: ClassVar[timedelta] = timedelta(seconds=30)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """One look."""
        self.app.story.tell_alerts()
