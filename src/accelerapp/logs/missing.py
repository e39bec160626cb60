"""What is missing from a stretch of log by the baseline: patterns that have stopped, silence. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from statistics import median

from accelerapp.logs import baseline as baselines
from accelerapp.logs import window as windows
from accelerapp.logs.baseline import Baseline, History, Hour
from accelerapp.logs.model import Anomaly, LogReview, Pattern
from accelerapp.logs.window import Ranked, Window

_QUIET = timedelta(hours=2)
"""What comes once an hour may be silent for as long without having stopped."""
_STEADY, _STEADY_HOURS = 0.9, 48
"""It came nearly every hour: in this share of the latest known hours."""
_MISSING = 12.0
"""So many records should have come since: by chance none comes in 1 of 160,000 cases."""


def stopped(review: LogReview, baseline: Baseline, window: Window) -> Iterator[Ranked]:
    """Patterns that came in nearly every hour and do not come any more, under whatever reading of their template."""
    last = {pattern.id: pattern.last_at for pattern in review.patterns}
    for history in baseline.patterns.values():
        missing = _missing(history.counts, last.get(history.id), window)
        if missing is None or _reads_otherwise(history, review.patterns, missing[0]):
            continue
        since, count = missing
        evidence = {
            **windows.identity(history),
            "last_at": since.isoformat(),
            "expected": round(count, 1),
            "count": 0,
            "hours_compared": len(window.known),
        }
        sentence = (
            f"None since {since:%m-%d %H:%M} UTC, usually {count:,.0f} in that time: {windows.short(history.message)}"
        )
        yield (windows.ORDER[history.level], -count), Anomaly("stopped", sentence, evidence)


def _reads_otherwise(history: History, patterns: Iterable[Pattern], since: datetime) -> bool:
    later = [one for one in patterns if one.level is history.level and one.last_at and one.last_at > since]
    return any(next(baselines.fitting(one.message, one.level, [history]), None) for one in later)


def silence(review: LogReview, baseline: Baseline, window: Window) -> Iterator[Anomaly]:
    """The whole service logs nothing any more."""
    totals = {hour: baseline.hours[hour].total or 0 for hour in window.known}
    last = review.minutes[-1].at + timedelta(minutes=1) if review.minutes else None
    missing = _missing({hour: total for hour, total in totals.items() if total}, last, window)
    if missing is not None:
        since, count = missing
        yield Anomaly(
            "silence",
            f"Nothing was logged since {since:%m-%d %H:%M} UTC, usually {count:,.0f} records in that time.",
            {"last_at": since.isoformat(), "expected": round(count, 1), "hours_compared": len(window.known)},
        )


def silent_sources(review: LogReview, baseline: Baseline, window: Window, ended: Collection[str]) -> Iterator[Ranked]:
    """Sources of nearly every hour that are not there at all."""
    counts: dict[str, dict[Hour, int]] = {}
    for hour in window.known:
        for source, count in baseline.hours[hour].sources.items():
            counts.setdefault(source, {})[hour] = count
    for source, series in counts.items():
        if source in review.sources or source in ended:
            continue
        missing = _missing(series, None, window)
        if missing is not None:
            since, usual = missing
            sentence = (
                f"{source} logs nothing since {since:%m-%d %H:%M} UTC, usually {usual:,.0f} records in that time."
            )
            evidence = {"source": source, "last_at": since.isoformat(), "expected": round(usual, 1)}
            yield (-usual,), Anomaly("silence", sentence, {**evidence, "hours_compared": len(window.known)})


def _missing(counts: Mapping[Hour, int], last_at: datetime | None, window: Window) -> tuple[datetime, float] | None:
    """Since when something steady is missing and how many of it were to come since; None when that may be chance."""
    first = min(counts, default=window.first)
    recent = [hour for hour in window.known[-_STEADY_HOURS:] if hour >= first]
    present = sum(hour in counts for hour in recent)
    if len(recent) < baselines.NEEDED or present < _STEADY * len(recent):
        return None
    since = last_at or _last_seen(counts, window)
    if window.until - since < _QUIET:
        return None
    usual = median(counts.get(hour, 0) for hour in recent)
    count = sum(
        share * (expected.median if (expected := baselines.expected(counts, window.known, hour)) else usual)
        for hour, share in _hours_between(since, window.until)
    )
    return (since, count) if count >= _MISSING else None


def _last_seen(counts: Mapping[Hour, int], window: Window) -> datetime:
    """The end of its last hour before the window, when all is known since; else the beginning of the window."""
    last = max((hour for hour in counts if hour < window.first), default=window.first)
    known = set(window.known)
    is_known = all(hour in known for hour in range(last, window.first))
    return min(baselines.start_of(last + 1), window.since) if is_known else window.since


def _hours_between(since: datetime, until: datetime) -> Iterator[tuple[Hour, float]]:
    """The hours of a stretch, each with the share of it that lies within."""
    for hour in range(baselines.hour_of(since), baselines.hour_of(until) + 1):
        start, end = baselines.start_of(hour), baselines.start_of(hour + 1)
        share = (min(end, until) - max(start, since)) / timedelta(hours=1)
        if share > 0:
            yield hour, share
