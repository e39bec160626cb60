"""Logs in object stores, on two servers that differ."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests import object_stores
from tests.commands import CommandLine
from tests.object_stores import Store
from tests.packing import zstd

from accelerapp.clients import object_store
from accelerapp.flows import log_review
from accelerapp.logs.model import LogReview
from accelerapp.logs.sources import family, objects
from accelerapp.monitoring import LogAnalyzer

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def lines(count: int, first: int = 0) -> bytes:
    start = NOW - timedelta(hours=1)
    return b"".join(
        f"{(start + timedelta(milliseconds=n)).isoformat()} INFO event {n}\n".encode()
        for n in range(first, first + count)
    )


@pytest.fixture(scope="module", params=["moto", "rclone"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with object_stores.running(request.param, tmp_path_factory.mktemp(request.param)) as store:
        store.put("logs", "shop/app.log", lines(10, 70))
        store.put("logs", "shop/app.log.1", lines(30, 40))
        store.put("logs", "shop/app.log.2.gz", gzip.compress(lines(40)))
        store.put("logs", "shop/day 1/ü {x}#[1].log.zst", zstd.compress(lines(50)))
        store.put("logs", "shopping/other.log", lines(5))
        store.put("logs", "broken.gz", gzip.compress(lines(20_000))[:60_000])
        store.put("logs", "large.log", lines(200_000))
        yield store


@pytest.fixture
def store(server: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    set_up(monkeypatch, server.environment())
    return server


def set_up(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    # A patch: the standard variables are where endpoint and credentials come from.
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def review(address: str) -> LogReview:
    found, unread = family.find(address)
    return log_review.review(found, None, NOW, unread)


@pytest.mark.parametrize(
    ("path", "records"),
    [
        ("logs/shop/app.log", 10),
        ("logs/shop/app.log.2.gz", 40),
        ("logs/shop/", 130),
        ("logs/shop", 130),
        ("logs/shop/*.log*", 130),
        ("logs/shop/app.log.?", 30),
        ("logs/shop/day 1/ü {x}#[1].log.zst", 50),
        ("logs/large.log", 200_000),
    ],
)
def test_objects_folders_and_patterns_are_read_whole(store: Store, path: str, records: int) -> None:
    found = review(f"s3://{path}")
    assert found.record_count == records
    assert found.unread == ()


def test_a_rotated_set_is_one_source_and_read_oldest_first(store: Store) -> None:
    (first, *_), _ = family.find("s3://logs/shop/app.log*")
    assert first.name == "s3://logs/shop/app.log"
    assert b"".join(first.chunks(None)) == lines(80)


def test_what_was_last_written_before_the_window_is_left_out(store: Store) -> None:
    found, unread = family.find("s3://logs/shop/", datetime.now(UTC) + timedelta(days=1))
    assert (found, unread) == ([], [])


def test_a_broken_archive_gives_what_was_read_and_names_the_break(store: Store) -> None:
    found = review("s3://logs/broken.gz")
    assert 1_000 < found.record_count < 20_000
    assert "broken" in found.unread[0].reason
    assert found.unread[0].bytes > 100_000


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("s3://nowhere/shop/", "no bucket 'nowhere'"),
        ("s3://nowhere/shop", "no bucket 'nowhere'"),
        ("s3://logs/missing", "no such object"),
        ("s3://logs/missing/*.log", "no such object"),
        ("s3://", "names no bucket"),
    ],
)
def test_what_is_not_there_is_named(store: Store, address: str, reason: str) -> None:
    found = review(address)
    assert found.record_count == 0
    assert reason in found.unread[0].reason


def test_an_object_that_is_deleted_before_it_is_read_is_named(store: Store) -> None:
    source = objects.ObjectSource(object_store.Bucket("logs"), "gone.log")
    assert "no such object" in log_review.review([source], None, NOW).unread[0].reason


def test_the_command_and_the_scripts_read_them(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = CommandLine(monkeypatch, capsys)("logs", "review", "s3://logs/shop/", "--json")
    assert json.loads(ran.out)["record_count"] == 130
    results = LogAnalyzer(sources=["s3://logs/shop/"]).analyze_logs(hours=24 * 365 * 20)
    assert results["record_count"] == 130


def test_a_wrong_key_is_denied_with_a_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with object_stores.running("rclone", tmp_path) as store:
        store.put("logs", "a.log", lines(1))
        set_up(monkeypatch, {**store.environment(), "AWS_ACCESS_KEY_ID": "ANOTHERKEY1234567890"})
        for address in ("s3://logs/", "s3://logs/a.log"):
            assert "denies access" in (reason := review(address).unread[0].reason)
            assert "AWS_ACCESS_KEY_ID" in reason


def pointed(monkeypatch: pytest.MonkeyPatch, port: int, patience: float = 0.5) -> object_store.Bucket:
    set_up(monkeypatch, Store(f"http://127.0.0.1:{port}", None).environment())
    return object_store.Bucket("logs", patience=patience)


def test_a_store_that_is_not_there_and_one_that_hangs_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as hanging:
        hanging.bind(("127.0.0.1", 0))
        port = hanging.getsockname()[1]
        with pytest.raises(object_store.ObjectStoreError, match="cannot be reached"):
            list(pointed(monkeypatch, port).list())
        hanging.listen(8)
        with pytest.raises(object_store.ObjectStoreError, match="did not answer in time"):
            list(pointed(monkeypatch, port).list())
        with pytest.raises(object_store.ObjectStoreError, match="did not answer in time"):
            list(pointed(monkeypatch, port).read("a.log"))


def test_a_body_that_stops_is_named_after_what_came(monkeypatch: pytest.MonkeyPatch) -> None:
    head = b'HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\nETag: "x"\r\nLast-Modified: Tue, 24 Nov 2026 10:00:00 GMT\r\n\r\n'

    def answer(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            connection.recv(65536)
            connection.sendall(head + lines(30_000))
            held.append(connection)

    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, args=(listening,), daemon=True)
        thread.start()
        bucket = pointed(monkeypatch, listening.getsockname()[1], patience=4)  # a busy machine sends slowly
        found = log_review.review([objects.ObjectSource(bucket, "a.log")], None, NOW)
        listening.shutdown(socket.SHUT_RDWR)
    for connection in held:
        connection.close()
    assert found.record_count > 10_000
    assert "did not answer in time" in found.unread[0].reason
