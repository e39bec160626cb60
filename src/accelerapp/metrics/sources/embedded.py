"""The embedded evaluator over what this product scrapes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from accelerapp.base import errors
from accelerapp.metrics.model import Matrix, Vector
from accelerapp.metrics.promql import evaluator
from accelerapp.metrics.promql.reading import SeriesReader

SILENT = timedelta(minutes=5)
"""Without any scrape for so long before the time that is asked for, nobody can tell what it was like then."""


class EmbeddedSource:
    """Implements interface.MetricSource. `has_scrapes` says whether anything was scraped from one time to another."""

    name = "the embedded scraper"

    def __init__(self, reader: SeriesReader, has_scrapes: Callable[[int, int], bool]) -> None:
        self._reader = reader
        self._has_scrapes = has_scrapes

    def instant(self, expr: str, at: datetime) -> Vector:
        """The expression at a time. Raises WrongUseError; CannotTellError when nothing was scraped around then."""
        moment = milliseconds(at)
        found = evaluator.instant(self._reader, expr, moment)
        if not self._has_scrapes(moment - milliseconds(SILENT), moment):
            raise errors.CannotTellError(
                f"Nothing was scraped in the five minutes before {at:%Y-%m-%d %H:%M:%S %Z}.",
                mend="`accelerapp up` scrapes; does it run, and is it asked for a time at which it ran?",
            )
        return found

    def range(self, expr: str, start: datetime, end: datetime, step: timedelta) -> Matrix:
        """The expression over a stretch; where nothing was scraped there are no points. Raises WrongUseError."""
        return evaluator.over(self._reader, expr, milliseconds(start), milliseconds(end), milliseconds(step))


def milliseconds(time: datetime | timedelta) -> int:
    """A time since 1970, or a length."""
    seconds = time.timestamp() if isinstance(time, datetime) else time.total_seconds()
    return round(seconds * 1000)
