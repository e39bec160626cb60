"""Errors in the log of the last hour, of the last five minutes and of the last minute.

The hour shows what is slow and steady; the minute shows a bad release before its errors weigh much in the others.

Facts: `windows`: a list of `seconds` (its length), `records`, `counts` (records by level), `errors` (error and critical
records), `share` (of all records, 0 to 1), `top` (a list of `message`, `level`, `count`), `unread` (what could not be
read, a sentence each), `notes`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from accelerapp.base import text
from accelerapp.base.settings import model as settings
from accelerapp.health.checks import interface
from accelerapp.health.model import CheckResult, Verdict

NAME, TITLE = "errors", "Errors in the log"
_FRESH_PARTS = 20
WINDOWS = (timedelta(hours=1), timedelta(minutes=5), timedelta(minutes=1))


@dataclass(frozen=True)
class TopError:
    """Error records of one kind."""

    message: str
    level: str
    count: int


@dataclass(frozen=True)
class LogWindow:
    """What a stretch of log holds."""

    length: timedelta
    records: int
    counts: Mapping[str, int]
    """Records by level."""
    top: tuple[TopError, ...] = ()
    """Error and critical records, most frequent first."""
    unread: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> int:
        """Error and critical records."""
        return self.counts.get("error", 0) + self.counts.get("critical", 0)

    @property
    def share(self) -> float:
        """Errors among all records, 0 to 1."""
        return self.errors / self.records if self.records else 0.0


class WindowMemory:
    """Windows that were slow to read, for who checks again and again: one is read anew at a twentieth of its length.

    The last hour of a very busy log is then read every 3 minutes and its last 5 minutes every 15 seconds: new errors
    show at once in the short window. What is quick to read is read every time. Safe to use from several threads.
    """

    def __init__(self, slow_seconds: float = 0.5) -> None:
        self._slow = slow_seconds
        self._windows: dict[tuple[str, timedelta], tuple[datetime, LogWindow]] = {}

    def get(self, service: str, length: timedelta, now: datetime, read: Callable[[], LogWindow]) -> LogWindow:
        """The window that ends now, or did a moment ago."""
        kept = self._windows.get((service, length))
        if kept is not None and timedelta(0) <= now - kept[0] < length / _FRESH_PARTS:
            return kept[1]
        start = time.monotonic()
        window = read()
        if time.monotonic() - start > self._slow:
            self._windows[service, length] = (now, window)
        return window


@dataclass(frozen=True)
class ErrorsCheck:
    """Asks for the review of the log; `read` is handed in, since logs are another domain."""

    read: Callable[[timedelta], LogWindow]
    limits: settings.Health
    name: ClassVar[str] = NAME
    title: ClassVar[str] = TITLE

    def look(self) -> CheckResult:
        """All windows. Raises CannotTellError when the log cannot be read at all."""
        return judge_errors([self.read(length) for length in WINDOWS], self.limits)


def judge_errors(windows: Sequence[LogWindow], limits: settings.Health) -> CheckResult:
    """Too large a share of errors in any window: degraded. Parts that could not be read: unknown. Silence: skipped."""
    reasons = [_reason(window) for window in windows if _is_too_much(window, limits)]
    facts = {"windows": [_facts(window) for window in windows]}
    summary = "last " + "; ".join(_summary(window) for window in windows)
    unread = list(dict.fromkeys(line for window in windows for line in window.unread))
    if reasons:
        return CheckResult(NAME, TITLE, Verdict.DEGRADED, summary, (*reasons, *unread), facts)
    if unread:
        return CheckResult(NAME, TITLE, Verdict.UNKNOWN, summary, tuple(unread), facts)
    if not any(window.records for window in windows):
        silent = f"nothing was logged in the last {text.duration(max(w.length.total_seconds() for w in windows))}"
        return replace(interface.skipped(NAME, TITLE, silent), facts=facts)
    return CheckResult(NAME, TITLE, Verdict.HEALTHY, summary, (), facts)


def _is_too_much(window: LogWindow, limits: settings.Health) -> bool:
    return window.errors >= limits.error_minimum and window.share > limits.error_share


def _reason(window: LogWindow) -> str:
    what = f"{_percent(window.share)} of the log records of the last {_length(window)} are errors"
    reason = f"{what} ({window.errors:,} of {window.records:,})"
    if window.top:
        top = window.top[0]
        reason += f", most often {text.count(top.count, 'time')}: {text.printable(top.message, 200)}"
    return reason


def _summary(window: LogWindow) -> str:
    share = f" ({_percent(window.share)})" if window.errors else ""
    return f"{_length(window)}: {text.count(window.errors, 'error')}{share} in {text.count(window.records, 'record')}"


def _length(window: LogWindow) -> str:
    return text.duration(window.length.total_seconds())


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"


def _facts(window: LogWindow) -> dict[str, Any]:
    return {
        "seconds": window.length.total_seconds(),
        "records": window.records,
        "counts": dict(window.counts),
        "errors": window.errors,
        "share": window.share,
        "top": [{"message": each.message, "level": each.level, "count": each.count} for each in window.top[:10]],
        "unread": list(window.unread),
        "notes": list(window.notes),
    }
