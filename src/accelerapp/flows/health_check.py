"""The health check of a service: every check side by side, each bounded, then one verdict over them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from accelerapp.base import errors, side_by_side, text
from accelerapp.base.ids import ServiceName
from accelerapp.health import model as health
from accelerapp.health import service as health_service
from accelerapp.health.checks.errors import LogWindow, TopError
from accelerapp.health.checks.interface import Check
from accelerapp.logs import model as logs


def check(
    service: ServiceName, checks: Sequence[Check], at: datetime, timeout: timedelta, asker: side_by_side.SideBySide
) -> health.HealthReport:
    """Ask all at once, wait at most `timeout`, and report. No check can make this raise or wait longer."""
    questions = {f"{service}/{each.name}": each.look for each in checks}
    begun = time.monotonic()
    outcomes = asker.ask(questions, timeout.total_seconds())
    results = [result(each, outcomes[f"{service}/{each.name}"], timeout) for each in checks]
    return health_service.report(service, at, results, time.monotonic() - begun)


def result(check: Check, outcome: side_by_side.Outcome[health.CheckResult], timeout: timedelta) -> health.CheckResult:
    """What the outcome of one check says. One that did not answer, or went wrong itself, is unknown: never healthy."""
    if isinstance(outcome, side_by_side.Answered):
        return replace(outcome.value, seconds=outcome.seconds)
    if isinstance(outcome, side_by_side.Silent):
        return _unknown(check, _silence(outcome.seconds, timeout), timeout.total_seconds())
    return _unknown(check, _failure(outcome.error), outcome.seconds)


def _unknown(check: Check, reason: str, seconds: float) -> health.CheckResult:
    return health.CheckResult(
        name=check.name,
        title=check.title,
        verdict=health.Verdict.UNKNOWN,
        summary="cannot tell",
        reasons=(f"{check.title}: {reason}",),
        seconds=seconds,
    )


def _silence(seconds: float, timeout: timedelta) -> str:
    limit = timeout.total_seconds()
    if seconds > limit:
        return f"an earlier check has been waiting for an answer for {text.duration(seconds)}."
    return f"did not answer within {text.duration(limit)}."


def _failure(error: BaseException) -> str:
    if isinstance(error, errors.AccelerappError):
        return error.told
    return text.printable(f"the check itself failed with {type(error).__name__}: {error}", 300)


def log_window(review: logs.LogReview, length: timedelta) -> LogWindow:
    """What the health check needs of a log review."""
    return LogWindow(
        length=length,
        records=review.record_count,
        counts={str(level): count for level, count in review.counts.items()},
        top=tuple(TopError(each.message, str(each.level), each.count) for each in review.top_errors),
        unread=tuple(f"{each.source} could not be read: {each.reason}" for each in review.unread),
        notes=review.notes,
    )
