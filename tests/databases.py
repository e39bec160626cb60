"""Databases for tests: SQLite in a folder, or a new database on the PostgreSQL of the fixture `postgres_url`."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
import sqlalchemy

from accelerapp.base.settings.model import SQLITE_FILE
from accelerapp.storage import engine as engines
from accelerapp.storage.unit_of_work import Database

KINDS = ("sqlite", "postgresql")
Store = TypeVar("Store")


def postgres_url(request: pytest.FixtureRequest) -> str:
    """The address of a running PostgreSQL; skips, with the reason, where the test run offers none."""
    try:
        url: str = request.getfixturevalue("postgres_url")
    except pytest.FixtureLookupError:
        pytest.skip("this test run offers no PostgreSQL (there is no fixture postgres_url)")
    return url


@contextmanager
def new_postgres(request: pytest.FixtureRequest, template: str = "template1") -> Iterator[str]:
    """The address of a new database, a copy of `template`; it is dropped at the end."""
    server = sqlalchemy.make_url(postgres_url(request)).set(drivername="postgresql")
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield server.set(database=name).render_as_string(hide_password=False)
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@cache
def _migrated_postgres(url: str) -> str:
    """The name of a migrated database that others are copied from: migrating each anew takes ten times as long."""
    server = sqlalchemy.make_url(url).set(drivername="postgresql")
    name = f"template_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    engine = engines.open_database(Path(), server.set(database=name).render_as_string(hide_password=False))
    engines.migrate(engine)
    engine.dispose()
    return name


@cache
def _migrated_sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        engine = engines.open_database(Path(folder))
        engines.migrate(engine)
        with closing(engine.raw_connection()) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[attr-defined]
        engine.dispose()
        return (Path(folder) / SQLITE_FILE).read_bytes()


def lay(folder: Path) -> None:
    """Put a migrated SQLite file into a folder that has none."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / SQLITE_FILE).exists():
        (folder / SQLITE_FILE).write_bytes(_migrated_sqlite())


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
    if kind == "sqlite":
        lay(folder)
        engine = engines.open_database(folder)
        yield Database(engine)
        engine.dispose()
        return
    with new_postgres(request, _migrated_postgres(postgres_url(request))) as url:
        engine = engines.open_database(folder, url)
        yield Database(engine)
        engine.dispose()


@contextmanager
def units(
    request: pytest.FixtureRequest, kind: str, folder: Path, memory: Callable[[], Store], of: Callable[[Any], Store]
) -> Iterator[Callable[[], AbstractContextManager[Store]]]:
    """`with work() as store` is a unit of work: in memory, or on a database of the kind, of whose connection `of` is."""
    if kind == "memory":
        kept = memory()
        yield lambda: nullcontext(kept)
        return
    with opened(request, kind, folder) as database:

        @contextmanager
        def unit() -> Iterator[Store]:
            with database.write() as connection:
                yield of(connection)

        yield unit
