"""Stories run in memory; those that ask for `anywhere` run on SQLite and on PostgreSQL as well."""

from __future__ import annotations

import pytest
from tests.fakes import NOON
from tests.paging import stories

from accelerapp.base.clock import MovingClock


@pytest.fixture
def story(request, tmp_path):
    clock = MovingClock(NOON)
    with stories.working(request, "memory", tmp_path, clock) as work:
        made = stories.Story(work, clock)
        made.describe(stories.book())
        yield made


@pytest.fixture(params=stories.KINDS)
def anywhere(request, tmp_path):
    clock = MovingClock(NOON)
    with stories.working(request, request.param, tmp_path, clock) as work:
        made = stories.Story(work, clock)
        made.describe(stories.book())
        yield made
