"""Reads series out of the database; what is asked again and again is remembered.

A process that asks often keeps a head: all samples of the last hour or so, to which each question for a later time
adds what any process has written since. Columns of older blocks are remembered unpacked.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from accelerapp.base import errors
from accelerapp.metrics import blocks, model
from accelerapp.metrics import head as heads
from accelerapp.metrics.model import Labels
from accelerapp.metrics.promql.matchers import Matcher, all_match
from accelerapp.metrics.promql.reading import Stored
from accelerapp.metrics.series_store import TargetId
from accelerapp.metrics.series_store_sql import SqlSeries

_REMEMBERED = 20_000
"""Columns of blocks: 240 samples each at 15 s, so 40 MB."""
_OFTEN = 50
"""After so many questions a head is worth its memory: a command asks once or twice, the rules all the time."""
_AHEAD = 60_000
"""How far (ms) clocks may differ."""
_LATE = 60_000
"""How long (ms) after its time a scrape may be written."""
_FORGET = 600_000
_Column: TypeAlias = "tuple[array[int], array[float]]"
"""Times and values."""


class History:
    """Implements reading.SeriesReader. Safe to use from several threads. `now` is in milliseconds since 1970."""

    def __init__(self, reading: Callable[[], AbstractContextManager[SqlSeries]], now: Callable[[], int]) -> None:
        self._reading = reading
        self._now = now
        self._lock = threading.Lock()
        self._labels: dict[TargetId, list[Labels]] = {}
        self._columns: OrderedDict[tuple[TargetId, int, int, int], _Column] = OrderedDict()
        self._questions = 0
        self._recent: _Recent | None = None

    def select(self, matchers: Sequence[Matcher], start: int, end: int) -> Sequence[Stored]:
        """The series that match, by the labels; each once, however often its target was restarted."""
        if self._is_recent(start, end):
            return self._followed(end).select(matchers, start, end)
        found: dict[frozenset[tuple[str, str]], list[tuple[Labels, _Column]]] = {}
        with self._reading() as store:
            for target, labels in self._learned(store, store.targets(start, end)).items():
                self._find(store, (target, labels), matchers, (start, end), found)
        return [_joined(parts) for parts in found.values()]

    def has_scrapes(self, start: int, end: int) -> bool:
        """Was anything scraped from start to end?"""
        if self._is_recent(start, end) and start <= self._followed(end).newest <= end:
            return True
        with self._reading() as store:
            return store.has_scrapes(start, end)

    # -- recent samples --------------------------------------------------------------------------------------------

    def _is_recent(self, start: int, end: int) -> bool:
        """Is a head worth having, and does it reach so far?"""
        self._questions += 1
        now = self._now()
        return self._questions > _OFTEN and start >= now - heads.LENGTH and end <= now + _AHEAD

    def _followed(self, end: int) -> heads.Head:
        """The head with all that is written now, unless it was brought up to a later time already."""
        with self._lock:
            recent = self._recent
            if recent is None or recent.until - _AHEAD > self._now():  # the clock was set back
                recent = self._recent = _Recent(heads.Head())
            if end > recent.until:
                self._follow(recent, end)
            return recent.head

    def _follow(self, recent: _Recent, end: int) -> None:
        """Scrapes are written some seconds after their time, so what is a little older is read again."""
        start = max(self._now() - heads.LENGTH, recent.until - _LATE)
        with self._reading() as store:
            scrapes = store.newest(start, end + _AHEAD)
            targets = {target for target, _, _ in scrapes}
            names = {target: recent.names[target] for target in targets & recent.names.keys()}
            if len(names) < len(targets):
                recent.names |= store.targets(start, end + _AHEAD)
            widest = {target: len(values) for target, _, values in scrapes}
            for target, labels in store.labels(
                [t for t in targets if len(recent.labels.get(t, ())) < widest[t]]
            ).items():
                recent.labels[target] = labels
        recent.head.add(
            heads.Row(recent.names[target], target, recent.labels[target], at, values) for target, at, values in scrapes
        )
        recent.until = end
        if self._now() - recent.forgotten > _FORGET:
            recent.head.forget(self._now() - heads.LENGTH)
            recent.forgotten = self._now()

    # -- all samples -----------------------------------------------------------------------------------------------

    def _learned(self, store: SqlSeries, targets: Collection[TargetId]) -> dict[TargetId, list[Labels]]:
        """The labels of the targets. Those that are not known yet or have grown are read."""
        known = {target: labels for target, labels in self._labels.items() if target in targets}
        sizes = store.sizes(targets)
        changed = [each for each in targets if each not in known or len(known[each]) != sizes.get(each, 0)]
        self._labels = self._labels | store.labels(changed)
        return {target: self._labels[target] for target in targets}

    def _find(
        self,
        store: SqlSeries,
        series: tuple[TargetId, Sequence[Labels]],
        matchers: Sequence[Matcher],
        within: tuple[int, int],
        found: dict[frozenset[tuple[str, str]], list[tuple[Labels, _Column]]],
    ) -> None:
        target, labels = series
        scrapes = store.scrapes(target, *within)
        wanted = [number for number, each in enumerate(labels) if all_match(matchers, each)]
        if not wanted:
            return
        for step, start in store.block_keys(target, *within):
            for number, column in self._block(store, target, step, start, wanted).items():
                if not column[0]:
                    continue
                found.setdefault(frozenset(labels[number].items()), []).append((labels[number], column))
        if scrapes:
            times = array("q", [at for at, _ in scrapes])
            for number in wanted:
                values = array("d", [row[number] if number < len(row) else model.STALE for _, row in scrapes])
                found.setdefault(frozenset(labels[number].items()), []).append((labels[number], (times, values)))

    def _block(
        self, store: SqlSeries, target: TargetId, step: int, start: int, wanted: Sequence[int]
    ) -> dict[int, _Column]:
        """Those columns of a block that it has."""
        with self._lock:
            known = {each: self._columns.get((target, step, start, each)) for each in wanted}
        if all(column is not None for column in known.values()):
            return {number: column for number, column in known.items() if column is not None}
        data = store.block(target, step, start)
        if data is None:
            return {}
        try:
            times, columns = blocks.unpack(data, wanted)
        except Exception as error:  # whatever the bytes are: the library has many errors for damaged ones
            raise errors.CannotTellError(f"A block of samples (target {target}, {start}) is damaged.") from error
        nothing = (array("q"), array("d"))  # the series is younger than the block
        read = {each: (times, columns[each]) if each in columns else nothing for each in wanted}
        with self._lock:
            for number, column in read.items():
                self._columns[(target, step, start, number)] = column
            while len(self._columns) > _REMEMBERED:
                self._columns.popitem(last=False)
        return read


@dataclass
class _Recent:
    """The head, and how far it was brought."""

    head: heads.Head
    until: int = 0
    forgotten: int = 0
    names: dict[TargetId, str] = field(default_factory=dict)
    labels: dict[TargetId, list[Labels]] = field(default_factory=dict)


def _joined(parts: list[tuple[Labels, _Column]]) -> Stored:
    """The parts of one series by time. They overlap when several processes took turns; of one time there is one."""
    parts.sort(key=lambda part: part[1][0][0])
    if all(before[1][0][-1] < after[1][0][0] for before, after in pairwise(parts)):
        times, values = array("q"), array("d")
        for _, (some, numbers) in parts:
            times.extend(some)
            values.extend(numbers)
        return Stored(parts[0][0], times, values)
    by_time: dict[int, float] = {}
    for _, (some, numbers) in parts:
        by_time.update(zip(some, numbers, strict=True))
    ordered = sorted(by_time)
    return Stored(parts[0][0], array("q", ordered), array("d", [by_time[at] for at in ordered]))
