"""Keeps what every replica uses, for the plots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from accelerapp.base import errors
from accelerapp.metrics import service as metrics

if TYPE_CHECKING:
    from accelerapp.app import App


@dataclass(frozen=True)
class SampleUsage:
    """A platform that cannot tell writes nothing; the others' samples are kept all the same."""

    app: App
    name: ClassVar[str] = "sample_usage"
    period: ClassVar[timedelta] = metrics.PERIOD
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """Sample all services. Raises CannotTellError, after the rest is written, that names the silent ones."""
        silent = self.app.sample_usage()
        if silent:
            raise errors.CannotTellError(" ".join(silent))
