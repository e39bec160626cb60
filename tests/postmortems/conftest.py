"""What needs a store runs in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests import databases
from tests.fakes import NOON
from tests.paging import stories as paging_stories
from tests.postmortems import scenes

from accelerapp.base.clock import MovingClock
from accelerapp.postmortems.store import MemoryPostMortems, PostMortemStore
from accelerapp.postmortems.store_sql import SqlPostMortems


@pytest.fixture(params=("memory", *databases.KINDS))
def work(request, tmp_path):
    """`with work() as postmortems: …` is a unit of work."""
    if request.param == "memory":
        kept = MemoryPostMortems()

        @contextmanager
        def memory() -> Iterator[PostMortemStore]:
            yield kept

        yield memory
        return
    with databases.opened(request, request.param, tmp_path) as database:

        @contextmanager
        def sql() -> Iterator[PostMortemStore]:
            with database.write() as connection:
                yield SqlPostMortems(connection)

        yield sql


def _told(request, tmp_path, kind):
    clock = MovingClock(NOON)
    with paging_stories.working(request, kind, tmp_path, clock) as work:
        made = scenes.Story(work, clock, scenes.kept())
        made.describe(paging_stories.book())
        yield made


@pytest.fixture
def story(request, tmp_path):
    """On SQLite. Noon on a Monday."""
    yield from _told(request, tmp_path, "sqlite")


@pytest.fixture(params=databases.KINDS)
def anywhere(request, tmp_path):
    """On SQLite and on PostgreSQL."""
    yield from _told(request, tmp_path, request.param)
