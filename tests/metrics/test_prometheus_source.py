"""A Prometheus as the source: the real one, and servers that answer otherwise."""

from __future__ import annotations

import json
import math
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ports import free_port

from accelerapp.base import errors
from accelerapp.clients.http import HttpClient
from accelerapp.metrics.sources.prometheus import PrometheusSource

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Server(ThreadingHTTPServer):
    """Answers every GET with `status` and `body`; `hangs` never answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.body, self.hangs = 200, b"", False
        self.asked: list[str] = []
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.server.hangs:
            self.server.stopping.wait(60)
            return
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.stopping.set()
    made.shutdown()
    made.server_close()


def source(url: str, timeout: float = 30) -> PrometheusSource:
    return PrometheusSource(url, HttpClient(timeout=timeout), timeout)


def result(kind: str, found: object) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": found}}).encode()


def test_vectors_scalars_and_matrices_are_read_with_every_kind_of_number(server: Server) -> None:
    asked = source(server.url)
    server.body = result("vector", [{"metric": {"a": "b"}, "value": [1.5, each]} for each in ("1e-3", "NaN", "+Inf")])
    values = [each.point.value for each in asked.instant("x", NOW).elements]
    assert values[0] == 0.001
    assert math.isnan(values[1])
    assert values[2] == math.inf
    server.body = result("scalar", [1, "2"])
    assert asked.instant("2", NOW).is_scalar
    server.body = result("matrix", [{"metric": {}, "values": [[1, "2"], [2, "3"]]}])
    [line] = asked.range("x", NOW, NOW + timedelta(minutes=1), timedelta(seconds=15)).lines
    assert [each.value for each in line.points] == [2, 3]
    server.body = result("vector", [])
    assert asked.instant("x", NOW).elements == ()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 401, 403, 404, 301, 204])
def test_a_server_that_does_not_answer_the_question_cannot_tell(server: Server, status: int) -> None:
    server.status, server.body = status, b"" if status == 204 else b"nothing here"
    with pytest.raises(errors.CannotTellError, match=str(status)):
        source(server.url).instant("up", NOW)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<html>", b"[]", b"null", b'"x"', b'{"status":"success"}', b'{"data":{}}', b"\xff\xfe", b"{" * 10_000),
        *(result("vector", 5), result("vector", [5]), result("vector", [{"metric": {}}]), result("scalar", [])),
        *(result("vector", [{"metric": {}, "value": [1, "x"]}]), result("vector", [{"metric": 5, "value": [1, "1"]}])),
    ],
)
def test_garbage_is_never_taken_for_an_answer(server: Server, body: bytes) -> None:
    server.body = body
    with pytest.raises(errors.CannotTellError):
        source(server.url).instant("up", NOW)


def test_a_wrong_expression_is_a_mistake_of_whoever_asks(server: Server) -> None:
    server.status, server.body = (
        400,
        b'{"status":"error","errorType":"bad_data","error":"parse error: \x1b[31m"}'.replace(b"\x1b", b"\\u001b"),
    )
    with pytest.raises(errors.WrongUseError, match="parse error") as caught:
        source(server.url).instant("sum(", NOW)
    assert "\x1b" not in caught.value.message
    server.body = b"Bad Request"
    with pytest.raises(errors.CannotTellError, match="400"):
        source(server.url).instant("sum(", NOW)


def test_a_server_that_is_not_there_or_says_nothing_cannot_tell(server: Server) -> None:
    with pytest.raises(errors.CannotTellError, match="cannot be reached"):
        source(f"http://127.0.0.1:{free_port()}").instant("up", NOW)
    server.hangs = True
    with pytest.raises(errors.CannotTellError, match="in time"):
        source(server.url, timeout=0.3).instant("up", NOW)


def test_an_answer_without_end_is_not_read_to_its_end(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    # A patch, so that the test need not send 64 MB.
    monkeypatch.setattr("accelerapp.metrics.sources.prometheus.LARGEST", 1000)
    server.body = b" " * 10_000
    with pytest.raises(errors.CannotTellError, match="more than"):
        source(server.url).instant("up", NOW)


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[str]:
    """A real Prometheus that scrapes itself."""
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed (Debian: prometheus)")
    port = free_port()
    config = {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{"job_name": "itself", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}],
    }
    (tmp_path / "prometheus.yml").write_text(json.dumps(config))
    command = ["prometheus", f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data"]
    started = subprocess.Popen(
        [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield f"http://127.0.0.1:{port}"
    started.send_signal(signal.SIGTERM)
    started.wait(30)


@pytest.mark.prometheus
def test_a_real_prometheus_answers_and_refuses_in_the_same_types(prometheus: str) -> None:
    asked = source(prometheus)
    deadline = time.monotonic() + 60
    while True:
        try:
            found = asked.instant("up", datetime.now(UTC))
        except errors.CannotTellError:
            found = None  # it is starting
        if found and found.elements and found.elements[0].point.value == 1:
            break
        assert time.monotonic() < deadline, "Prometheus did not scrape itself"
        time.sleep(0.2)
    now = datetime.now(UTC)
    assert found.elements[0].labels["job"] == "itself"
    assert asked.instant("1 + 1", now).is_scalar
    assert asked.instant("nothing_at_all", now).elements == ()
    assert asked.range("up", now - timedelta(minutes=1), now, timedelta(seconds=15)).lines
    for wrong in ("sum(", "up + on() up[5m]", "up[5m]", '"text"'):
        with pytest.raises(errors.WrongUseError):
            asked.instant(wrong, now)
