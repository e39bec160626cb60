"""What is usual in a service's log: counts per hour and pattern, learned from each whole hour once. Pure.

An hour is a whole number of hours since 1970, UTC. An hour that nobody saw is not known, and never counts as zero.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from statistics import median

from accelerapp.logs.model import Level, LogReview, Pattern

Hour = int
KEPT = 28 * 24
"""Hours; what is older than so many before the newest known hour is forgotten."""
NEEDED = 24
"""So many known hours are a baseline: every hour of a day was seen once."""
MOST_PATTERNS = 1000
"""Per service. Beyond, those go first that are no errors, then those that came in the fewest hours, then the oldest."""
MOST_SOURCES = 50
SAME_HOURS, SAME_HOURS_LEAST = 7, 3
ANY_HOURS, ANY_HOURS_LEAST = 7 * 24, 6
LATE_LINES = timedelta(minutes=2)
"""Lines are written, shipped and flushed somewhat after their time."""
UNSEEN = timedelta(minutes=15)
"""Who has not looked for so long was away."""
_TO_DEVIATIONS = 1.4826
"""A median absolute deviation so many times is a standard deviation, for values that are normally distributed."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ERRORS = (Level.ERROR, Level.CRITICAL)


@dataclass(frozen=True)
class HourCount:
    """One hour of a service."""

    total: int | None
    """Records that bear a time; None: the hour is not known."""
    errors: int = 0
    sources: Mapping[str, int] = field(default_factory=dict)
    """Records per source, of the most frequent ones."""


@dataclass(frozen=True)
class History:
    """One pattern of one level, over the hours."""

    id: str
    level: Level
    message: str
    example: str
    first_at: datetime
    last_at: datetime
    counts: Mapping[Hour, int]
    """A known hour without an entry is a zero."""


@dataclass(frozen=True)
class Baseline:
    """What is known of a service's log."""

    hours: Mapping[Hour, HourCount] = field(default_factory=dict)
    patterns: Mapping[str, History] = field(default_factory=dict)
    seen_at: datetime | None = None
    """When it was last looked whether an hour is over."""
    away_until: datetime | None = None
    """When it was first looked again after a time in which nobody was there."""
    dropped_at: Hour | None = None
    """The last hour in which there were too many patterns to keep them all."""

    @property
    def templates(self) -> tuple[str, ...]:
        """The messages of all patterns: a new review keeps to them."""
        return tuple(sorted({pattern.message for pattern in self.patterns.values()}))

    @property
    def replicas(self) -> frozenset[str]:
        """The sources that are replicas: all others are addresses, which have a slash in their name."""
        return frozenset(name for hour in self.hours.values() for name in hour.sources if "/" not in name)

    def known(self, before: Hour) -> tuple[Hour, ...]:
        """The hours before this one whose counts are known, in order."""
        return tuple(sorted(hour for hour, count in self.hours.items() if hour < before and count.total is not None))


@dataclass(frozen=True)
class Expected:
    """What is usual for one hour, and how sure that is."""

    median: float
    spread: float
    """In standard deviations, by the median absolute deviation."""
    highest: int
    hours: int
    """So many hours were compared."""
    is_same_hour: bool
    """Were they the same hour of other days?"""


@dataclass(frozen=True)
class Due:
    """What is to be done now."""

    learn: Hour | None = None
    missed: tuple[Hour, ...] = ()
    is_whole: bool = True
    """False: somebody was away during the hour to learn; without a record it is not known."""


def hour_of(at: datetime) -> Hour:
    """The hour in which a time is."""
    return (at - _EPOCH) // timedelta(hours=1)


def start_of(hour: Hour) -> datetime:
    """When an hour begins."""
    return _EPOCH + timedelta(hours=hour)


def due(known: Baseline, now: datetime) -> Due:
    """Which hour can be learned now and which ones were missed: over while nobody looked, or never readable."""
    last = hour_of(now - LATE_LINES) - 1
    newest = max((hour for hour in known.hours if hour <= last), default=None)
    if newest == last:
        return Due()
    missed = tuple(range(max(newest + 1, last - KEPT), last)) if newest is not None else ()
    looked = look(known, now)
    start, end, away = start_of(last), start_of(last + 1), looked.away_until
    went_within = away == now and known.seen_at is not None and known.seen_at >= start
    if away is not None and away >= end and not went_within:
        return Due(missed=(*missed, last))
    return Due(last, missed, away is None or away <= start)


def look(known: Baseline, now: datetime) -> Baseline:
    """With this look."""
    is_back = known.seen_at is None or not timedelta(0) <= now - known.seen_at <= UNSEEN
    return replace(known, seen_at=now, away_until=now if is_back else known.away_until)


def learn(known: Baseline, hour: Hour, review: LogReview, is_whole: bool = True) -> Baseline:
    """With this hour; the same hour a second time changes nothing. Records without a time belong to no hour."""
    if hour in known.hours:
        return known
    total = sum(minute.total for minute in review.minutes)
    if not total and not is_whole:
        return miss(known, (hour,))
    sources = dict(sorted(review.sources.items(), key=lambda item: -item[1])[:MOST_SOURCES])
    count = HourCount(total, sum(minute.errors for minute in review.minutes), sources)
    timed = [pattern for pattern in review.patterns if pattern.first_at is not None]
    patterns = {**known.patterns, **{one.id: _history(known.patterns.get(one.id), one, hour) for one in timed}}
    return _bounded(replace(known, hours={**known.hours, hour: count}, patterns=patterns), hour)


def miss(known: Baseline, hours: Iterable[Hour]) -> Baseline:
    """With these hours as not known, unless they are known already."""
    return replace(known, hours={**{hour: HourCount(None) for hour in hours}, **known.hours})


def _history(before: History | None, pattern: Pattern, hour: Hour) -> History:
    first, last = pattern.first_at or start_of(hour), pattern.last_at or start_of(hour)
    if before is None:
        counts = {hour: pattern.count}
        return History(pattern.id, pattern.level, pattern.message, pattern.example[:2000], first, last, counts)
    counts = {one: count for one, count in before.counts.items() if one > hour - KEPT}
    counts[hour] = pattern.count
    return replace(before, counts=counts, first_at=min(before.first_at, first), last_at=max(before.last_at, last))


def _bounded(known: Baseline, hour: Hour) -> Baseline:
    """Without what has had its time, and without the patterns beyond the most that are kept."""
    newest = max(known.known(hour + KEPT), default=hour)  # by what is known: a clock that jumps ahead forgets nothing
    hours = {one: count for one, count in known.hours.items() if one > newest - KEPT}
    alive = [one for one in known.patterns.values() if max(one.counts) > newest - KEPT]
    dropped_at = known.dropped_at if known.dropped_at is None or known.dropped_at > newest - KEPT else None
    if len(alive) > MOST_PATTERNS:
        alive = sorted(alive, key=_worth, reverse=True)[:MOST_PATTERNS]
        dropped_at = hour
    return replace(known, hours=hours, patterns={one.id: one for one in alive}, dropped_at=dropped_at)


def _worth(pattern: History) -> tuple[bool, int, datetime, str]:
    return pattern.level in _ERRORS, len(pattern.counts), pattern.last_at, pattern.id


def expected(counts: Mapping[Hour, int], known: Sequence[Hour], hour: Hour) -> Expected | None:
    """What is usual in this hour by the earlier hours `known`, in order; None when they are too few.

    The same hour of the latest 7 days where it is known of 3, else the latest 168 hours, of which 6 must be known.
    """
    end = bisect.bisect_left(known, hour)
    same = list(itertools.islice(_same_hours(known, hour), SAME_HOURS))
    is_same = len(same) >= SAME_HOURS_LEAST
    compared = same if is_same else known[max(0, end - ANY_HOURS) : end]
    if len(compared) < ANY_HOURS_LEAST and not is_same:
        return None
    values = [counts.get(one, 0) for one in compared]
    middle = median(values)
    spread = median(abs(value - middle) for value in values) * _TO_DEVIATIONS
    return Expected(middle, spread, max(values), len(values), is_same)


def _same_hours(known: Sequence[Hour], hour: Hour) -> Iterator[Hour]:
    """The known ones of the same hour of earlier days, the latest first."""
    for one in range(hour - 24, hour - KEPT - 24, -24):
        place = bisect.bisect_left(known, one)
        if place < len(known) and known[place] == one:
            yield one


def bound(usual: Expected, length: float, deviations: float) -> float:
    """The count above which a stretch of `length` hours is unusual.

    However even the few compared hours were, a count varies as independent events do (Poisson); square roots make that
    the same everywhere (F. J. Anscombe, Biometrika 35, 1948). What one of the compared hours reached is not unusual.
    """
    middle = usual.median * length
    of_chance = (math.sqrt(middle + 0.375) + deviations / 2) ** 2 - 0.375
    return max(of_chance, middle + deviations * usual.spread * length, usual.highest * length)


def fitting(message: str, level: Level, histories: Collection[History]) -> Iterator[History]:
    """The histories of this level whose template this one holds, or is held by: `user <*> left` and `user ann left`."""
    mine = message.split()
    for one in histories:
        theirs = one.message.split()
        if one.level is level and len(mine) == len(theirs) and _fits(mine, theirs):
            yield one


def _fits(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    pairs = list(zip(mine, theirs, strict=True))
    if sum(one == other and "<*>" not in one for one, other in pairs) * 2 < len(pairs):
        return False  # nearly all varies: it would hold anything
    return all(one == other or "<*>" in one for one, other in pairs) or all(
        one == other or "<*>" in other for one, other in pairs
    )
