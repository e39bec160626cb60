"""Stories run in memory; those that ask for `work_anywhere` run on SQLite and on PostgreSQL as well."""

from __future__ import annotations

import pytest
from tests.alerts import stories


@pytest.fixture
def work(request, tmp_path):
    with stories.working(request, "memory", tmp_path) as opened:
        yield opened


@pytest.fixture
def story(work):
    return stories.Story(work)


@pytest.fixture(params=stories.KINDS)
def work_anywhere(request, tmp_path):
    with stories.working(request, request.param, tmp_path) as opened:
        yield opened
