"""Tells people what they should know and need not answer: handoffs, and every day what is wrong with on-call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from accelerapp.app import App


@dataclass(frozen=True)
class TellHandoffs:
    """Who comes on call and who goes; of all schedules."""

    app: App
    name: ClassVar[str] = "tell_handoffs"
    period: ClassVar[timedelta] = timedelta(minutes=1)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """What was told is not told again."""
        self.app.handoffs.send()


@dataclass(frozen=True)
class ReportOncall:
    """Leads hear once a day what is wrong with on-call."""

    app: App
    name: ClassVar[str] = "report_oncall"
    period: ClassVar[timedelta] = timedelta(minutes=5)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """What was told today is not told again."""
        self.app.oncall_report.send()
