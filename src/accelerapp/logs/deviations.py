"""How a stretch of log differs from the hours before it, by the baseline. Pure; thresholds are stated here.

A pattern that is new, one that has stopped, one that came far more often, a larger share of errors, silence. Of each
kind the strongest `_MOST` are told. What could not be read is never called stopped or silent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from accelerapp.base import text
from accelerapp.logs import baseline as baselines
from accelerapp.logs import missing
from accelerapp.logs import window as windows
from accelerapp.logs.baseline import Baseline, Expected, History, Hour
from accelerapp.logs.model import OTHER, Anomaly, Level, LogReview, Minute, Pattern
from accelerapp.logs.window import Ranked, Window

_MINIMUM, _MINIMUM_OF_OTHERS = 5, 20
"""Fewer records of a kind are no anomaly: of errors and warnings, and of the rest."""
_DEVIATIONS = 5.0
_FACTOR, _FACTOR_OF_OTHERS = 2.0, 3.0
"""A jump is so many times the usual count at least: of errors and warnings, and of the rest."""
_SHORT = timedelta(hours=2)
"""A shorter stretch is judged as a whole, a longer one by its whole hours."""
_SHARE, _SHARE_FACTOR = 0.01, 3.0
_MOST = 5


def above_chance(mean: float) -> float:
    """A count that chance alone hardly exceeds where `mean` is usual."""
    usual = Expected(mean, 0.0, 0, 1, False)
    return baselines.bound(usual, 1.0, _DEVIATIONS)


def find(
    review: LogReview, baseline: Baseline, window: Window, ended: Collection[str] = (), is_idle: bool = False
) -> list[Anomaly]:
    """All deviations, the most urgent kinds first."""
    silences = [] if review.unread or is_idle else list(missing.silence(review, baseline, window))
    quiet = (
        []
        if silences or review.unread or is_idle
        else _strongest(missing.silent_sources(review, baseline, window, ended))
    )
    stopped = [] if silences or review.unread or is_idle else _strongest(missing.stopped(review, baseline, window))
    return [
        *silences,
        *_strongest(_new(review, baseline, window)),
        *_strongest(_jumps(review, baseline, window)),
        *_shares(review.minutes, baseline, window),
        *stopped,
        *quiet,
    ]


def _strongest(found: Iterable[Ranked]) -> list[Anomaly]:
    return [anomaly for _, anomaly in sorted(found, key=lambda ranked: ranked[0])[:_MOST]]


# -- new ---------------------------------------------------------------------------------------------------------------


def _new(review: LogReview, baseline: Baseline, window: Window) -> Iterator[Ranked]:
    """Patterns that no known hour before the window holds. Nothing when the baseline could not keep all patterns."""
    if baseline.dropped_at is not None:
        return
    older = [one for one in baseline.patterns.values() if min(one.counts) < window.first]
    ids = {one.id for one in older}
    for pattern in review.patterns:
        first = pattern.first_at
        if first is None or pattern.id in ids or pattern.message == OTHER or pattern.count < _least(pattern.level):
            continue
        if next(baselines.fitting(pattern.message, pattern.level, older), None) is None:
            yield (windows.ORDER[pattern.level], -pattern.count), _new_pattern(pattern, first, len(window.known))


def _new_pattern(pattern: Pattern, first: datetime, hours: int) -> Anomaly:
    return Anomaly(
        "new_pattern",
        f"New {windows.kind(pattern.level)} since {first:%m-%d %H:%M} UTC, {text.count(pattern.count, 'time')}, "
        f"never in the {hours:,} hours known before: {windows.short(pattern.message)}",
        {**windows.identity(pattern), "count": pattern.count, "first_at": first.isoformat(), "hours": hours},
    )


# -- more than usual ---------------------------------------------------------------------------------------------------


def _jumps(review: LogReview, baseline: Baseline, window: Window) -> Iterator[Ranked]:
    """Patterns that came far more often than usual; of each its worst hour, or the whole of a short stretch."""
    for pattern in review.patterns:
        history = baseline.patterns.get(pattern.id)
        if history is None or pattern.first_at is None or min(history.counts) >= window.first:
            continue
        first = min(history.counts)  # what is younger than the baseline is judged by its own time
        known = [hour for hour in window.known if hour >= first]
        jumps = [
            (count / max(usual.median * length, 1.0), hour, count, length, usual)
            for hour, count, length in _stretches(pattern, history, baseline, window)
            if count >= _least(pattern.level)
            and (usual := baselines.expected(history.counts, known, hour)) is not None
            and count > baselines.bound(usual, length, _DEVIATIONS)
            and count >= usual.median * length * (_FACTOR if pattern.level in windows.SERIOUS else _FACTOR_OF_OTHERS)
        ]
        if jumps:
            factor, hour, count, length, usual = max(jumps, key=lambda jump: jump[:2])
            yield (windows.ORDER[pattern.level], -factor), _jump(pattern, window, hour, count, length, usual)


def _stretches(
    pattern: Pattern, history: History, baseline: Baseline, window: Window
) -> Iterator[tuple[Hour, int, float]]:
    """What is judged: an hour, the count, and how much of an hour it is over."""
    length = window.until - window.since
    if length < _SHORT:
        yield baselines.hour_of(window.since + length / 2), pattern.count, length / timedelta(hours=1)
        return
    for hour in window.whole_hours:
        learned = baseline.hours.get(hour)
        if learned is not None and learned.total is not None:
            yield hour, history.counts.get(hour, 0), 1.0


def _jump(pattern: Pattern, window: Window, hour: Hour, count: int, length: float, usual: Expected) -> Anomaly:
    is_whole = length == 1.0 and window.until - window.since >= _SHORT
    start = baselines.start_of(hour) if is_whole else window.since
    when = f"in the hour from {start:%m-%d %H:%M} UTC" if is_whole else f"in the last {text.duration(length * 3600)}"
    evidence = {
        **windows.identity(pattern),
        "at": start.isoformat(),
        "count": count,
        **_compared(usual, length),
    }
    return Anomaly(
        "rate_jump",
        f"{text.count(count, 'record')} of this {windows.kind(pattern.level)} {when}, "
        f"usually {usual.median * length:,.3g} ({_hours(usual)}): {windows.short(pattern.message)}",
        evidence,
    )


# -- a larger share of errors ------------------------------------------------------------------------------------------


def _shares(minutes: Iterable[Minute], baseline: Baseline, window: Window) -> Iterator[Anomaly]:
    """The stretch of at most an hour in which the errors' share rose most."""
    found = []
    for start, total, errors in _by_hour(minutes, window):
        usual = _usual_share(baseline, window, baselines.hour_of(start))
        if usual is None or errors < _MINIMUM:
            continue
        share, before, highest, hours = errors / total, *usual
        if share > max(_SHARE, _SHARE_FACTOR * before, highest) and errors > above_chance(before * total):
            found.append((share / max(before, 1 / total), start, errors, total, before, highest, hours))
    if found:
        _, start, errors, total, before, highest, hours = max(found)
        yield Anomaly(
            "error_share",
            f"{errors / total:.1%} of the records from {start:%m-%d %H:%M} UTC on are errors ({errors:,} of {total:,} "
            f"within the hour), usually {before:.1%}, at most {highest:.1%} in {hours} hours compared.",
            {
                "at": start.isoformat(),
                "errors": errors,
                "records": total,
                "share": round(errors / total, 4),
                "expected": round(before, 4),
                "bound": round(max(_SHARE, _SHARE_FACTOR * before, highest), 4),
                "hours_compared": hours,
            },
        )


def _by_hour(minutes: Iterable[Minute], window: Window) -> Iterator[tuple[datetime, int, int]]:
    """Records and errors of each whole hour of the window, and of its last hour."""
    hours: dict[datetime, tuple[int, int]] = {}
    late = max(window.since, window.until - timedelta(hours=1))
    for minute in minutes:
        hour = baselines.hour_of(minute.at)
        starts = [baselines.start_of(hour)] if hour in window.whole_hours else []
        for start in {*starts, *([late] if minute.at >= late else [])}:
            total, errors = hours.get(start, (0, 0))
            hours[start] = (total + minute.total, errors + minute.errors)
    for start, (total, errors) in hours.items():
        yield start, total, errors


def _usual_share(baseline: Baseline, window: Window, hour: Hour) -> tuple[float, float, int] | None:
    """The errors' share of all compared hours together, the highest of one, and how many they are."""
    same = [one for one in window.known if (hour - one) % 24 == 0][-baselines.SAME_HOURS :]
    chosen = same if len(same) >= baselines.SAME_HOURS_LEAST else window.known[-baselines.ANY_HOURS :]
    counts = [(baseline.hours[one].total or 0, baseline.hours[one].errors) for one in chosen]
    total = sum(records for records, _ in counts)
    if not total:
        return None
    highest = max(errors / records for records, errors in counts if records)
    return sum(errors for _, errors in counts) / total, highest, len(chosen)


# -- words -------------------------------------------------------------------------------------------------------------


def _least(level: Level) -> int:
    return _MINIMUM if level in windows.SERIOUS else _MINIMUM_OF_OTHERS


def _hours(usual: Expected) -> str:
    return f"the same hour of {usual.hours} days" if usual.is_same_hour else f"the {usual.hours} hours before"


def _compared(usual: Expected, length: float) -> dict[str, Any]:
    return {
        "expected": round(usual.median * length, 2),
        "bound": round(baselines.bound(usual, length, _DEVIATIONS), 1),
        "hours_compared": usual.hours,
        "same_hour_of_days": usual.is_same_hour,
    }
