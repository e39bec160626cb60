"""The books: their tables, their first content, and the questions that are asked of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

CATEGORIES = ("fiction", "science", "history", "poetry", "children")
_SUBJECTS = ("Harbour", "Lantern", "Orchard", "Meridian", "Winter", "Atlas", "Sparrow", "Cartographer", "Tide", "Ember")
_FORMS = ("The {} at Dawn", "A Short Book of the {}", "Letters from the {}", "The Last {}")
_SETUP_LOCK = 7321

_SCHEMA = """
CREATE TABLE IF NOT EXISTS books (
    id integer PRIMARY KEY, title text NOT NULL, category text NOT NULL, cents integer NOT NULL,
    stock integer NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, book integer NOT NULL REFERENCES books,
    quantity integer NOT NULL, cents integer NOT NULL, at timestamptz NOT NULL DEFAULT now());
"""


@dataclass(frozen=True)
class Book:
    """A book on sale; the price is in cents."""

    id: int
    title: str
    category: str
    cents: int
    stock: int

    def to_json(self) -> dict[str, Any]:
        """As the API shows it."""
        return asdict(self)


def first_books() -> list[Book]:
    """200 books, 40 of each category."""
    titles = [form.format(subject) for form, subject in itertools.product(_FORMS, _SUBJECTS)]
    return [
        Book(number + 1, f"{title} ({category})", category, 900 + 37 * (number % 50), 1_000_000)
        for number, (title, category) in enumerate(itertools.product(titles, CATEGORIES))
    ]


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Make the tables and fill them once; replicas that start together wait for one another."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_SETUP_LOCK])
        connection.execute(_SCHEMA)
        if connection.execute("SELECT 1 FROM books LIMIT 1").fetchone():
            return
        cursor = connection.cursor()
        with cursor.copy("COPY books FROM STDIN") as copy:
            for book in first_books():
                copy.write_row((book.id, book.title, book.category, book.cents, book.stock))


class Catalogue:
    """The books in the database."""

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        self.pool = pool

    def all(self, limit: int = 20) -> Sequence[Book]:
        """The first so many books."""
        return self._books("SELECT * FROM books ORDER BY id LIMIT %s", limit)

    def find(self, number: int) -> Book | None:
        """One book."""
        return next(iter(self._books("SELECT * FROM books WHERE id = %s", number)), None)

    def search(self, words: str) -> Sequence[Book]:
        """Books whose title has these words."""
        return self._books("SELECT * FROM books WHERE title ILIKE %s ORDER BY id LIMIT 20", f"%{words}%")

    def order(self, book: Book, quantity: int, cents: int) -> int:
        """Sell; the number of the order."""
        with self.pool.connection() as connection:
            connection.execute("UPDATE books SET stock = stock - %s WHERE id = %s", [quantity, book.id])
            row = connection.execute(
                "INSERT INTO orders (book, quantity, cents) VALUES (%s, %s, %s) RETURNING id",
                [book.id, quantity, cents],
            ).fetchone()
        assert row is not None
        return int(row[0])

    def check(self) -> None:
        """Raises psycopg.Error when the database does not answer.

        A pool without a free connection says nothing about the database: a new connection is tried then, and its
        error says what is wrong.
        """
        try:
            with self.pool.connection(timeout=0.2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            psycopg.connect(str(self.pool.conninfo), connect_timeout=2).close()

    def _books(self, query: LiteralString, *values: object) -> list[Book]:
        with self.pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Book))
            books: list[Book] = cursor.execute(query, values).fetchall()
        return books
