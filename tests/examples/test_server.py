"""The bookshop's server: what it answers to anything, what it tells its operators, how it waits and ends."""

from __future__ import annotations

import json
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.databases import new_postgres
from tests.examples.shops import Program, shop
from tests.ports import free_port

pytestmark = pytest.mark.xdist_group("bookshop-server")


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One server of the good release."""
    folder = tmp_path_factory.mktemp("shop")
    with new_postgres(request) as database, shop("1.0.0", database, folder) as program:
        yield program


def samples(running: Program) -> dict[tuple[str, tuple[str, ...]], float]:
    """All figures of /metrics by name and label values."""
    text = httpx.get(f"{running.url}/metrics").text
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"[" * 50_000,
        b'{"book": true, "quantity": 1}',
        b'{"book": 1, "quantity": 0}',
        b'{"book": 1, "quantity": true}',
        b'{"book": 1, "quantity": 1e9}',
        b'{"book": "1"}',
        b'{"book": 1, "note": "' + b"x" * 70_000 + b'"}',
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_a_reason(running: Program, body: bytes) -> None:
    answer = httpx.post(f"{running.url}/orders", content=body)
    assert answer.status_code == 400
    assert "quantity" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/books/0", 404),
        ("/books/" + "9" * 30, 404),
        ("/books/one", 404),
        ("/search?q=%00", 400),
        ("/search?q=%25_%5C", 200),
        ("/search", 200),
        ("/../../etc/passwd", 404),
    ],
)
def test_a_strange_address_is_no_error_of_the_shop(running: Program, path: str, status: int) -> None:
    assert httpx.get(running.url + path).status_code == status


def test_a_book_that_does_not_exist_cannot_be_ordered(running: Program) -> None:
    assert httpx.post(f"{running.url}/orders", json={"book": 10**30}).status_code == 404


def test_metrics_count_by_template_and_never_by_raw_path(running: Program) -> None:
    before = samples(running)
    for book in (1, 2, 3):
        httpx.get(f"{running.url}/books/{book}")
    httpx.get(f"{running.url}/nowhere/{free_port()}")
    httpx.post(f"{running.url}/orders", json={"book": 1})
    after = samples(running)

    def more(name: str, *labels: str) -> float:
        return after[name, labels] - before.get((name, labels), 0)

    assert more("http_requests_total", "GET", "/books/{number}", "200") == 3
    assert more("http_requests_total", "GET", "(other)", "404") == 1
    assert more("http_request_duration_seconds_count", "GET", "/books/{number}") == 3
    assert more("http_request_duration_seconds_bucket", "+Inf", "GET", "/books/{number}") == 3
    assert more("orders_total") == 1
    assert after["database_pool_connections", ()] >= 1
    paths = {labels[1] for (name, labels) in after if name == "http_requests_total"}
    assert paths <= {"/", "/books", "/books/{number}", "/search", "/orders", "(other)"}


def test_each_request_is_one_json_line_and_other_lines_are_plain(running: Program) -> None:
    start = len(running.written())
    httpx.get(f"{running.url}/books/7?from=mail")
    lines = running.written()[start:].splitlines()
    (line,) = [json.loads(line) for line in lines if line.startswith("{")]
    assert (line["level"], line["logger"]) == ("INFO", "shop.access")
    assert (line["method"], line["path"], line["status"]) == ("GET", "/books/7", 200)
    assert line["ms"] > 0
    first = running.written().splitlines()[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO shop: bookshop 1.0.0 starts", first)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_asked_to_end_answers_first_and_exits_with_0(
    request: pytest.FixtureRequest, tmp_path: Path, number: int
) -> None:
    with new_postgres(request) as database, shop("1.0.0", database, tmp_path) as running:
        body = b'{"book": 1}'
        with socket.create_connection(("127.0.0.1", httpx.URL(running.url).port or 0)) as half:
            head = f"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            half.sendall(head.encode() + body[:5])
            running.says("Uvicorn running")
            httpx.get(f"{running.url}/books")  # the server has seen what was sent before
            running.process.send_signal(number)
            running.says("Shutting down")
            half.sendall(body[5:])
            answer = b"".join(iter(lambda: half.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 201")
        assert running.process.wait(60) == 0
        assert running.written().rstrip().endswith("INFO shop: bookshop 1.0.0 ends")


def test_a_server_waits_for_its_database_and_still_ends_when_asked(tmp_path: Path) -> None:
    nobody = f"postgresql://postgres@127.0.0.1:{free_port()}/postgres"
    with shop("1.0.0", nobody, tmp_path, wait=False) as running:
        running.says("WARNING shop: the database does not answer yet: OperationalError")
        assert running.stop() == 0
        assert "Traceback" not in running.written()
