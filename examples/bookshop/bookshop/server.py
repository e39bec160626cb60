"""The shop's HTTP server. A release gives it a catalogue, a price rule and a version, and calls `serve`."""

from __future__ import annotations

import html
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import uvicorn
from psycopg_pool import ConnectionPool
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bookshop import catalogue as catalogues
from bookshop import telemetry
from bookshop.catalogue import Book, Catalogue

Price = Callable[[Book, int], int]
Page = Callable[[Any, Request], Response]
Handler = Callable[[Request], Awaitable[Response]]
_DATABASE_WAIT = 60.0
_LONGEST_BODY = 64 * 1024

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
        pages: list[tuple[str, str, Page]] = [
            ("GET", "/", self.front),
            ("GET", "/books", self.list),
            ("GET", "/books/{number:int}", self.view),
            ("GET", "/search", self.search),
            ("POST", "/orders", self.order),
        ]
        routes = [Route(path, _measured(path, page), methods=[method]) for method, path, page in pages]
        probes = [Route("/health", self.health), Route("/metrics", self.metrics)]
        return [*routes, *probes, Route("/{rest:path}", _measured("(other)", self.nowhere), methods=["GET", "POST"])]

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
        words = request.query_params.get("q", "")
        if "\0" in words:  # PostgreSQL knows no text with it
            return JSONResponse({"error": "q must be text"}, 400)
        return JSONResponse([book.to_json() for book in self.books.search(words)])

    def order(self, body: Any, request: Request) -> Response:
        """Sell a book."""
        number, quantity = (body.get("book"), body.get("quantity", 1)) if isinstance(body, dict) else (None, None)
        if type(number) is not int or type(quantity) is not int or not 0 < quantity <= 100:
            return JSONResponse({"error": "book must be the number of a book, quantity from 1 to 100"}, 400)
        book = self.books.find(number)
        if book is None:
            return JSONResponse({"error": "no such book"}, 404)
        order = self.books.order(book, quantity, self.price(book, quantity))
        telemetry.orders.inc()
        if order % 500 == 0:
            inventory.warning("stock of book %d is counted again after order %d", book.id, order)
        return JSONResponse({"order": order}, 201)

    def nowhere(self, body: Any, request: Request) -> Response:
        """Every other path."""
        return JSONResponse({"error": "no such page"}, 404)

    async def health(self, request: Request) -> Response:
        """Ready when the database answers."""
        try:
            await run_in_threadpool(self.books.check)
        except psycopg.Error as error:
            log.warning("not ready: %s", _name(error))
            return JSONResponse({"status": "unavailable", "reason": f"database: {_name(error)}"}, 503)
        return JSONResponse({"status": "ok", "version": self.version})

    async def metrics(self, request: Request) -> Response:
        """Prometheus' text format."""
        return Response(telemetry.render(self.books.pool.get_stats()), media_type=telemetry.CONTENT_TYPE)


def _measured(path: str, page: Page) -> Handler:
    """Answers in a thread, counts, times and logs under the path's template: a raw path would be a series each."""
    template = path.replace(":int", "")

    async def handle(request: Request) -> Response:
        start = time.perf_counter()
        response = await run_in_threadpool(_answer, page, template, await _body(request), request)
        seconds = time.perf_counter() - start
        telemetry.requests.labels(request.method, template, response.status_code).inc()
        telemetry.duration.labels(request.method, template).observe(seconds)
        fields = {"method": request.method, "path": request.url.path, "status": response.status_code}
        access.info("request answered", extra={"fields": {**fields, "ms": round(seconds * 1000, 1)}})
        return response

    return handle


def _answer(page: Page, path: str, body: Any, request: Request) -> Response:
    """The page; without a database 503, and what a page raises is a 500 with its traceback in the log."""
    try:
        return page(body, request)
    except psycopg.OperationalError as error:
        log.error("%s %s: the database does not answer: %s", request.method, path, _name(error))
        return JSONResponse({"error": "the shop is closed for a moment"}, 503)
    except Exception as error:  # whatever a release does wrong, the others' requests go on
        log.exception("%s %s failed: %s", request.method, path, _name(error))
        return JSONResponse({"error": "internal error"}, 500)


async def _body(request: Request) -> Any:
    """The JSON that was sent; None for none, for something else and for more than 64 KB."""
    received = b""
    try:
        async for chunk in request.stream():
            received += chunk
            if len(received) > _LONGEST_BODY:
                return None
        return json.loads(received)
    except (ValueError, RecursionError, ClientDisconnect):
        return None


def _name(error: Exception) -> str:
    """Its kind and the first line of what it says."""
    return f"{type(error).__name__}: {error}".splitlines()[0]


def serve(
    version: str, *, make_catalogue: Callable[[ConnectionPool[Any]], Catalogue] = Catalogue, price: Price = full_price
) -> None:
    """Wait for the database, then serve on $PORT until told to end; then finish what is under way and exit with 0."""
    telemetry.set_up_logging()
    # uvicorn sends itself the signal again when it has drained; without this that would be the death by a signal.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    log.info("bookshop %s starts", version)
    url = os.environ["DATABASE_URL"]
    _prepare(url)
    with _pool(url) as pool:
        try:
            _run(Shop(make_catalogue(pool), version, price))
        finally:
            log.info("bookshop %s ends", version)


def _pool(url: str) -> ConnectionPool[Any]:
    """A pool that gives up on a lost database soon and is asked anew by the next request: no long pauses once it is
    back, and no request meets a connection that has died meanwhile."""
    return ConnectionPool(
        url, min_size=1, max_size=5, timeout=2, reconnect_timeout=1, check=ConnectionPool.check_connection, open=True
    )


def _run(shop: Shop) -> None:
    config = uvicorn.Config(
        Starlette(routes=shop.routes()),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
    )
    uvicorn.Server(config).run()


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
            log.warning("the database does not answer yet: %s", _name(error))
            time.sleep(1)
