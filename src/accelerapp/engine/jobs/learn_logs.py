"""Learns what is usual in a service's log from each hour that is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from accelerapp.base.ids import ServiceName

if TYPE_CHECKING:
    from accelerapp.app import App


@dataclass(frozen=True)
class LearnLogs:
    """One service. An hour is read once; a look that finds none to read costs next to nothing."""

    app: App
    service: ServiceName
    period: ClassVar[timedelta] = timedelta(minutes=5)
    in_each_process: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """`learn_logs shop`."""
        return f"learn_logs {self.service}"

    def run(self, now: datetime) -> None:
        """Learn the hour that is over, if there is one. Raises CannotTellError when not all of it can be read."""
        self.app.learn_logs(self.service)
