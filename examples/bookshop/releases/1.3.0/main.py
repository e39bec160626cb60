"""Release 1.3.0: remembers what was looked at, for recommendations. It never forgets."""

import time

from bookshop import server
from bookshop.catalogue import Book, Catalogue

_seen: dict[tuple[int, float], str] = {}


class RememberingCatalogue(Catalogue):
    """Keeps a rendered card of each book that was looked at; the key has the time in it, so no card is found again."""

    def find(self, number: int) -> Book | None:
        """One book."""
        book = super().find(number)
        if book is not None:
            _seen[number, time.time()] = f"<article><h2>{book.title}</h2></article>" * 2500
        return book


if __name__ == "__main__":
    server.serve("1.3.0", make_catalogue=RememberingCatalogue)
