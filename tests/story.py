"""A whole product for stories: settings of one service, a platform in memory, a log that a test writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from fakes import FakePlatform

from accelerapp.app import App
from accelerapp.base import clock as clocks
from accelerapp.base.settings import load
from accelerapp.base.settings import model as settings
from accelerapp.logs import model as logs

SHOP = """
[services.shop]
owner = "team"
[services.shop.local]
releases = "releases"
release = "1.0.0"
command = ["true"]
"""


def settings_of(folder: Path, content: str = SHOP) -> settings.Settings:
    """The settings in a file of that content, nothing from the environment."""
    path = folder / "accelerapp.toml"
    path.write_text(content)
    return load.load(path, {})


class StoryApp(App):
    """The product with a platform in memory; its log holds `errors` among `records` in every window."""

    def __init__(self, known: settings.Settings, platform: FakePlatform, clock: clocks.Clock | None = None) -> None:
        super().__init__(known, clock)
        self.__dict__["local_platform"] = platform  # what the cached property would make
        self.records = 0
        self.errors = 0

    def review_logs(self, service: str | None, last: timedelta, now: datetime) -> logs.LogReview:
        """A review of that log."""
        pattern = logs.Pattern("p1", "order <*> failed: no stock", logs.Level.ERROR, self.errors, "order 1 failed")
        return logs.LogReview(
            since=now - last,
            until=now,
            record_count=self.records,
            counts={logs.Level.ERROR: self.errors, logs.Level.INFO: self.records - self.errors},
            patterns=(pattern,),
            top_errors=(pattern,) if self.errors else (),
            anomalies=(),
            unread=(),
            minutes=(),
            sources={"shop-1": self.records},
        )

    def log_windows(self, service: str | None, now: datetime) -> Callable[[timedelta], logs.LogReview]:
        """The same log."""
        return lambda last: self.review_logs(service, last, now)
