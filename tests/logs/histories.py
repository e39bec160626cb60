"""Logs as counts per hour, for tests of baselines: what an hour holds is said, and its review is made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from accelerapp.logs import baseline, templates
from accelerapp.logs.baseline import Baseline, History, HourCount
from accelerapp.logs.model import Level, LogReview, Minute, Pattern

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
HOUR = baseline.hour_of(NOW)
ERRORS = (Level.ERROR, Level.CRITICAL)
Counts = Mapping[tuple[Level, str], int]


def pattern(level: Level, message: str, count: int, first: datetime, last: datetime) -> Pattern:
    """One pattern between two times."""
    return Pattern(templates.pattern_id(level, message), message, level, count, message, first, last, {"a": count})


def review(
    counts: Counts,
    since: datetime,
    until: datetime,
    sources: tuple[str, ...] = ("a",),
    span: tuple[datetime, datetime] | None = None,
    **more: object,
) -> LogReview:
    """A review whose records are spread evenly over its minutes."""
    first, last = span or (since, until)
    patterns = tuple(pattern(*key, count, first, last) for key, count in counts.items() if count)
    total, errors = sum(counts.values()), sum(count for (level, _), count in counts.items() if level in ERRORS)
    length = max(1, (last - first) // timedelta(minutes=1))
    minutes = tuple(
        Minute(first + timedelta(minutes=n), _part(total, n, length), _part(errors, n, length), 0)
        for n in range(length)
        if _part(total, n, length)
    )
    return LogReview(
        since=since,
        until=until,
        record_count=total,
        counts={level: sum(n for (one, _), n in counts.items() if one is level) for level in Level},
        patterns=patterns,
        top_errors=tuple(one for one in patterns if one.level in ERRORS),
        anomalies=(),
        unread=(),
        minutes=minutes,
        sources={source: total // len(sources) for source in sources} if total else {},
        **more,  # type: ignore[arg-type]
    )


def _part(count: int, place: int, places: int) -> int:
    return count * (place + 1) // places - count * place // places


def hour(counts: Counts, number: int, sources: tuple[str, ...] = ("a",)) -> LogReview:
    """The review of one whole hour."""
    start = baseline.start_of(number)
    return review(counts, start, start + timedelta(hours=1, milliseconds=-1), sources)


def learned(hours: Mapping[int, Counts], sources: tuple[str, ...] = ("a",)) -> Baseline:
    """A baseline that has learned these hours."""
    known = Baseline()
    for number, counts in sorted(hours.items()):
        known = baseline.learn(known, number, hour(counts, number, sources))
    return known


def remembered(hours: Mapping[int, Counts]) -> Baseline:
    """The same as `learned`, made at once: for tests with many hours."""
    series: dict[tuple[Level, str], dict[int, int]] = {}
    for number, counts in hours.items():
        for key, count in counts.items():
            if count:
                series.setdefault(key, {})[number] = count
    patterns = [_history(key, counts) for key, counts in series.items()]
    return Baseline(
        {number: _hour(counts) for number, counts in hours.items()}, {pattern.id: pattern for pattern in patterns}
    )


def _hour(counts: Counts) -> HourCount:
    total, errors = sum(counts.values()), sum(count for (level, _), count in counts.items() if level in ERRORS)
    return HourCount(total, errors, {"a": total} if total else {})


def _history(key: tuple[Level, str], counts: Mapping[int, int]) -> History:
    first, last = baseline.start_of(min(counts)), baseline.start_of(max(counts) + 1) - timedelta(milliseconds=1)
    return History(templates.pattern_id(*key), *key, key[1], first, last, counts)
