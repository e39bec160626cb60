"""The shop's HTTP server. A release gives it a catalogue, a price rule and a version, and calls `serve`."""

from __future__ import annotations

import html
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import prometheus_client
import psycopg
import psycopg_pool
import uvicorn
from psycopg_pool import ConnectionPool
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bookshop import catalogue as catalogues
from bookshop import telemetry
from bookshop.catalogue import Book, Catalogue

Price = Callable[[Book, int], int]
Handler = Callable[[Request], Awaitable[Response]]
_DATABASE_WAIT = 60.0

log = logging.getLogger("shop")
access = logging.getLogger("shop.access")
inventory = logging.getLogger("inventory")

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Bookshop</title><meta name="viewport" content="width=device-width">
<style>
body {{ font: 16px/1.5 Georgia, serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
h1 {{ font-weight: normal }}
ul {{ padding: 0 }}
li {{ display: flex; justify-content: space-between; border-bottom: 1px solid #ddd; padding: .4rem 0 }}
</style>
<h1>Bookshop</h1><ul>{items}</ul><small>Version {version}</small></html>
"""


def full_price(book: Book, quantity: int) -> int:
    """The price in cents, without any discount."""
    return book.cents * quantity


class Shop:
    """The shop's pages."""

    def __init__(self, books: Catalogue, version: str, price: Price) -> None:
        self.books = books
        self.version = version
        self.price = price

    def routes(self) -> list[Route]:
        """All pages, each measured."""
        pages: list[tuple[str, str, Callable[..., Response]]] = [
            ("GET", "/", self.front),
            ("GET", "/books", self.list),
            ("GET", "/books/{number:int}", self.view),
            ("GET", "/search", self.search),
            ("POST", "/orders", self.order),
        ]
        routes = [Route(path, _measured(path, page), methods=[method]) for method, path, page in pages]
        return [*routes, Route("/health", self.health), Route("/metrics", self.metrics)]

    def front(self, body: Any, request: Request) -> Response:
        """The front page."""
        items = "".join(
            f"<li><span>{html.escape(book.title)}</span><span>{book.cents / 100:.2f}</span></li>"
            for book in self.books.all()
        )
        return HTMLResponse(_PAGE.format(items=items, version=html.escape(self.version)))

    def list(self, body: Any, request: Request) -> Response:
        """The first books."""
        return JSONResponse([book.to_json() for book in self.books.all()])

    def view(self, body: Any, request: Request) -> Response:
        """One book."""
        book = self.books.find(request.path_params["number"])
        return JSONResponse(book.to_json()) if book else JSONResponse({"error": "no such book"}, 404)

    def search(self, body: Any, request: Request) -> Response:
        """Books by words."""
        return JSONResponse([book.to_json() for book in self.books.search(request.query_params.get("q", ""))])

    def order(self, body: Any, request: Request) -> Response:
        """Sell a book."""
        if not isinstance(body, dict) or not isinstance(body.get("book"), int):
            return JSONResponse({"error": "book must be the number of a book"}, 400)
        quantity = body.get("quantity", 1)
        book = self.books.find(body["book"])
        if book is None or not isinstance(quantity, int) or not 0 < quantity <= 100:
            return JSONResponse({"error": "no such book, or not a quantity from 1 to 100"}, 400)
        number = self.books.order(book, quantity, self.price(book, quantity))
        telemetry.orders.inc()
        if number % 500 == 0:
            inventory.warning("stock of book %d is counted again after order %d", book.id, number)
        return JSONResponse({"order": number}, 201)

    async def health(self, request: Request) -> Response:
        """Ready when the database answers."""
        try:
            await run_in_threadpool(self.books.alive)
        except (psycopg.Error, psycopg_pool.PoolTimeout) as error:
            return JSONResponse({"status": "unavailable", "reason": f"database: {error}"}, 503)
        return JSONResponse({"status": "ok", "version": self.version})

    async def metrics(self, request: Request) -> Response:
        """Prometheus' text format."""
        telemetry.pool_waiting.set(self.books.pool.get_stats().get("requests_waiting", 0))
        return Response(
            prometheus_client.generate_latest(telemetry.registry), media_type="text/plain; version=0.0.4; charset=utf-8"
        )


def _measured(path: str, page: Callable[..., Response]) -> Handler:
    """Answers in a thread, counts, times and logs; what a page raises is a 500 with its traceback in the log."""

    async def handle(request: Request) -> Response:
        start = time.perf_counter()
        try:
            body = await request.json() if request.method == "POST" else None
        except ValueError:
            body = None
        try:
            response = await run_in_threadpool(page, body, request)
        except Exception as error:
            log.exception("%s %s failed: %s", request.method, path, _name(error))
            response = JSONResponse({"error": "internal error"}, 500)
        seconds = time.perf_counter() - start
        telemetry.requests.labels(request.method, path, response.status_code).inc()
        telemetry.duration.labels(request.method, path).observe(seconds)
        fields = {"method": request.method, "path": request.url.path, "status": response.status_code}
        access.info("request answered", extra={"fields": {**fields, "ms": round(seconds * 1000, 1)}})
        return response

    return handle


def _name(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def serve(
    version: str, *, make_catalogue: Callable[[ConnectionPool[Any]], Catalogue] = Catalogue, price: Price = full_price
) -> None:
    """Wait for the database, then serve on $PORT until told to end."""
    telemetry.set_up_logging()
    log.info("bookshop %s starts", version)
    url = os.environ["DATABASE_URL"]
    _prepare(url)
    with ConnectionPool[Any](url, min_size=1, max_size=5, timeout=5, open=True) as pool:
        shop = Shop(make_catalogue(pool), version, price)
        server = uvicorn.Server(
            uvicorn.Config(
                Starlette(routes=shop.routes()),
                host="127.0.0.1",
                port=int(os.environ["PORT"]),
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=10,
            )
        )
        server.run()
    log.info("bookshop %s ends", version)


def _prepare(url: str) -> None:
    """Make the tables; the database may still be starting."""
    deadline = time.monotonic() + _DATABASE_WAIT
    while True:
        try:
            with psycopg.connect(url, connect_timeout=3, autocommit=True) as connection:
                catalogues.prepare(connection)
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                sys.exit(f"The database did not answer within {_DATABASE_WAIT:.0f} s: {error}")
            log.warning("the database does not answer yet")
            time.sleep(1)
