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

    @property
    def in_each_process(self) -> bool:
        """Is it about this process or its machine? The others are done by one process at a time."""
        ...

    def run(self, now: datetime) -> None:
        """Do what is due now; safe to repeat after a crash at any point."""
        ...
