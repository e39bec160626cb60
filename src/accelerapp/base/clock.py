"""The only place that asks what time it is. Everything else takes `now` (aware, UTC) as an argument."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        time.sleep(seconds)


class MovingClock:
    """A clock that moves only when told to; sleeping moves it. For stories in tests."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware time")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The time that the story has reached."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move on so many seconds."""
        self.move(timedelta(seconds=seconds))

    def move(self, by: timedelta) -> None:
        """Move on by so much."""
        self._now += by
