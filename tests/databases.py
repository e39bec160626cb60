"""Databases for tests: SQLite in a folder, or a new database on the PostgreSQL of the fixture `postgres_url`."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from accelerapp.storage import engine as engines
from accelerapp.storage.unit_of_work import Database

KINDS = ("sqlite", "postgresql")


def postgres_url(request: pytest.FixtureRequest) -> str:
    """The address of a running PostgreSQL; skips, with the reason, where the test run offers none."""
    try:
        url: str = request.getfixturevalue("postgres_url")
    except pytest.FixtureLookupError:
        pytest.skip("this test run offers no PostgreSQL (there is no fixture postgres_url)")
    return url


@contextmanager
def new_postgres(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a new, empty database; it is dropped at the end."""
    server = sqlalchemy.make_url(postgres_url(request)).set(drivername="postgresql")
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield server.set(database=name).render_as_string(hide_password=False)
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def new_engine(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[sqlalchemy.Engine]:
    """An engine of an empty database of a kind; nothing is migrated."""
    if kind == "sqlite":
        engine = engines.open_database(folder)
        yield engine
        engine.dispose()
        return
    with new_postgres(request) as url:
        engine = engines.open_database(folder, url)
        yield engine
        engine.dispose()


@contextmanager
def opened(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[Database]:
    """A migrated database of a kind."""
    with new_engine(request, kind, folder) as engine:
        engines.migrate(engine)
        yield Database(engine)
