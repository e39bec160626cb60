"""The one door to PostgreSQL servers of others, by psycopg 3. Read-only, short statements, nothing is kept open.

The product's own database is `storage`'s. psycopg is imported when the first question is asked.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accelerapp.base import errors

if TYPE_CHECKING:
    import psycopg

_DRIVER = re.compile(r"^postgres(?:ql)?(?:\+\w+)?://")
_LONGEST = """
    SELECT extract(epoch FROM clock_timestamp() - query_start)::float, query FROM pg_stat_activity
    WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    ORDER BY query_start LIMIT 1
"""
_CONNECTIONS = """
    SELECT count(*) FILTER (WHERE backend_type = 'client backend'),
           count(*) FILTER (WHERE query = '<insufficient privilege>' AND backend_type = 'client backend'),
           current_setting('max_connections')::int, pg_is_in_recovery(), current_setting('server_version')
    FROM pg_stat_activity
"""


class PostgresUnreachableError(errors.CannotTellError):
    """The database does not let us in or does not answer."""


@dataclass(frozen=True)
class PostgresState:
    """A database as it is now."""

    latency_seconds: float
    """Of one `SELECT 1` on the open connection."""
    connect_seconds: float
    version: str
    in_recovery: bool
    size_bytes: int | None
    """None: it could not be measured in time or is not permitted."""
    connections: int
    """Of clients, in the whole server, ours included."""
    max_connections: int
    hidden_queries: int
    """Connections of others whose query this role may not see."""
    longest_seconds: float | None = None
    """None: no query runs."""
    longest_query: str = ""
    """As the server shows it: unmasked."""


def is_address(url: str) -> bool:
    """Is it an address of a PostgreSQL database?"""
    return bool(_DRIVER.match(url))


def state(url: str, timeout: float) -> PostgresState:
    """Ask the database at `url`. Raises WrongUseError for another kind of address, PostgresUnreachableError.

    Connecting and every statement may take `timeout` seconds each; psycopg waits at least 2 for a connection.
    """
    begun = time.monotonic()
    with _connected(url, timeout) as connection:
        connected = time.monotonic()
        connection.execute("SELECT 1").fetchone()
        answered = time.monotonic()
        used, hidden, limit, recovers, version = _row(connection, _CONNECTIONS)
        longest = connection.execute(_LONGEST).fetchone()
        return PostgresState(
            latency_seconds=answered - connected,
            connect_seconds=connected - begun,
            version=version,
            in_recovery=recovers,
            size_bytes=_size(connection),
            connections=used,
            max_connections=limit,
            hidden_queries=hidden,
            longest_seconds=longest[0] if longest else None,
            longest_query=longest[1] if longest else "",
        )


def answers(url: str, timeout: float) -> bool:
    """Does `SELECT 1` work? Raises WrongUseError for another kind of address, and nothing else."""
    try:
        with _connected(url, timeout) as connection:
            return bool(_row(connection, "SELECT 1") == (1,))
    except PostgresUnreachableError:
        return False


def _row(connection: psycopg.Connection[Any], query: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] = connection.execute(query.encode()).fetchone() or ()
    return row


def _size(connection: psycopg.Connection[Any]) -> int | None:
    import psycopg

    try:
        size: int = _row(connection, "SELECT pg_database_size(current_database())")[0]
    except (psycopg.errors.QueryCanceled, psycopg.errors.InsufficientPrivilege):
        return None
    return size


@contextmanager
def _connected(url: str, timeout: float) -> Iterator[psycopg.Connection[Any]]:
    import psycopg

    if not is_address(url):
        raise errors.WrongUseError(
            "This is not an address of a PostgreSQL database.",
            mend="Write it like postgresql://user:password@host:5432/name.",
        )
    try:
        with psycopg.connect(
            _DRIVER.sub("postgresql://", url),
            autocommit=True,
            connect_timeout=max(2, round(timeout)),
            application_name="accelerapp",
        ) as connection:
            # Set after connecting: as start-up options they would be refused by poolers such as pgbouncer.
            connection.execute(f"SET statement_timeout = {max(1, round(timeout * 1000))}".encode())
            connection.execute("SET default_transaction_read_only = on")
            yield connection
    except psycopg.OperationalError as error:
        raise PostgresUnreachableError(f"The database does not answer: {_first_line(error)}") from error
    except psycopg.ProgrammingError as error:
        if getattr(error, "sqlstate", None):
            raise PostgresUnreachableError(f"The database refuses the question: {_first_line(error)}") from error
        # libpq repeats the address, with its password, in this message: it must go no further.
        raise errors.WrongUseError("The address of the PostgreSQL database has a mistake.") from None
    except psycopg.Error as error:
        raise PostgresUnreachableError(f"The database cannot be asked: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
