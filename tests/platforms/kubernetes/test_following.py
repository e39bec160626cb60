"""Following over connections that break: nothing lost, nothing twice, and what cannot be read is told once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.platforms.contract import SHOP, eventually

from accelerapp.base import errors
from accelerapp.platforms.interface import LogChunk, LogRequest
from accelerapp.platforms.kubernetes import following, logs
from accelerapp.platforms.kubernetes.runs import Run

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


class FakeCluster:
    """Containers that write a line every 10 ms, and connections that break after so many lines of each answer."""

    def __init__(self, breaks_after: int | None = None) -> None:
        self.breaks_after = breaks_after
        self.broken = 0
        self.open = 0
        self.refusal: errors.AccelerappError | None = None
        self._begun = time.monotonic()

    def log_lines(
        self, pod: str, namespace: str, container: str = "", *, since: datetime | None = None, **more: Any
    ) -> Iterator[bytes]:
        """As the API answers: from the whole second of `since` on, the last `tail` lines, with the time in front."""
        if self.refusal:
            raise self.refusal
        self.open += 1
        try:
            yield from self._lines(since, more.get("tail"), more.get("follow", False))
        finally:
            self.open -= 1

    def _lines(self, since: datetime | None, tail: int | None, follow: bool) -> Iterator[bytes]:
        number = 0 if since is None else max(0, round((since - START).total_seconds() * 100))
        if tail is not None:
            number = max(number, self._written() - tail)
        told = 0
        while True:
            while number >= self._written():
                if not follow:
                    return
                time.sleep(0.005)
            yield f"{(START + timedelta(milliseconds=10 * number)).isoformat()} number {number}\n".encode()
            number, told = number + 1, told + 1
            if follow and self.breaks_after and told % self.breaks_after == 0:
                self.broken += 1
                raise errors.CannotTellError("The connection broke.")

    def _written(self) -> int:
        return int((time.monotonic() - self._begun) * 100)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    # A patch: how often it looks is no business of any caller, and a test should not wait for it.
    monkeypatch.setattr(following, "_LOOK", 0.05)


def run(pod: str = "a") -> Run:
    return Run(pod, "web", "id-1", ended=False)


def follow(cluster: FakeCluster, runs: Sequence[Run], **request: Any) -> Iterator[LogChunk]:
    return following.follow(cluster, "web", lambda: runs, LogRequest(SHOP, follow=True, **request))  # type: ignore[arg-type]


def numbers(chunks: Sequence[LogChunk], pod: str = "a") -> list[int]:
    data = b"".join(chunk.data for chunk in chunks if chunk.replica == pod)
    return [int(line.split()[-1]) for line in data.splitlines()]


def test_over_connections_that_break_again_and_again_every_line_comes_once() -> None:
    cluster, seen = FakeCluster(breaks_after=130), []
    for chunk in follow(cluster, [run()], tail=3):
        seen.append(chunk)
        if cluster.broken >= 4:
            break
    found = numbers(seen)
    assert found == list(range(found[0], found[0] + len(found)))
    assert len(found) > 200
    assert not any(chunk.unread for chunk in seen)


def test_a_cluster_that_cannot_be_asked_is_told_once_and_asked_again() -> None:
    looks = iter([[run()], [run()], *[errors.CannotTellError("It is away.")] * 3])

    def look() -> Sequence[Run]:
        found = next(looks, [run(), run("b")])
        if isinstance(found, errors.CannotTellError):
            raise found
        return found

    seen: list[LogChunk] = []
    for chunk in following.follow(FakeCluster(), "web", look, LogRequest(SHOP, follow=True)):  # type: ignore[arg-type]
        seen.append(chunk)
        if len(numbers(seen, "b")) > 3:
            break
    assert [chunk.unread for chunk in seen if chunk.unread] == ["It is away."]
    assert numbers(seen, "b")[0] == 0


def test_a_log_that_cannot_be_followed_is_told_once_with_the_reason() -> None:
    cluster = FakeCluster()
    chunks = follow(cluster, [run()], tail=1)
    next(chunks)
    cluster.refusal = errors.CannotTellError("The node is away.")
    told = [chunk.unread for chunk, _ in zip(chunks, range(8), strict=False) if chunk.unread]
    assert told == ["The node is away."]


def test_a_right_that_is_missing_ends_it() -> None:
    cluster = FakeCluster()
    chunks = follow(cluster, [run()], tail=1)
    next(chunks)
    cluster.refusal = errors.ForbiddenError("These credentials may not get pods/log.")
    with pytest.raises(errors.ForbiddenError):
        list(chunks)


def test_more_logs_than_there_are_places_for_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # A patch: sixty threads would make the same point more slowly.
    monkeypatch.setattr(following, "_places", threading.BoundedSemaphore(2))
    cluster, seen = FakeCluster(), []
    chunks = follow(cluster, [run(name) for name in "abcd"], tail=1)
    eventually(lambda: seen.append(next(chunks)) or sum(bool(chunk.unread) for chunk in seen) == 2)
    assert cluster.open == 2
    assert {chunk.replica for chunk in seen if chunk.unread} == {"c", "d"}
    chunks.close()  # type: ignore[attr-defined]
    eventually(lambda: cluster.open == 0)


def test_a_reader_that_is_slow_holds_up_who_writes_and_loses_nothing() -> None:
    channel = logs.Channel()
    written: list[int] = []

    def write() -> None:
        for number in range(300):
            channel.put(LogChunk("a", str(number).encode()))  # type: ignore[arg-type]
            written.append(number)

    thread = channel.start(write)
    eventually(lambda: len(written) >= 64)
    assert len(written) < 300
    read = [channel.get() for _ in range(300)]
    assert [int(chunk.data) for chunk in read if chunk] == list(range(300))
    thread.join(5)
    assert not thread.is_alive()
