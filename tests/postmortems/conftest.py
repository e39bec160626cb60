"""What needs a store runs in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import pytest
from tests import databases
from tests.fakes import NOON
from tests.paging import stories as paging_stories
from tests.postmortems import scenes

from accelerapp.base.clock import MovingClock
from accelerapp.postmortems.store import MemoryPostMortems
from accelerapp.postmortems.store_sql import SqlPostMortems


@pytest.fixture(params=("memory", *databases.KINDS))
def work(request, tmp_path):
    """`with work() as postmortems: …` is a unit of work."""
    with databases.units(request, request.param, tmp_path, MemoryPostMortems, SqlPostMortems) as work:
        yield work


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
