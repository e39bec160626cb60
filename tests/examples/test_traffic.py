"""The bookshop's customers: to this machine only, at their rate, never more than ten at once, whatever the shop does."""

from __future__ import annotations

import collections
import http.server
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tests.examples.shops import Program, environment, program
from tests.ports import free_port
from tests.running import eventually

from bookshop import traffic


class Counting:
    """A shop that counts; `slow` makes it wait for `gate` before it answers anything but /health."""

    def __init__(self, slow: bool = False) -> None:
        self.lock = threading.Lock()
        self.seen: collections.Counter[str] = collections.Counter()
        self.now = self.most = 0
        self.gate = threading.Event()
        if not slow:
            self.gate.set()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Count, perhaps wait, answer."""
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        if handler.path != "/health":
            with self.lock:
                self.seen[f"{handler.command} {handler.path.split('?')[0]}"] += 1
                self.now += 1
                self.most = max(self.most, self.now)
            self.gate.wait(60)
            with self.lock:
                self.now -= 1
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def total(self) -> int:
        """Requests so far, without the questions for health."""
        with self.lock:
            return sum(self.seen.values())


@contextmanager
def counting(shop: Counting, port: int = 0) -> Iterator[str]:
    """The counting shop's address."""

    class Handler(BaseHTTPRequestHandler):
        do_GET = do_POST = lambda self: shop.answer(self)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        shop.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def customers(url: str, folder: Path, rate: float, **variables: str) -> Iterator[Program]:
    """The traffic as a process."""
    command = [sys.executable, "-m", "bookshop.traffic", url, "--rate", str(rate)]
    with program(folder / "traffic.log", command, **variables) as running:
        yield running


def test_it_keeps_to_its_rate(tmp_path: Path) -> None:
    shop = Counting()
    with counting(shop) as url, customers(url, tmp_path, 40) as running:
        eventually(lambda: shop.total() > 0, 60)
        start, before = time.monotonic(), shop.total()
        eventually(lambda: shop.total() - before >= 60, 60)
        # 60 requests at 40 a second are 1.5 s; a busy machine takes longer, never much less.
        assert time.monotonic() - start > 1.0
        assert running.stop() == 0
        assert running.written().splitlines()[-1].endswith("INFO traffic: traffic ends")
        assert "Traceback" not in running.written()


def test_a_slow_shop_never_has_more_than_ten_requests_at_once(tmp_path: Path) -> None:
    shop = Counting(slow=True)
    with counting(shop) as url, customers(url, tmp_path, 200) as running:
        eventually(lambda: shop.now == 10, 60)
        time.sleep(0.5)  # a hundred more would have come by now
        assert shop.most == 10
        assert running.stop() == 0
        assert "Traceback" not in running.written()


def test_it_waits_for_the_shop_and_survives_that_it_goes_down(tmp_path: Path) -> None:
    port = free_port()
    with customers(f"http://127.0.0.1:{port}", tmp_path, 50) as running:
        for _ in range(2):
            shop = Counting()
            with counting(shop, port):
                eventually(lambda shop=shop: shop.total() > 5, 60)
        assert running.process.poll() is None
        assert running.stop() == 0


def test_it_ends_at_once_while_it_waits_for_a_shop_that_never_answers(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with customers(f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path, 20) as running:
            connection, _ = silent.accept()
            assert running.stop() == 0
            connection.close()


def test_no_proxy_of_the_environment_gets_the_requests(tmp_path: Path) -> None:
    shop, proxy = Counting(), Counting()
    with counting(shop) as url, counting(proxy) as elsewhere:
        variables = {"HTTP_PROXY": elsewhere, "http_proxy": elsewhere, "ALL_PROXY": elsewhere, "NO_PROXY": ""}
        with customers(url, tmp_path, 50, **variables) as running:
            eventually(lambda: shop.total() > 3, 60)
            assert running.stop() == 0
    assert proxy.total() == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "http://10.0.0.1:8080",
        "http://0.0.0.0:8080",
        "http://[2001:db8::1]:8080",
        "http://127.0.0.1@example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "example.com:80",
        "",
    ],
)
def test_an_address_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(SystemExit, match="loopback address only"):
        traffic.check_loopback(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:8080/", "http://[::1]:8080"])
def test_an_address_on_this_machine_is_taken(url: str) -> None:
    assert traffic.check_loopback(url) == url.rstrip("/")


def test_refusing_and_a_rate_beyond_reason_end_the_program() -> None:
    for arguments, words in ((["http://example.com"], "loopback"), (["http://127.0.0.1:1", "--rate", "1e6"], "200")):
        command = [sys.executable, "-m", "bookshop.traffic", *arguments]
        done = subprocess.run(command, env=environment(), capture_output=True, timeout=60, check=False)
        assert done.returncode != 0
        assert words in done.stderr.decode()


def test_customers_do_all_that_the_shop_offers() -> None:
    chance = random.Random(7)
    asked = [traffic.next_request(chance) for _ in range(2000)]
    kinds = collections.Counter((method, path.split("?")[0].rsplit("/", 1)[0] or path) for method, path, _ in asked)
    orders = [body for method, _, body in asked if method == "POST"]
    assert 0.35 < len(orders) / len(asked) < 0.45
    assert all(body is not None and 1 <= body["book"] <= 200 and 1 <= body["quantity"] <= 3 for body in orders)
    assert {method for method, _ in kinds} == {"GET", "POST"}
    assert {"/books", "/search", "/"} <= {path.split("?")[0] for _, path, _ in asked}
