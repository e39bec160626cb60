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
