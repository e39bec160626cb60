"""The samples of the last hour or so in memory, found by their labels: what rules ask again and again.

One writer at a time, any number of readers, who never wait: a series is only ever appended to, its times last. What
has had its time is left behind in new objects, so that a reader still sees what it began with.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from accelerapp.metrics import model
from accelerapp.metrics.model import Labels
from accelerapp.metrics.promql.matchers import Matcher, all_match
from accelerapp.metrics.promql.reading import Stored

LENGTH = 75 * 60_000
"""How far back (ms) it reaches: an hour's window, its offset and look-back."""
_MOST_ANSWERS = 4096


@dataclass(frozen=True)
class Row:
    """One scrape of a target: the values of its series by number."""

    target: str
    columns: int
    """Of which numbering."""
    labels: Sequence[Labels]
    at: int
    """Milliseconds since 1970."""
    values: array[float]


@dataclass
class _Target:
    """What is kept of one target. All its series share the times."""

    times: array[int] = field(default_factory=lambda: array("q"))
    series: dict[frozenset[tuple[str, str]], Stored] = field(default_factory=dict)
    order: dict[int, list[Stored]] = field(default_factory=dict)
    """The series by number, for each numbering."""


class Head:
    """Implements reading.SeriesReader for what was added."""

    def __init__(self) -> None:
        self.newest = 0
        """The time of the latest scrape."""
        self._lock = threading.Lock()
        self._targets: dict[str, _Target] = {}
        self._by_pair: dict[tuple[str, str], list[Stored]] = {}
        self._answers: dict[tuple[Matcher, ...], list[Stored]] = {}

    # -- reading ---------------------------------------------------------------------------------------------------

    def select(self, matchers: Sequence[Matcher], start: int, end: int) -> Sequence[Stored]:
        """The series that match, with all that there is of them."""
        key = tuple(matchers)
        answers = self._answers
        found = answers.get(key)
        if found is None:
            found = self._find(matchers)
            if len(answers) < _MOST_ANSWERS:
                answers[key] = found
        return found

    def _find(self, matchers: Sequence[Matcher]) -> list[Stored]:
        with self._lock:
            equal = [(each.name, each.value) for each in matchers if each.op == "=" and each.value]
            if equal:
                candidates = min((self._by_pair.get(pair, []) for pair in equal), key=len)
            else:
                candidates = [each for target in self._targets.values() for each in target.series.values()]
            return [each for each in candidates if all_match(matchers, each.labels)]

    # -- writing ---------------------------------------------------------------------------------------------------

    def add(self, rows: Iterable[Row]) -> None:
        """Take scrapes in. One that is not newer than the last of its target is left out."""
        with self._lock:
            for row in rows:
                target = self._targets.setdefault(row.target, _Target())
                if not target.times or row.at > target.times[-1]:
                    self._add(target, row)

    def _add(self, target: _Target, row: Row) -> None:
        order = target.order.setdefault(row.columns, [])
        for labels in row.labels[len(order) :]:
            order.append(self._series(target, labels))
        for series, value in zip(order, row.values, strict=False):
            series.values.append(value)  # type: ignore[attr-defined]
        length = len(target.times) + 1
        if len(target.series) > len(row.values):
            for series in target.series.values():
                if len(series.values) < length:
                    series.values.append(model.STALE)  # type: ignore[attr-defined]
        target.times.append(row.at)
        self.newest = max(self.newest, row.at)

    def _series(self, target: _Target, labels: Labels) -> Stored:
        key = frozenset(labels.items())
        found = target.series.get(key)
        if found is None:
            found = Stored(labels, target.times, array("d", [model.STALE]) * len(target.times))
            target.series[key] = found
            for pair in key:
                self._by_pair.setdefault(pair, []).append(found)
            self._answers = {}
        return found

    def forget(self, before: int) -> None:
        """Leave behind what is older, and series and targets of which nothing is left."""
        with self._lock:
            self._rebuild({name: _cut(each, before) for name, each in self._targets.items()})

    def _rebuild(self, targets: dict[str, _Target]) -> None:
        by_pair: dict[tuple[str, str], list[Stored]] = {}
        for target in targets.values():
            for key, series in target.series.items():
                for pair in key:
                    by_pair.setdefault(pair, []).append(series)
        self._targets = {name: target for name, target in targets.items() if target.times}
        self._by_pair, self._answers = by_pair, {}


def _cut(target: _Target, before: int) -> _Target:
    """The target without what is older, in new objects."""
    first, length = bisect_left(target.times, before), len(target.times)
    times = target.times[first:]
    series: dict[frozenset[tuple[str, str]], Stored] = {}
    for key, each in target.series.items():
        values = each.values[first:length]
        if any(value == value or not model.is_stale(value) for value in values):
            series[key] = Stored(each.labels, times, values)
    return _Target(times, series, {})
