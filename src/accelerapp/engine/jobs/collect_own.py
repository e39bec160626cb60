"""Keeps what this product finds out itself and a rule asks for: anomalies in logs, heartbeats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from accelerapp.base import errors

if TYPE_CHECKING:
    from accelerapp.app import App


@dataclass(frozen=True)
class CollectOwn:
    """Does nothing when no rule asks."""

    app: App
    name: ClassVar[str] = "collect_own"
    period: ClassVar[timedelta] = timedelta(minutes=1)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """Find out and keep. Raises CannotTellError, after the rest is written, that names what is missing."""
        said = self.app.collect_own(now)
        if said:
            raise errors.CannotTellError(" ".join(said)[:2000])
