"""Release 1.0.0: the shop as it should be."""

from bookshop import server

if __name__ == "__main__":
    server.serve("1.0.0")
