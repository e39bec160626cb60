"""Reminds people of post-mortems that are to be written, and of action items that are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from accelerapp.app import App


@dataclass(frozen=True)
class Remind:
    """Both of them."""

    app: App
    name: ClassVar[str] = "remind"
    period: ClassVar[timedelta] = timedelta(minutes=5)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """What was told is not told again."""
        self.app.reminding.send()
