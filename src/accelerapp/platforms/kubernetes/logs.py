"""Reads what containers wrote: of many pods side by side, with few connections. Every line comes with its time.

The time is what the node noted when the line was written; it is handed on in CRI's wrapping. A log that cannot be
read, or not to its end, is named in a chunk of its own; only a missing right is an error for all of them.
"""

from __future__ import annotations

import contextlib
import queue
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from accelerapp.base import errors
from accelerapp.base.ids import ReplicaName
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.interface import LogChunk, LogRequest
from accelerapp.platforms.kubernetes import runs as logged

AT_ONCE = 8
"""So many logs are read at the same time."""
_BATCH = 64 * 1024
_ROOM = 64
_GLANCE = 0.25
_DONE = LogChunk(ReplicaName(""), b"")
_GONE = (
    "There is no log of it: its pod is gone, or has not begun yet.",
    "There is no log of a run before the present one: it was never restarted, or its pod is gone.",
)
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT[0-9:.]{8,18}(?:Z|[+-]\d\d:\d\d) ")


class _StoppedError(Exception):
    """Nobody reads any more."""


class Channel:
    """Chunks from several threads to one reader; who writes waits while the reader has enough to do."""

    def __init__(self) -> None:
        self._queue: queue.Queue[LogChunk | errors.AccelerappError] = queue.Queue(_ROOM)
        self._stopping = threading.Event()

    def put(self, chunk: LogChunk | errors.AccelerappError) -> None:
        """Hand on a chunk, or an error that ends it all."""
        while not self._stopping.is_set():
            try:
                self._queue.put(chunk, timeout=_GLANCE)
                return
            except queue.Full:
                continue
        raise _StoppedError

    def get(self) -> LogChunk | None:
        """The next chunk; None when there is none for a moment. Raises the error that was put."""
        try:
            found = self._queue.get(timeout=_GLANCE)
        except queue.Empty:
            return None
        if isinstance(found, errors.AccelerappError):
            raise found
        return found

    def stop(self) -> None:
        """Nobody reads any more: whoever writes ends."""
        self._stopping.set()

    def wait(self, seconds: float) -> bool:
        """Wait a while; is nobody reading any more?"""
        return self._stopping.wait(seconds)

    def start(self, work: Callable[[], None]) -> threading.Thread:
        """A thread that works until it is done or nobody reads any more."""

        def run() -> None:
            try:
                work()
            except _StoppedError:
                pass
            except errors.AccelerappError as error:
                with contextlib.suppress(_StoppedError):
                    self.put(error)

        thread = threading.Thread(target=run, name="pod-logs", daemon=True)
        thread.start()
        return thread


def read(
    cluster: clusters.Cluster, namespace: str, runs: Sequence[logged.Run], request: LogRequest
) -> Iterator[LogChunk]:
    """What the runs have written until now, oldest first per run. Raises ForbiddenError.

    A replica that is asked for by name and has no such run is named as unread. Raises NotFoundError when the runs
    before are asked for and there are none.
    """
    if request.previous and not runs and not request.replicas:
        raise errors.NotFoundError(f"No replica of {request.service} was restarted, so there is no run before.")
    for name in logged.missing(runs, request):
        yield LogChunk(name, b"", unread=_GONE[request.previous])
    if len(runs) <= 1:
        for run in runs:
            yield from read_one(cluster, namespace, run, request)
        return
    channel, waiting = Channel(), queue.SimpleQueue[logged.Run]()
    for run in runs:
        waiting.put(run)

    def work() -> None:
        for run in iter(lambda: _next(waiting), None):
            for chunk in read_one(cluster, namespace, run, request):
                channel.put(chunk)
        channel.put(_DONE)

    threads = [channel.start(work) for _ in range(min(AT_ONCE, len(runs)))]
    try:
        while threads:
            chunk = channel.get()
            if chunk is _DONE:
                threads.pop()
            elif chunk is not None:
                yield chunk
    finally:
        channel.stop()


def _next(waiting: queue.SimpleQueue[logged.Run]) -> logged.Run | None:
    try:
        return waiting.get_nowait()
    except queue.Empty:
        return None


def read_one(
    cluster: clusters.Cluster, namespace: str, run: logged.Run, request: LogRequest, after: bytes = b""
) -> Iterator[LogChunk]:
    """What one run has written until now, behind the time `after`. What is wrong is its last chunk."""
    since = request.since
    if after:
        since = moment(after)[0]
    try:
        lines = cluster.log_lines(
            run.pod,
            namespace,
            run.container,
            previous=run.previous,
            tail=request.tail,
            since=since and since.astimezone(UTC),
            timestamps=True,
        )
        yield from _batches(run.name, behind(lines, after))
    except errors.ForbiddenError:
        raise
    except errors.AccelerappError as error:
        yield LogChunk(run.name, b"", unread=error.message)


def _batches(name: ReplicaName, lines: Iterable[bytes]) -> Iterator[LogChunk]:
    """Chunks of about 64 KiB; before an error what was read until then."""
    batch: list[bytes] = []
    size = 0
    try:
        for line in lines:
            batch.append(wrapped(line))
            size += len(line)
            if size >= _BATCH:
                yield LogChunk(name, b"".join(batch), wrapped=True)
                batch, size = [], 0
    except errors.AccelerappError:
        if batch:
            yield LogChunk(name, b"".join(batch), wrapped=True)
        raise
    if batch:
        yield LogChunk(name, b"".join(batch), wrapped=True)


def wrapped(line: bytes) -> bytes:
    """`TIME LINE` in CRI's wrapping. Raises CannotTellError for what the node says instead of the log."""
    stamp = _STAMP.match(line)
    if stamp is None:
        told = line.decode("utf-8", "replace").strip()
        raise errors.CannotTellError(f"The node cannot read it: {told}.")
    return stamp[0] + b"stdout F " + line[stamp.end() :]


def stamp_of(line: bytes) -> bytes:
    """The time at the beginning of a line, as it stands there."""
    return line[: line.find(b" ")]


def behind(lines: Iterator[bytes], after: bytes) -> Iterator[bytes]:
    """The lines written after the time `after`: the API cuts at whole seconds only."""
    passing = not after
    for line in lines:
        if not passing and _STAMP.match(line):
            passing = moment(stamp_of(line)) > moment(after)
        if passing:
            yield line


def moment(stamp: bytes) -> tuple[datetime, int]:
    """An RFC 3339 time: its whole second and its nanoseconds, to be compared."""
    text = stamp.decode()
    fraction = re.search(r"\.(\d+)", text)
    nanoseconds = int(fraction[1].ljust(9, "0")[:9]) if fraction else 0
    return datetime.fromisoformat(text).replace(microsecond=0).astimezone(UTC), nanoseconds
