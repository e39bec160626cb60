"""Release 1.2.0: a search by words, in a table of words that is filled anew every few seconds.

The mistake looks considerate: the refill pauses between its parts so as not to burden the database. But TRUNCATE locks
the table until the transaction is over, so searches wait a second or more, for the refills of other replicas too.
It is waiting, not work: a release that is slow because it computes would starve everything else on a small machine.
"""

import logging
import re
import threading
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from bookshop import server
from bookshop.catalogue import Book, Catalogue

REFILL_EVERY = 2.0
BOOKS_AT_ONCE = 20
PAUSE = 0.1

TABLE = """
SELECT pg_advisory_xact_lock(7322);
CREATE TABLE IF NOT EXISTS search_words (word text, book integer, PRIMARY KEY (word, book));
"""
QUERY = """
SELECT DISTINCT b.* FROM books b JOIN search_words s ON s.book = b.id
WHERE s.word = ANY (string_to_array(lower(%s), ' ')) ORDER BY b.id LIMIT 20
"""

log = logging.getLogger("search")


class SearchingCatalogue(Catalogue):
    """Finds books by any of the words in their title."""

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        super().__init__(pool)
        with pool.connection() as connection:
            connection.execute(TABLE)
        threading.Thread(target=self._keep_filled, daemon=True).start()

    def search(self, words: str) -> Sequence[Book]:
        """Books that have one of the words."""
        return self._books(QUERY, words)

    def _keep_filled(self) -> None:
        while True:
            try:
                books = self.all(limit=1000)
                with self.pool.connection() as connection:
                    refill(connection, books)
            except psycopg.Error as error:
                log.warning("the words were not refreshed: %s", error)
            time.sleep(REFILL_EVERY)


def refill(connection: psycopg.Connection[Any], books: Sequence[Book]) -> None:
    """All words anew, a few books at once."""
    cursor = connection.cursor()
    cursor.execute("TRUNCATE search_words")
    for start in range(0, len(books), BOOKS_AT_ONCE):
        some = books[start : start + BOOKS_AT_ONCE]
        words = [(word, book.id) for book in some for word in set(re.findall(r"\w+", book.title.lower()))]
        cursor.executemany("INSERT INTO search_words VALUES (%s, %s)", words)
        time.sleep(PAUSE)


if __name__ == "__main__":
    server.serve("1.2.0", make_catalogue=SearchingCatalogue)
