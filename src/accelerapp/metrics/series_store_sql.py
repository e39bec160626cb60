"""Scrapes in the database: written as they come, packed by the hour, thinned later, forgotten at last."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.metrics import blocks
from accelerapp.metrics.head import Row
from accelerapp.metrics.model import Labels
from accelerapp.metrics.series_store import TargetId
from accelerapp.storage.tables import metric_blocks, metric_scrapes, metric_series, metric_targets

HOUR = 3_600_000
_AT_ONCE = 500


class SqlSeries:
    """Series within a unit of work."""

    def __init__(self, work: Connection) -> None:
        self._work = work

    # -- writing ---------------------------------------------------------------------------------------------------

    def add(self, rows: Sequence[Row], written: Sequence[int]) -> None:
        """Keep scrapes, and of each one's series those from number `written` on. What is there already stays."""
        targets = [{"id": row.columns, "name": row.target} for row, had in zip(rows, written, strict=True) if not had]
        series = [
            {"target": row.columns, "number": number, "labels": json.dumps(dict(row.labels[number]))}
            for row, had in zip(rows, written, strict=True)
            for number in range(had, len(row.labels))
        ]
        scrapes = [{"target": row.columns, "at_ms": row.at, "samples": _bytes(row.values)} for row in rows]
        dialect = postgresql if self._work.dialect.name == "postgresql" else sqlite
        for table, values in ((metric_targets, targets), (metric_series, series), (metric_scrapes, scrapes)):
            if values:
                self._work.execute(dialect.insert(table).on_conflict_do_nothing(), values)

    def forget_after(self, name: str, at: int) -> None:
        """Forget what a target has at `at` and later."""
        ids = select(metric_targets.c.id).where(metric_targets.c.name == name)
        self._work.execute(delete(metric_scrapes).where(metric_scrapes.c.target.in_(ids), metric_scrapes.c.at_ms >= at))
        self._work.execute(delete(metric_blocks).where(metric_blocks.c.target.in_(ids), metric_blocks.c.end_ms >= at))

    def hours_to_pack(self, before: int) -> list[tuple[TargetId, int]]:
        """Of each target the first hour (since 1970) that is over before `before` and not packed yet."""
        query = (
            select(metric_scrapes.c.target, func.min(metric_scrapes.c.at_ms))
            .where(metric_scrapes.c.at_ms < before - before % HOUR)
            .group_by(metric_scrapes.c.target)
        )
        return [(target, first // HOUR) for target, first in self._work.execute(query)]

    def pack(self, target: TargetId, hour: int) -> None:
        """Make one block of the scrapes of an hour."""
        within = (
            metric_scrapes.c.target == target,
            metric_scrapes.c.at_ms >= hour * HOUR,
            metric_scrapes.c.at_ms < (hour + 1) * HOUR,
        )
        query = select(metric_scrapes.c.at_ms, metric_scrapes.c.samples).where(*within)
        rows = [(at, _numbers(data)) for at, data in self._work.execute(query.order_by(metric_scrapes.c.at_ms))]
        if rows:
            self._put(target, 0, blocks.of_rows(rows))
            self._work.execute(delete(metric_scrapes).where(*within))

    def to_thin(self, before: int) -> list[tuple[TargetId, int]]:
        """Target and start of blocks with every scrape that end before `before`, oldest first, not too many."""
        query = (
            select(metric_blocks.c.target, metric_blocks.c.start_ms)
            .where(metric_blocks.c.step_ms == 0, metric_blocks.c.end_ms < before)
            .order_by(metric_blocks.c.end_ms)
            .limit(_AT_ONCE)
        )
        return [(target, start) for target, start in self._work.execute(query)]

    def thin(self, target: TargetId, start: int, step: int) -> None:
        """Put a block of a longer step in the place of one."""
        which = (metric_blocks.c.target == target, metric_blocks.c.step_ms == 0, metric_blocks.c.start_ms == start)
        data = self._work.execute(select(metric_blocks.c.samples).where(*which)).scalar_one_or_none()
        if data is None:
            return
        labels = self.labels([target])[target]
        times, columns = blocks.unpack(data, range(len(labels)))
        counters = {number for number, each in enumerate(labels) if is_counter(each)}
        whole = blocks.Block(times, [columns[number] for number in sorted(columns)])
        self._work.execute(delete(metric_blocks).where(*which))
        self._put(target, step, blocks.thin(whole, step, counters))

    def _put(self, target: TargetId, step: int, block: blocks.Block) -> None:
        values = {
            "target": target,
            "step_ms": step,
            "start_ms": block.times[0],
            "end_ms": block.times[-1],
            "samples": blocks.pack(block),
        }
        self._work.execute(metric_blocks.insert().values(**values))

    def prune(self, before: int, after: int) -> int:
        """Forget blocks and scrapes that end before `before` or begin after `after`, and targets of which nothing is
        left; how many blocks and scrapes that were.
        """
        gone = self._work.execute(
            delete(metric_blocks).where((metric_blocks.c.end_ms < before) | (metric_blocks.c.start_ms > after))
        ).rowcount
        gone += self._work.execute(
            delete(metric_scrapes).where((metric_scrapes.c.at_ms < before) | (metric_scrapes.c.at_ms > after))
        ).rowcount
        kept = select(metric_blocks.c.target).union(select(metric_scrapes.c.target))
        ended = list(self._work.execute(select(metric_targets.c.id).where(metric_targets.c.id.not_in(kept))).scalars())
        for some in _parts(ended):
            self._work.execute(delete(metric_series).where(metric_series.c.target.in_(some)))
            self._work.execute(delete(metric_targets).where(metric_targets.c.id.in_(some)))
        return gone

    # -- reading ---------------------------------------------------------------------------------------------------

    def has_scrapes(self, start: int, end: int) -> bool:
        """Is there anything from start to end?"""
        scrapes = select(metric_scrapes.c.at_ms).where(metric_scrapes.c.at_ms.between(start, end)).limit(1)
        if self._work.execute(scrapes).first() is not None:
            return True
        overlapping = select(metric_blocks.c.end_ms).where(
            metric_blocks.c.end_ms >= start, metric_blocks.c.start_ms <= end
        )
        return self._work.execute(overlapping.limit(1)).first() is not None

    def targets(self, start: int, end: int) -> dict[TargetId, str]:
        """The targets with anything from start to end, by name."""
        scrapes = select(metric_scrapes.c.target).where(metric_scrapes.c.at_ms.between(start, end))
        packed = select(metric_blocks.c.target).where(metric_blocks.c.end_ms >= start, metric_blocks.c.start_ms <= end)
        query = select(metric_targets.c.id, metric_targets.c.name).where(metric_targets.c.id.in_(scrapes.union(packed)))
        return {row.id: row.name for row in self._work.execute(query)}

    def sizes(self, targets: Collection[TargetId]) -> dict[TargetId, int]:
        """How many series each of these targets has."""
        found: dict[TargetId, int] = {}
        for some in _parts(list(targets)):
            query = select(metric_series.c.target, func.count()).where(metric_series.c.target.in_(some))
            for row in self._work.execute(query.group_by(metric_series.c.target)):
                found[row[0]] = row[1]
        return found

    def labels(self, targets: Collection[TargetId]) -> dict[TargetId, list[Labels]]:
        """The labels of all series of these targets, by number."""
        found: dict[TargetId, list[Labels]] = {target: [] for target in targets}
        for some in _parts(list(targets)):
            query = (
                select(metric_series.c.target, metric_series.c.labels)
                .where(metric_series.c.target.in_(some))
                .order_by(metric_series.c.target, metric_series.c.number)
            )
            for target, text in self._work.execute(query):
                found[target].append(json.loads(text))
        return found

    def newest(self, start: int, end: int) -> list[tuple[TargetId, int, array[float]]]:
        """All scrapes from start to end of all targets that are in no block yet, by time."""
        query = (
            select(metric_scrapes.c.target, metric_scrapes.c.at_ms, metric_scrapes.c.samples)
            .where(metric_scrapes.c.at_ms.between(start, end))
            .order_by(metric_scrapes.c.at_ms)
        )
        return [(target, at, _numbers(data)) for target, at, data in self._work.execute(query)]

    def block_keys(self, target: TargetId, start: int, end: int) -> list[tuple[int, int]]:
        """Step and start of the blocks that overlap start..end, by time."""
        query = (
            select(metric_blocks.c.step_ms, metric_blocks.c.start_ms)
            .where(metric_blocks.c.target == target, metric_blocks.c.end_ms >= start, metric_blocks.c.start_ms <= end)
            .order_by(metric_blocks.c.start_ms)
        )
        return [(step, first) for step, first in self._work.execute(query)]

    def block(self, target: TargetId, step: int, start: int) -> bytes | None:
        """The bytes of a block; None: it was thinned or forgotten meanwhile."""
        query = select(metric_blocks.c.samples).where(
            metric_blocks.c.target == target, metric_blocks.c.step_ms == step, metric_blocks.c.start_ms == start
        )
        data: bytes | None = self._work.execute(query).scalar_one_or_none()
        return data

    def scrapes(self, target: TargetId, start: int, end: int) -> list[tuple[int, array[float]]]:
        """The scrapes from start to end that are in no block yet, by time."""
        query = (
            select(metric_scrapes.c.at_ms, metric_scrapes.c.samples)
            .where(metric_scrapes.c.target == target, metric_scrapes.c.at_ms.between(start, end))
            .order_by(metric_scrapes.c.at_ms)
        )
        return [(at, _numbers(data)) for at, data in self._work.execute(query)]


def is_counter(labels: Labels) -> bool:
    """Does the name say that it only grows?"""
    return labels.get("__name__", "").endswith(("_total", "_count", "_sum", "_bucket"))


def _parts(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    """In parts that any database takes as parameters."""
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _bytes(values: array[float]) -> bytes:
    return blocks.little(values).tobytes()


def _numbers(data: bytes) -> array[float]:
    values = array("d")
    values.frombytes(data)
    return blocks.little(values)
