"""Where an evaluation takes its series from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from accelerapp.metrics.model import NAME, Labels
from accelerapp.metrics.promql.matchers import Matcher, all_match


@dataclass(eq=False)
class Stored:
    """A series as it is kept. `times` are milliseconds since 1970, rising; `values` may be the longer one while a
    scrape is being added. `model.STALE` stands where the series had ended.
    """

    labels: Labels
    times: Sequence[int]
    values: Sequence[float]

    @cached_property
    def bare(self) -> Labels:
        """The labels without the metric's name."""
        return {key: value for key, value in self.labels.items() if key != NAME}


class SeriesReader(Protocol):
    """Finds series."""

    def select(self, matchers: Sequence[Matcher], start: int, end: int) -> Sequence[Stored]:
        """Series with all their samples in start..end (ms, both included); there may be more before and after."""
        ...


class MemoryReader:
    """Series in a list."""

    def __init__(self, series: Iterable[Stored]) -> None:
        self.series = list(series)

    def select(self, matchers: Sequence[Matcher], start: int, end: int) -> Sequence[Stored]:
        """Those that match, whole."""
        return [each for each in self.series if all_match(matchers, each.labels)]
