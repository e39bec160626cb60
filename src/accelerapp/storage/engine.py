"""Opens the database and brings its schema up to date.

SQLite: WAL, `BEGIN IMMEDIATE` for every transaction that may write (a deferred one that reads and then writes fails
under load), foreign keys on. PostgreSQL: by psycopg 3. What goes wrong leaves as one of the errors below.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from accelerapp.base import errors
from accelerapp.base.settings.model import SQLITE_FILE

_LIMITS = "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=30000"
"""A process that was stopped in the middle of a unit of work does not keep its locks: the server ends the session."""
_MIGRATIONS = Path(__file__).parent / "migrations"


class DatabaseUnavailableError(errors.CannotTellError):
    """The database cannot be reached now."""


class DatabaseNewerError(errors.WrongUseError):
    """The database was written by a newer Accelerapp."""


class DatabaseFullError(errors.AccelerappError):
    """The disk under the database is full."""


def open_database(folder: Path, url: str = "") -> Engine:
    """An engine for `url` (postgresql://…), or for the SQLite file in `folder` when it is empty.

    Nothing is connected yet, except that a SQLite folder is made. Raises WrongUseError for an address of another kind.
    """
    if url:
        return _postgres(_parse(url))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise errors.WrongUseError(
            f"The data folder {folder} cannot be made: {error.strerror}.", mend="Set data.folder to another one."
        ) from error
    return _sqlite(folder / SQLITE_FILE)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise errors.WrongUseError(
            "data.database_url is not an address.", mend="Write it like postgresql://user:password@host:5432/name."
        ) from error
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise errors.WrongUseError(
            f"data.database_url names '{parsed.drivername}', but only postgresql is supported.",
            mend="Leave it empty for the built-in SQLite.",
        )
    return parsed.set(drivername="postgresql+psycopg")


def _postgres(url: URL) -> Engine:
    return sqlalchemy.create_engine(
        url,
        pool_size=5,
        max_overflow=10,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5, "application_name": "accelerapp", "options": _LIMITS},
    )


def _sqlite(path: Path) -> Engine:
    engine = sqlalchemy.create_engine(f"sqlite:///{path}", connect_args={"timeout": 10})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we send BEGIN ourselves, below
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: sqlalchemy.Connection) -> None:
        reads = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Turns what the database library raises into an error that a person can act on."""
    try:
        yield
    except DBAPIError as error:
        text = str(error.orig).lower()
        if "disk is full" in text or "no space left" in text or getattr(error.orig, "sqlstate", "") == "53100":
            raise DatabaseFullError(
                f"The disk under the database ({_where(engine)}) is full.", mend="Make room; nothing was half written."
            ) from error
        if isinstance(error, OperationalError) or error.connection_invalidated:
            raise DatabaseUnavailableError(
                f"The database ({_where(engine)}) does not answer.", mend="Check that it runs and can be reached."
            ) from error
        raise
    except sqlalchemy.exc.TimeoutError as error:
        raise DatabaseUnavailableError(f"No connection to the database ({_where(engine)}) became free.") from error


def _where(engine: Engine) -> str:
    url = engine.url
    return str(url.database) if url.get_backend_name() == "sqlite" else f"{url.host or 'local socket'}/{url.database}"


def migrate(engine: Engine) -> None:
    """Brings the schema to this version; two processes may do it at once. Raises DatabaseNewerError."""
    from alembic import command

    settings = _configuration()
    with explained(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sqlalchemy.text("SET LOCAL statement_timeout = 0"))  # another may migrate for long
            connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(hashtext('accelerapp migrations'))"))
        head, current = _head(settings), _current(connection)
        if current == head:
            return
        if current is not None and current not in _known(settings):
            raise DatabaseNewerError(
                f"The database ({_where(engine)}) was written by a newer Accelerapp (schema {current}).",
                mend="Install that version again, or restore the database of this one.",
            )
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
        connection.commit()


class Schema(StrEnum):
    """How the schema of a database stands to this version of the product."""

    CURRENT = "current"
    BEHIND = "behind"
    """`migrate` brings it up to date; it is done at the next start."""
    EMPTY = "empty"
    NEWER = "newer"


def schema(engine: Engine) -> Schema:
    """Look at the schema and change nothing. Raises DatabaseUnavailableError."""
    settings = _configuration()
    with explained(engine), engine.connect().execution_options(reads_only=True) as connection:
        current = _current(connection)
    if current is None:
        return Schema.EMPTY
    if current == _head(settings):
        return Schema.CURRENT
    return Schema.BEHIND if current in _known(settings) else Schema.NEWER


def _configuration() -> Any:
    from alembic import config

    settings = config.Config()
    settings.set_main_option("script_location", str(_MIGRATIONS))
    return settings


def _script(settings: Any) -> Any:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(settings)


def _head(settings: Any) -> str | None:
    head: str | None = _script(settings).get_current_head()
    return head


def _known(settings: Any) -> set[str]:
    return {script.revision for script in _script(settings).walk_revisions()}


def _current(connection: sqlalchemy.Connection) -> str | None:
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def sqlite_answers(folder: Path, timeout: float) -> bool:
    """Does the SQLite database in `folder` answer? One that is not there is not made. Never raises."""
    try:
        address = f"{(folder / SQLITE_FILE).absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=timeout)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # `SELECT 1` would not open the file
            return bool(connection.execute("SELECT 1").fetchone() == (1,))
    except (sqlite3.Error, OSError):
        return False


def ping(engine: Engine) -> bool:
    """Does the database answer? Never raises."""
    try:
        with engine.connect().execution_options(reads_only=True) as connection:
            return bool(connection.execute(sqlalchemy.text("SELECT 1")).scalar_one() == 1)
    except SQLAlchemyError:
        return False
