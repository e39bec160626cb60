"""Keeps the health of a service up to date, and since when its verdict holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from accelerapp.base.ids import ServiceName

if TYPE_CHECKING:
    from accelerapp.app import App


@dataclass(frozen=True)
class CheckHealth:
    """One service."""

    app: App
    service: ServiceName
    period: ClassVar[timedelta] = timedelta(seconds=10)
    in_each_process: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """`check_health shop`."""
        return f"check_health {self.service}"

    def run(self, now: datetime) -> None:
        """Check and keep the report."""
        self.app.keep_health(self.service)
