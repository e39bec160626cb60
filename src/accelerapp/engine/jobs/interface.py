"""What every job is: a name, a period and a run."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol


class Job(Protocol):
    """Work that is due again after each period. It may raise: the engine counts it and goes on."""

    @property
    def name(self) -> str:
        """Stable and unique among the jobs."""
        ...

    @property
    def period(self) -> timedelta:
        """From one start to the next."""
        ...

    def run(self, now: datetime) -> None:
        """Do what is due now; safe to repeat after a crash at any point."""
        ...
