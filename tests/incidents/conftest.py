"""What needs a store runs in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests import databases

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
