"""PromQL, with Prometheus' response shape."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from accelerapp.app import App
from accelerapp.base import errors, text
from accelerapp.metrics import answers
from accelerapp.metrics.promql import parsing
from accelerapp.web.identity import Reader

_ON: dict[int | str, dict[str, Any]] = {503: {"description": "The source of metrics cannot tell now."}}
Expression = Annotated[str, Query(min_length=1, max_length=parsing.LONGEST)]
Time = Annotated[str, Query(max_length=64, description="Seconds since 1970, or RFC 3339; default: now.")]
Length = Annotated[str, Query(max_length=32, description="Seconds, or a duration such as 15s.")]


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""

    @router.get("/metrics/query", operation_id="query_metrics", responses=_ON)
    def query(who: Reader, query: Expression, time: Time = "") -> answers.Answer:
        """An expression at a time."""
        return answers.of_vector(app.metric_source.instant(query, _moment(time, app.clock.now())))

    @router.get("/metrics/query_range", operation_id="query_metrics_range", responses=_ON)
    def query_range(
        who: Reader, query: Expression, start: Time, end: Time = "", step: Length = "15s"
    ) -> answers.Answer:
        """An expression over a stretch of time."""
        now = app.clock.now()
        return answers.of_matrix(app.metric_source.range(query, _moment(start, now), _moment(end, now), _length(step)))


def _moment(value: str, now: datetime) -> datetime:
    if not value:
        return now
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        pass
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise errors.WrongUseError(
            f"'{text.printable(value, 40)}' is not a time.", mend="Write seconds since 1970, or 2026-03-02T12:00:00Z."
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _length(value: str) -> timedelta:
    try:
        return timedelta(seconds=float(value))
    except (ValueError, OverflowError):
        return text.parse_duration(value)
