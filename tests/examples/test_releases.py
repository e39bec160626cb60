"""What each release of the bookshop really does: good, failing, slow, leaking, and one that does not start."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
from tests.databases import new_postgres
from tests.examples.shops import EXAMPLE, environment, shop
from tests.running import eventually


def test_the_good_release_sells_every_book(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with (
        new_postgres(request) as database,
        shop("1.0.0", database, tmp_path) as running,
        httpx.Client(base_url=running.url) as client,
    ):
        answers = {client.post("/orders", json={"book": book, "quantity": 1}).status_code for book in range(1, 11)}
        assert answers == {201}
        assert "Version 1.0.0" in client.get("/").text
        assert "The Harbour at Dawn" in client.get("/").text
        found = client.get("/search", params={"q": "sparrow"}).json()
        assert len(found) == 20
        assert all("Sparrow" in book["title"] for book in found)
        assert "Traceback" not in running.written()


def test_three_servers_that_start_together_make_the_shop_once(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with (
        new_postgres(request) as database,
        shop("1.0.0", database, tmp_path, wait=False) as first,
        shop("1.0.0", database, tmp_path, wait=False) as second,
        shop("1.0.0", database, tmp_path, wait=False) as third,
    ):
        for running in (first, second, third):
            running.says("Uvicorn running")
            assert httpx.get(f"{running.url}/books/200").json()["category"] == "children"
            assert httpx.get(f"{running.url}/books/201").status_code == 404


def test_the_discounts_fail_a_fifth_of_the_orders_and_nothing_else(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with (
        new_postgres(request) as database,
        shop("1.1.0", database, tmp_path) as running,
        httpx.Client(base_url=running.url) as client,
    ):
        answers = [client.post("/orders", json={"book": book, "quantity": 1}).status_code for book in range(1, 51)]
        assert (answers.count(500), answers.count(201)) == (10, 40)
        others = {client.get(path).status_code for path in ("/", "/books", "/books/4", "/search?q=tide", "/health")}
        assert others == {200}
        log = running.written()
        assert log.count("ERROR shop: POST /orders failed: KeyError: 'poetry'") == 10
        assert log.count("Traceback (most recent call last):") == 10


def test_the_search_is_slow_while_everything_else_is_quick(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with (
        new_postgres(request) as database,
        shop("1.2.0", database, tmp_path) as running,
        httpx.Client(base_url=running.url, timeout=30) as client,
    ):
        eventually(lambda: client.get("/search?q=atlas").json())

        def took() -> float:
            start = time.perf_counter()
            assert all("Atlas" in book["title"] for book in client.get("/search?q=atlas").json())
            return time.perf_counter() - start

        eventually(lambda: took() > 0.5)
        lines = [line for line in running.written().splitlines() if '"path": "/search"' in line]
        assert lines
        assert {client.get(path).status_code for path in ("/", "/books", "/books/4")} == {200}


def test_recommendations_keep_memory_for_every_book_looked_at(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    def grown(version: str) -> int:
        with shop(version, database, tmp_path) as running, httpx.Client(base_url=running.url) as client:
            client.get("/books/1")
            process = psutil.Process(running.process.pid)
            before = process.memory_info().rss
            for book in range(1, 201):
                client.get(f"/books/{book}")
            return int(process.memory_info().rss) - before

    with new_postgres(request) as database:
        assert grown("1.0.0") < 8_000_000
        assert grown("1.3.0") > 16_000_000


def test_payments_end_at_start_and_say_what_is_missing() -> None:
    release = EXAMPLE / "releases" / "1.4.0"
    ended = subprocess.run(
        [sys.executable, "main.py"],
        cwd=release,
        env=environment(PORT="1", DATABASE_URL="postgresql://127.0.0.1:1/none"),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.decode().strip() == "ConfigurationError: PAYMENT_URL is not set"


def test_payments_start_where_their_address_is_set(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "PAYMENT_URL", "https://pay.example.com")
    with new_postgres(request) as database, shop("1.4.0", database, tmp_path) as running:
        assert httpx.get(f"{running.url}/health").json() == {"status": "ok", "version": "1.4.0"}
