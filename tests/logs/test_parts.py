"""Large logs are read in parts, by whatever reads them, with the same result."""

from __future__ import annotations

import gzip
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from accelerapp.flows import log_review
from accelerapp.logs.model import LogReview
from accelerapp.logs.sources import files, parts
from accelerapp.logs.sources.interface import Source

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SIZE = 10_000
TRACE = "Traceback (most recent call last):\n  File \"a.py\", line 1\nKeyError: 'x'\n"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of many parts: the real size of a part would make it a slow test."""
    monkeypatch.setattr(parts, "SIZE", SIZE)
    monkeypatch.setattr(parts.of, "__defaults__", (SIZE,))
    path = tmp_path / "app.log"
    with path.open("w") as file:
        for n in range(3000):
            at = NOW - timedelta(seconds=3000 - n)
            file.write(f"{at.isoformat()} {'ERROR' if n % 7 == 0 else 'INFO'} {'ab'[n % 2]} event {n} of {n % 13}\n")
            file.write(TRACE if n % 7 == 0 else "plain words\n" if n % 5 == 0 else "")
    return path


def review(*sources: Source, since: datetime | None = None, executor: Executor | None = None) -> LogReview:
    return log_review.review(sources, since, NOW, executor=executor)


def whole(path: Path, since: datetime | None = None) -> LogReview:
    """Read without cuts."""
    summary = log_review.summarise(files.FileSource(path), since, NOW)
    from accelerapp.logs import service

    return service.review(summary, since, NOW if since else service.time(summary.spans[str(path)][1]))


def test_the_parts_are_many_and_their_counts_are_those_of_the_whole(log: Path) -> None:
    cut = parts.of(files.FileSource(log), None, SIZE)
    assert len(cut) > 10
    assert b"".join(chunk for part in cut for chunk in part.chunks(None)) == log.read_bytes()
    assert review(files.FileSource(log)) == whole(log)


def test_a_window_begins_near_its_start(log: Path) -> None:
    since = NOW - timedelta(minutes=10)
    assert review(files.FileSource(log), since=since) == whole(log, since)


@pytest.fixture(params=["threads", "processes"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    made: Executor = ThreadPoolExecutor(2) if request.param == "threads" else ProcessPoolExecutor(2)
    with made as running:
        yield running


def test_threads_and_processes_find_the_same_as_one_reader(log: Path, executor: Executor) -> None:
    assert review(files.FileSource(log), executor=executor) == whole(log)


class Deadly:
    """A source whose reader dies, but for the process that the test runs in."""

    name = "deadly"

    def __init__(self) -> None:
        self.home = os.getpid()

    def chunks(self, since: datetime | None) -> Iterator[bytes]:
        if os.getpid() != self.home:
            os.kill(os.getpid(), signal.SIGKILL)
        yield b"2026-11-24T11:00:00Z ERROR read after all\n"


def test_a_worker_that_dies_costs_a_retry_and_not_the_result(log: Path) -> None:
    with ProcessPoolExecutor(2) as executor:
        found = review(files.FileSource(log), Deadly(), executor=executor)
    assert found.sources["deadly"] == 1
    assert found.record_count == whole(log).record_count + 1
    assert not found.unread


def test_a_packed_log_is_its_own_only_part(log: Path) -> None:
    packed = log.with_suffix(".gz")
    packed.write_bytes(gzip.compress(log.read_bytes()))
    assert len(parts.of(files.FileSource(packed), None, SIZE)) == 1


def test_a_log_without_times_is_not_cut(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("plain words\n" * 5000)
    assert len(parts.of(files.FileSource(tmp_path / "a.log"), None, SIZE)) == 1


def test_a_part_that_is_gone_is_named(log: Path) -> None:
    cut = list(parts.of(files.FileSource(log), None, SIZE))
    log.rename(log.with_suffix(".1"))
    log.write_text("new\n")
    found = review(*cut)
    assert {unread.reason for unread in found.unread} == {"it was rotated while it was read"}


def test_a_rotated_set_is_cut_within_its_files_and_not_between_them(log: Path) -> None:
    older = log.with_name("app.log.1")
    older.write_bytes(log.read_bytes()[:60_000])
    (source,), _ = files.find(str(log.parent))
    uncut = log_review.summarise(source, None, NOW)
    found = review(source)
    assert len(parts.of(source, None, SIZE)) > 10
    assert found.record_count == uncut.records
    assert dict(found.sources) == dict(uncut.sources)


def test_a_dask_cluster_finds_the_same_as_one_reader(log: Path) -> None:
    from distributed import LocalCluster

    from accelerapp.base import jsons
    from accelerapp.clients import executors

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        executors.opened(cluster.scheduler_address) as dask,
    ):
        found = review(files.FileSource(log), executor=dask)
    assert jsons.to_json(found) == jsons.to_json(whole(log))


def test_a_scheduler_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.ports import free_port

    from accelerapp.base import errors
    from accelerapp.clients import executors

    monkeypatch.setattr(executors, "_CONNECT_SECONDS", 1)  # ten seconds make a slow test
    with (
        pytest.raises(errors.CannotTellError, match="does not answer"),
        executors.opened(f"tcp://127.0.0.1:{free_port()}"),
    ):
        pass
