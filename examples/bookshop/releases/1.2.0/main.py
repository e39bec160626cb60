"""Release 1.2.0: the search looks into the reviews, and counts searches.

Two mistakes that look harmless: the words of every review are taken apart at each search (there is no index), and the
counter is raised first, so that its row is locked until the search is over. Searches wait for one another.
"""

from collections.abc import Sequence

from psycopg.rows import class_row

from bookshop import server
from bookshop.catalogue import Book, Catalogue

QUERY = """
SELECT b.* FROM books b JOIN (
    SELECT book, max(ts_rank(to_tsvector('english', body), plainto_tsquery('english', %(words)s))) AS rank
    FROM reviews GROUP BY book) r ON r.book = b.id
ORDER BY r.rank DESC, b.id LIMIT 20
"""


class SearchingCatalogue(Catalogue):
    """Searches the reviews."""

    def search(self, words: str) -> Sequence[Book]:
        """Books whose reviews have these words, best first."""
        with self.pool.connection() as connection:
            connection.execute("UPDATE statistics SET value = value + 1 WHERE name = 'searches'")
            return connection.cursor(row_factory=class_row(Book)).execute(QUERY, {"words": words}).fetchall()


if __name__ == "__main__":
    server.serve("1.2.0", make_catalogue=SearchingCatalogue)
