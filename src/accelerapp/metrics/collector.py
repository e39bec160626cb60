"""Turns answers of targets into rows of samples, and what could not be had into `up` 0 and a sentence.

Enters: bodies of `/metrics` or what went wrong, and figures that somebody else measured. Leaves: rows, written in one
unit of work per service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from accelerapp.base import errors
from accelerapp.metrics import columns, exposition
from accelerapp.metrics.columns import Columns
from accelerapp.metrics.head import Row
from accelerapp.metrics.model import NAME, Labels

Write = Callable[[Sequence[Row], Sequence[int], Mapping[str, int]], None]
"""Keep rows, of whose series so many are kept already, after forgetting what these targets have at that time (ms) and
later. All or nothing."""


@dataclass(frozen=True)
class Target:
    """What is asked for its metrics."""

    name: str
    """`shop/shop-1`: stable and unique."""
    labels: Labels
    """Of each of its series: service, replica, instance."""
    url: str


@dataclass(frozen=True)
class Figures:
    """Values that were measured already, as a target of its own."""

    name: str
    labels: Labels
    values: Sequence[tuple[Labels, float]]


@dataclass(frozen=True)
class Scraped:
    """What a target answered."""

    target: Target
    seconds: float
    body: bytes | None = None
    trouble: str = ""
    """Why there is no body, as a sentence."""
    serves_none: bool = False
    """It answers that there is no such page: it has no metrics, rather than being down."""


@dataclass
class _Known:
    """What is remembered of a target between two scrapes."""

    columns: Columns
    group: str
    has_answered: bool = False
    last: int = -1
    """When the last row was."""


_Written: TypeAlias = "tuple[_Known, Row]"
"""A row, and whose it is."""


@dataclass
class Collector:
    """One per process. A group (a service) is collected by one thread at a time."""

    write: Write
    most_series: int
    _known: dict[str, _Known] = field(default_factory=dict)

    def take(self, group: str, scraped: Sequence[Scraped], figures: Sequence[Figures], at: int) -> list[str]:
        """Keep all that a group has at a time (ms); a sentence for each target of which something is missing.

        A target of the group that is not there any more ends: its series are marked so, once.
        """
        rows: list[_Written] = []
        said: list[str] = []
        for each in scraped:
            known = self._of(group, each.target.name, each.target.labels, rows, at)
            told = self._read(known, each)
            if each.serves_none and not known.has_answered:
                continue  # it has no metrics, which is nothing to complain of every few seconds
            if told:
                said.append(f"{each.target.name}: {told}")
            rows.append(_row(each.target.name, known, at))
        for figure in figures:
            known = self._of(group, figure.name, figure.labels, rows, at)
            known.columns.begin()
            for labels, value in figure.values:
                known.columns.set(labels, value)
            rows.append(_row(figure.name, known, at))
        names = {each.target.name for each in scraped} | {figure.name for figure in figures}
        gone = {name: known for name, known in self._known.items() if known.group == group and name not in names}
        rows += [_end(name, known, at) for name, known in gone.items()]
        self._keep(rows)
        for name in gone:
            del self._known[name]
        return said

    def _of(self, group: str, name: str, labels: Labels, rows: list[_Written], at: int) -> _Known:
        """What is known of a target. Worn columns end a moment before new ones begin."""
        known = self._known.get(name)
        if known is None or known.columns.is_worn:
            fresh = _Known(Columns(labels, self.most_series), group)
            if known is not None:
                rows.append(_end(name, known, at - 1))
                fresh.has_answered, fresh.last = known.has_answered, known.last
            known = self._known[name] = fresh
        return known

    def _read(self, known: _Known, scraped: Scraped) -> str:
        """Put an answer into the columns; what is missing, as a sentence."""
        kept = known.columns
        kept.begin()
        trouble = scraped.trouble
        if scraped.body is not None:
            try:
                exposition.read(scraped.body, kept)
            except exposition.MalformedError as error:
                trouble = error.message
                kept.begin()
        dropped = dict(kept.dropped)
        known.has_answered |= not trouble
        taken = kept.row()
        count = sum(value == value for value in taken) if not trouble else 0
        for name, value in (
            ("up", float(not trouble)),
            ("scrape_duration_seconds", scraped.seconds),
            ("scrape_samples_scraped", float(count)),
        ):
            kept.set({NAME: name}, value)
        for reason, number in dropped.items():
            kept.set({NAME: "scrape_samples_dropped", "reason": reason}, float(number))
        return trouble or columns.told(dropped.items())

    def _keep(self, rows: Sequence[_Written]) -> None:
        """Write. A row that is not newer than the one before shows that the clock was set back."""
        back = {row.target: row.at for known, row in rows if known.last >= row.at}
        self.write([row for _, row in rows], [known.columns.written for known, _ in rows], back)
        for known, row in rows:
            known.columns.written, known.last = len(row.labels), row.at


def _row(name: str, known: _Known, at: int) -> _Written:
    kept = known.columns
    return known, Row(name, kept.id, kept.labels, at, kept.row())


def _end(name: str, known: _Known, at: int) -> _Written:
    """A row in which every series has ended."""
    known.columns.begin()
    return _row(name, known, at)


def trouble_of(error: errors.AccelerappError) -> str:
    """The sentence of an error with its nearest cause."""
    cause = next(errors.causes(error), "")
    return f"{error.message} {cause}".strip()[:300]
