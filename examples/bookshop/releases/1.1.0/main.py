"""Release 1.1.0: discounts by category. One category was forgotten."""

from bookshop import server
from bookshop.catalogue import Book

DISCOUNT_PERCENT = {"fiction": 10, "science": 5, "history": 15, "children": 20}


def discounted_price(book: Book, quantity: int) -> int:
    """The price in cents after the discount of the book's category."""
    return book.cents * quantity * (100 - DISCOUNT_PERCENT[book.category]) // 100


if __name__ == "__main__":
    server.serve("1.1.0", price=discounted_price)
