"""What stands out in a stretch of log, each in a sentence to act on. Pure; thresholds are stated here.

With a baseline the stretch is compared with the hours before it (`deviations`). Without one it is compared with itself:
an earlier part with a later one. Fewer than `_MINIMUM` records of a kind are never an anomaly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median

from accelerapp.base import text
from accelerapp.logs import deviations
from accelerapp.logs import window as windows
from accelerapp.logs.baseline import Baseline
from accelerapp.logs.model import Anomaly, LogReview, Minute, Pattern

_MINIMUM = 5
_HISTORY = timedelta(minutes=10)
"""A shorter stretch is too little to call anything new or unusual."""
_RECENT = timedelta(hours=1)
_CHANCE = 1e-4
"""What happens by chance more often than so is no anomaly."""
_JUMP = 6.0
"""A minute so many deviations (median absolute deviation) above the median is a jump."""
_SHARE_FACTOR = 3.0
_SILENCE_FACTOR = 12.0
_SILENCE_LEAST = timedelta(minutes=10)


def find(
    review: LogReview,
    spans: Mapping[str, Sequence[datetime]],
    ended: Collection[str] = (),
    baseline: Baseline | None = None,
    is_idle: bool = False,
) -> tuple[Anomaly, ...]:
    """All anomalies of a review, the most urgent kinds first.

    `spans` are the first and last time of each source, `ended` the sources that are silent for a known reason;
    `is_idle`: nothing runs that could log.
    """
    minutes = review.minutes
    running = {source: span for source, span in spans.items() if source not in ended}
    window = windows.of(review, baseline)
    if baseline is not None and window is not None:
        found = deviations.find(review, baseline, window, ended, is_idle)
        return (*found, *_silences(running, review.sources, window.until))
    if not minutes or minutes[-1].at - minutes[0].at < _HISTORY:
        return ()
    end = review.until or minutes[-1].at
    errors = review.top_errors
    return (
        *_new_errors(minutes, errors),
        *_jumps(minutes),
        *_shares(minutes, end),
        *_silences(running, review.sources, end),
    )


def _new_errors(minutes: Sequence[Minute], errors: Sequence[Pattern]) -> Iterator[Anomaly]:
    """Error patterns that came only late in the time, which those that come all the time would hardly do by chance."""
    start, end = minutes[0].at, minutes[-1].at + timedelta(minutes=1)
    recent = max(start + (end - start) / 2, end - timedelta(minutes=1) - _RECENT)
    for pattern in errors:
        if pattern.count < _MINIMUM or pattern.first_at is None or pattern.first_at < recent:
            continue
        if ((end - pattern.first_at) / (end - start)) ** pattern.count < _CHANCE:
            times, message = text.count(pattern.count, "time"), text.printable(pattern.message, 160)
            yield Anomaly(
                "new_pattern",
                f"New error since {pattern.first_at:%H:%M} UTC, {times}: {message}",
                {"pattern": pattern.message, "count": pattern.count, "first_at": pattern.first_at.isoformat()},
            )


def _jumps(minutes: Sequence[Minute]) -> Iterator[Anomaly]:
    """The minute with the most errors, when it stands far above the usual minute."""
    span = int((minutes[-1].at - minutes[0].at).total_seconds() // 60) + 1
    if span >= 2 * len(minutes):  # most minutes have no record at all
        usual = spread = 0.0
    else:
        counts = [minute.errors for minute in minutes] + [0] * (span - len(minutes))
        usual = median(counts)
        spread = median(abs(count - usual) for count in counts) * 1.4826
    peak = max(minutes, key=lambda minute: minute.errors)
    bound = max(usual + _JUMP * max(spread, 1.0), deviations.above_chance(usual))
    if peak.errors >= _MINIMUM and peak.errors > bound:
        yield Anomaly(
            "rate_jump",
            f"{text.count(peak.errors, 'error')} in the minute of {peak.at:%H:%M} UTC, usually {usual:g} a minute.",
            {"at": peak.at.isoformat(), "errors": peak.errors, "usual": usual, "bound": round(bound, 1)},
        )


def _shares(minutes: Sequence[Minute], end: datetime) -> Iterator[Anomaly]:
    """The share of errors in the last hour (or last quarter of a shorter stretch) against the time before."""
    length = min(_RECENT, (minutes[-1].at - minutes[0].at) / 4)
    late = [minute for minute in minutes if minute.at > end - length]
    early = [minute for minute in minutes if minute.at <= end - length]
    late_total, late_errors = sum(m.total for m in late), sum(m.errors for m in late)
    early_total, early_errors = sum(m.total for m in early), sum(m.errors for m in early)
    if late_errors < _MINIMUM or early_total < _MINIMUM:
        return
    now, before = late_errors / late_total, early_errors / early_total
    of_chance = deviations.above_chance(early_errors * late_total / early_total)
    if now > 0.01 and now > _SHARE_FACTOR * before and late_errors > of_chance:
        yield Anomaly(
            "error_share",
            f"{now:.1%} of the records of the last {text.duration(length.total_seconds())} are errors, "
            f"before that {before:.1%}.",
            {"share": round(now, 4), "share_before": round(before, 4), "errors": late_errors},
        )


def _silences(spans: Mapping[str, Sequence[datetime]], sources: Mapping[str, int], end: datetime) -> Iterator[Anomaly]:
    """Sources that logged steadily and have stopped."""
    for source, (first, last) in spans.items():
        if sources[source] < 10 * _MINIMUM:
            continue
        usual = (last - first) / sources[source]
        quiet = end - last
        if quiet > max(_SILENCE_LEAST, usual * _SILENCE_FACTOR):
            yield Anomaly(
                "silence",
                f"{source} has logged nothing for {text.duration(quiet.total_seconds())}, "
                f"usually every {text.duration(usual.total_seconds())}.",
                {"source": source, "last_at": last.isoformat(), "usual_seconds": round(usual.total_seconds(), 3)},
            )
