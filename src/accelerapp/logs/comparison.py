"""Two stretches of log side by side: what is new, gone, grown and shrunk, and how sure that is. Pure.

Counts are compared as shares of all records by the log-likelihood ratio G² (T. Dunning, "Accurate methods for the
statistics of surprise and coincidence", Computational Linguistics 19, 1993), which holds for small counts too. As many
patterns are looked at, the p-values are corrected by Holm's step-down method (Scandinavian Journal of Statistics 6,
1979): a list with one false entry comes once in a hundred comparisons. A significant change is told only when it is
large as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from accelerapp.logs.model import OTHER, Level, LogReview, Pattern, Unread

LEAST = 5
"""Fewer records of a pattern on both sides together are not judged."""
SURE = 0.01
FACTOR = 2.0
"""Grown or shrunk is what changed so many times at least."""
PER = 10_000
_ERRORS = (Level.CRITICAL, Level.ERROR)
_LEVELS = (*_ERRORS, Level.WARNING, Level.INFO, Level.NONE, Level.DEBUG)


class ChangeKind(StrEnum):
    """How a pattern changed."""

    NEW = "new"
    GROWN = "grown"
    GONE = "gone"
    SHRUNK = "shrunk"


@dataclass(frozen=True)
class Change:
    """One pattern on both sides."""

    kind: ChangeKind
    pattern_id: str
    level: Level
    message: str
    example: str
    before: int
    """Records of this pattern."""
    after: int
    before_rate: float
    """Per 10,000 records of that side."""
    after_rate: float
    g2: float
    """Log-likelihood ratio."""
    p: float
    """The chance of such a difference without a cause, corrected for the number of patterns."""
    first_at: datetime | None = None
    """Of the later side; of the earlier one when it is gone."""
    last_at: datetime | None = None


@dataclass(frozen=True)
class Side:
    """One of the two stretches."""

    name: str
    since: datetime | None
    until: datetime | None
    record_count: int
    error_count: int
    """Error and critical records."""


@dataclass(frozen=True)
class LogComparison:
    """What differs between two stretches of log."""

    before: Side
    after: Side
    changes: tuple[Change, ...]
    """Errors first, then by level, the surest first."""
    unsure: tuple[Change, ...]
    """Errors that only the later side has, too few to be sure of."""
    unread: tuple[Unread, ...]
    notes: tuple[str, ...] = ()

    @property
    def worse(self) -> tuple[Change, ...]:
        """Errors that are new or have grown."""
        return tuple(
            one for one in self.changes if one.level in _ERRORS and one.kind in (ChangeKind.NEW, ChangeKind.GROWN)
        )


def compare(before: LogReview, after: LogReview, names: tuple[str, str] = ("before", "after")) -> LogComparison:
    """Compare two reviews whose templates were made together."""
    changes: list[Change] = []
    unsure: list[Change] = []
    for change in _corrected(list(_changes(before, after))):
        if change.p < SURE and _is_large(change):
            changes.append(change)
        elif change.kind is ChangeKind.NEW and change.level in _ERRORS:
            unsure.append(change)
    return LogComparison(
        before=_side(names[0], before),
        after=_side(names[1], after),
        changes=tuple(sorted(changes, key=_urgency)),
        unsure=tuple(sorted(unsure, key=_urgency)),
        unread=(*before.unread, *after.unread),
        notes=tuple(_notes(before, after, names)),
    )


def g_squared(before: int, before_total: int, after: int, after_total: int) -> float:
    """The log-likelihood ratio of two counts out of two totals; 0 when their shares are the same or a total is 0."""
    together, total = before + after, before_total + after_total
    if not before_total or not after_total:
        return 0.0
    cells = (
        (before, together * before_total / total),
        (after, together * after_total / total),
        (before_total - before, (total - together) * before_total / total),
        (after_total - after, (total - together) * after_total / total),
    )
    return max(0.0, 2 * sum(count * math.log(count / usual) for count, usual in cells if count))


def p_value(g2: float) -> float:
    """The chance that G² is so large without a cause (chi-squared with one degree of freedom)."""
    return math.erfc(math.sqrt(g2 / 2))


def _changes(before: LogReview, after: LogReview) -> Iterator[Change]:
    """Every pattern of either side but the one that holds the rest."""
    earlier, later = _by_id(before), _by_id(after)
    for id, pattern in {**earlier, **later}.items():
        if pattern.message == OTHER:
            continue
        counts = [side[id].count if id in side else 0 for side in (earlier, later)]
        g2 = g_squared(counts[0], before.record_count, counts[1], after.record_count)
        rates = [_rate(counts[0], before.record_count), _rate(counts[1], after.record_count)]
        yield Change(
            kind=_kind(counts, rates),
            pattern_id=id,
            level=pattern.level,
            message=pattern.message,
            example=pattern.example,
            before=counts[0],
            after=counts[1],
            before_rate=rates[0],
            after_rate=rates[1],
            g2=round(g2, 2),
            p=p_value(g2),
            first_at=pattern.first_at,
            last_at=pattern.last_at,
        )


def _by_id(review: LogReview) -> Mapping[str, Pattern]:
    return {pattern.id: pattern for pattern in review.patterns}


def _rate(count: int, total: int) -> float:
    return round(PER * count / total, 4) if total else 0.0


def _kind(counts: Sequence[int], rates: Sequence[float]) -> ChangeKind:
    if not counts[0]:
        return ChangeKind.NEW
    if not counts[1]:
        return ChangeKind.GONE
    return ChangeKind.GROWN if rates[1] >= rates[0] else ChangeKind.SHRUNK


def _corrected(changes: Sequence[Change]) -> Iterator[Change]:
    """With p-values for as many patterns as are judged; what is too rare to be judged has 1."""
    judged = sorted((one for one in changes if one.before + one.after >= LEAST), key=lambda one: one.p)
    highest = 0.0
    for place, one in enumerate(judged):
        highest = max(highest, min(1.0, one.p * (len(judged) - place)))
        yield replace(one, p=highest)
    for one in changes:
        if one.before + one.after < LEAST:
            yield replace(one, p=1.0)


def _is_large(change: Change) -> bool:
    low, high = sorted((change.before_rate, change.after_rate))
    return high >= FACTOR * low


def _urgency(change: Change) -> tuple[int, int, float, str]:
    return _LEVELS.index(change.level), list(ChangeKind).index(change.kind), -change.g2, change.message


def _side(name: str, review: LogReview) -> Side:
    errors = sum(review.counts.get(level, 0) for level in _ERRORS)
    return Side(name, review.since, review.until, review.record_count, errors)


def _notes(before: LogReview, after: LogReview, names: Iterable[str]) -> Iterator[str]:
    for name, review in zip(names, (before, after), strict=True):
        if not review.record_count:
            yield f"{name}: no records, so that nothing can be compared."
        yield from (f"{name}: {note}" for note in review.notes if review.record_count)
