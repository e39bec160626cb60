"""The scripts' door to log analysis: `from accelerapp.monitoring import LogAnalyzer`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from accelerapp.logs.baseline import Baseline
    from accelerapp.logs.model import LogReview, Pattern

__all__ = ["LogAnalyzer"]

_MOST_HOURS = 36_525 * 24


class LogAnalyzer:
    """Analyses the logs of a service, or of files.

    `service` names one of the settings' services; None means the default one. `sources` are paths, folders, patterns,
    `s3://…` and `loki+http://…` addresses, or open streams: with them no settings are needed. `config` is the settings
    file; None finds it as the command does. `executor` reads large logs in parts: any `concurrent.futures.Executor`, or
    the address of a Dask scheduler such as `tcp://host:8786`; None takes threads. `baseline` names the service of the
    settings with whose usual log the `sources` are compared; a service's own log always is, with its own.
    """

    def __init__(
        self,
        service: str | None = None,
        sources: Sequence[str | Path | IO[bytes] | IO[str]] | None = None,
        config: str | Path | None = None,
        executor: str | Executor | None = None,
        baseline: str | None = None,
    ) -> None:
        self._service = service
        self._executor = executor
        self._sources = sources
        self._baseline = baseline
        self._config = Path(config) if config is not None else None

    def analyze_logs(self, hours: float = 24) -> dict[str, Any]:
        """Analyse the last `hours`.

        Returns a dict: `error_count` (error records without critical ones), `warning_count`, `critical_count`,
        `record_count`; `top_errors`, most frequent first, each with `message` (`<*>` where it varies), `count`,
        `level`, `example`, `first_at`, `last_at`, `pattern_id`, `sources`; `anomalies`, each with `description`,
        `kind`, `evidence`; `unread`, what could not be read, each with `source` and `reason`; `notes`; and
        `review`, the whole `LogReview`. Times are aware datetimes in UTC.

        Raises WrongUseError for wrong settings, an unknown service, or `hours` that are no stretch of time.
        """
        return _as_dict(self._review(_length(hours)))

    def _review(self, last: timedelta) -> LogReview:
        if self._sources is None:
            from accelerapp import app

            product = app.from_settings(self._config)
            return product.review_logs(self._service, last, product.clock.now(), executor=self._executor)
        return self._review_sources(self._sources, last)

    def _review_sources(self, sources: Sequence[str | Path | IO[bytes] | IO[str]], last: timedelta) -> LogReview:
        from accelerapp.base.clock import SystemClock
        from accelerapp.clients import executors
        from accelerapp.flows import log_review
        from accelerapp.logs.sources import family

        now, usual = SystemClock().now(), self._usual()
        found, unread = family.find_all(sources, now - last, now)
        with executors.opened(self._executor) as workers:
            return log_review.review_files(found, now - last, now, unread, executor=workers, baseline=usual)

    def _usual(self) -> Baseline | None:
        if self._baseline is None:
            return None
        from accelerapp import app

        return app.from_settings(self._config).usual(self._baseline)


def _length(hours: float) -> timedelta:
    if not 0 < hours <= _MOST_HOURS:  # not a number is neither
        from accelerapp.base import errors

        raise errors.WrongUseError(f"{hours} hours is no stretch of time.", mend="Name a number above 0, such as 24.")
    return timedelta(hours=hours)


def _as_dict(review: LogReview) -> dict[str, Any]:
    from accelerapp.logs.model import Level

    return {
        "error_count": review.counts[Level.ERROR],
        "warning_count": review.counts[Level.WARNING],
        "critical_count": review.counts[Level.CRITICAL],
        "record_count": review.record_count,
        "top_errors": [_pattern(pattern) for pattern in review.top_errors],
        "anomalies": [vars(anomaly) for anomaly in review.anomalies],
        "unread": [vars(unread) for unread in review.unread],
        "notes": list(review.notes),
        "review": review,
    }


def _pattern(pattern: Pattern) -> dict[str, Any]:
    return {
        "message": pattern.message,
        "count": pattern.count,
        "level": pattern.level.value,
        "example": pattern.example,
        "first_at": pattern.first_at,
        "last_at": pattern.last_at,
        "pattern_id": pattern.id,
        "sources": dict(pattern.sources),
    }
