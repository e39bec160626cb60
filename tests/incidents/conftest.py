"""What needs a store runs in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import pytest
from tests import databases
from tests.fakes import NOON
from tests.incidents import stories
from tests.paging import stories as paging_stories

from accelerapp.base.clock import MovingClock
from accelerapp.incidents.store import MemoryIncidents
from accelerapp.incidents.store_sql import SqlIncidents


@pytest.fixture(params=("memory", *databases.KINDS))
def work(request, tmp_path):
    """`with work() as incidents: …` is a unit of work."""
    with databases.units(request, request.param, tmp_path, MemoryIncidents, SqlIncidents) as work:
        yield work


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
