"""A collection over a real database, with targets that are texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from accelerapp.metrics.collector import Collector, Figures, Scraped, Target
from accelerapp.metrics.head import Row
from accelerapp.metrics.history import History
from accelerapp.metrics.series_store_sql import SqlSeries
from accelerapp.storage.unit_of_work import Database

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
PERIOD = 15 * SECOND
NOON = 1_772_452_800_000
"""2026-03-02 12:00 UTC in milliseconds."""


def target(name: str = "shop-1") -> Target:
    return Target(f"shop/{name}", {"service": "shop", "replica": name}, f"http://{name}/metrics")


def scraped(body: str | bytes | None, name: str = "shop-1", trouble: str = "", serves_none: bool = False) -> Scraped:
    data = body.encode() if isinstance(body, str) else body
    return Scraped(target(name), 0.01, data, trouble, serves_none)


class World:
    """What a process has: a collector and a history over one database. `now` is moved by hand."""

    def __init__(self, database: Database, most_series: int = 100) -> None:
        self.database = database
        self.now = NOON
        self.collector = Collector(self._write, most_series)
        self.history = History(self.reading, lambda: self.now)

    @contextmanager
    def reading(self) -> Iterator[SqlSeries]:
        with self.database.read() as work:
            yield SqlSeries(work)

    @contextmanager
    def writing(self) -> Iterator[SqlSeries]:
        with self.database.write() as work:
            yield SqlSeries(work)

    def _write(self, rows: Sequence[Row], written: Sequence[int], back: Mapping[str, int]) -> None:
        with self.writing() as store:
            for name, at in back.items():
                store.forget_after(name, at)
            store.add(rows, written)

    def scrape(self, *answers: Scraped, figures: Sequence[Figures] = ()) -> list[str]:
        """All answers at `now`."""
        return self.collector.take("shop", answers, figures, self.now)

    def run(self, length: int, period: int = PERIOD, each: int = 10) -> None:
        """Scrape a counter that grows by `each`, from `now` on for `length` ms."""
        until = self.now + length
        while self.now < until:
            self.scrape(scraped(f"hits_total {each * (self.now - NOON) // period}"))
            self.now += period
