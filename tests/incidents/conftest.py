"""What needs a store runs in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests import databases
from tests.fakes import NOON
from tests.incidents import stories
from tests.paging import stories as paging_stories

from accelerapp.base.clock import MovingClock
from accelerapp.incidents.store import IncidentStore, MemoryIncidents
from accelerapp.incidents.store_sql import SqlIncidents


@pytest.fixture(params=("memory", *databases.KINDS))
def work(request, tmp_path):
    """`with work() as incidents: …` is a unit of work."""
    if request.param == "memory":
        kept = MemoryIncidents()

        @contextmanager
        def memory() -> Iterator[IncidentStore]:
            yield kept

        yield memory
        return
    with databases.opened(request, request.param, tmp_path) as database:

        @contextmanager
        def sql() -> Iterator[IncidentStore]:
            with database.write() as connection:
                yield SqlIncidents(connection)

        sql.database = database  # type: ignore[attr-defined]
        yield sql


def _told(request, tmp_path, kind):
    clock = MovingClock(NOON)
    with paging_stories.working(request, kind, tmp_path, clock) as work:
        made = stories.Story(work, clock)
        made.describe(paging_stories.book())
        yield made


@pytest.fixture
def story(request, tmp_path):
    """On SQLite."""
    yield from _told(request, tmp_path, "sqlite")


@pytest.fixture(params=databases.KINDS)
def anywhere(request, tmp_path):
    """On SQLite and on PostgreSQL."""
    yield from _told(request, tmp_path, request.param)
