"""What needs a store runs in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests import databases

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
