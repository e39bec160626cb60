"""A unit of work: everything in it is written together or not at all. Stores never commit; leaving the block does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.engine import Engine

from accelerapp.storage import engine as engines
from accelerapp.storage import fencing


class Database:
    """Hands out units of work on one database; what the database library raises leaves explained."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """`with database.write() as work: …` commits at the end and rolls back on an error.

        Raises LeaseLostError at the start when this thread works under a lease that is another's by now.
        """
        with engines.explained(self.engine), self.engine.begin() as connection:
            fencing.check(connection)
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """`with database.read() as work: …` sees one state and must not write; readers never wait for a writer."""
        with (
            engines.explained(self.engine),
            self.engine.connect().execution_options(reads_only=True) as connection,
            connection.begin(),
        ):
            yield connection
