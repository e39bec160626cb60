"""Follows the logs of a workload's pods: those that come are picked up, those that go end quietly.

Each followed log holds a connection and a thread; there are at most `MOST` of them in this process, and a log that gets
no place is named. A connection that breaks, or that is silent for long, is opened again behind the last line that was
read, so no line is lost or told twice. When a container was started again, the end of its run before is read first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from accelerapp.base import errors
from accelerapp.base.ids import ReplicaName
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.interface import LogChunk, LogRequest
from accelerapp.platforms.kubernetes import logs
from accelerapp.platforms.kubernetes import runs as logged

MOST = 60
_LOOK = 1.5
_FAILURES = 3
_places = threading.BoundedSemaphore(MOST)
_IDLE = LogChunk(ReplicaName(""), b"")

Look = Callable[[], Sequence[logged.Run]]


@dataclass
class _Log:
    """How far one pod's log was read."""

    last: bytes = b""
    """The time of the last line that was read."""
    id: str = ""
    """The run that was read last."""
    finished: bool = False
    """That run is over and was read to its end."""
    told: bool = False
    """It was said that it cannot be followed."""
    failures: int = 0
    """So often in a row it could not be read."""
    thread: threading.Thread | None = None

    @property
    def is_read(self) -> bool:
        return self.thread is not None and self.thread.is_alive()


def follow(cluster: clusters.Cluster, namespace: str, look: Look, request: LogRequest) -> Iterator[LogChunk]:
    """What there is, an empty chunk, then what comes; an empty chunk four times a second while nothing does.

    `look` gives the runs there are now. Raises ForbiddenError, and WrongUseError: a run that is over cannot be
    followed. A cluster that cannot be reached is told once and asked again.
    """
    if request.previous:
        raise errors.WrongUseError("A run that is over cannot be followed.", mend="Leave --follow or --previous out.")
    follower = _Follower(cluster, namespace, look, request)
    yield from follower.past()
    yield _IDLE
    yield from follower.coming()


class _Follower:
    def __init__(self, cluster: clusters.Cluster, namespace: str, look: Look, request: LogRequest) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._look = look
        self._request = replace(request, follow=False)
        self._logs: dict[str, _Log] = {}
        self._channel = logs.Channel()

    def past(self) -> Iterator[LogChunk]:
        """What was written until now; notes how far each log was read."""
        wanted = logged.chosen(self._look(), self._request)
        # to follow from the end on, the last line is read, but not handed on
        silent = self._request.tail == 0
        request = replace(self._request, tail=1) if silent else self._request
        for run in wanted:
            self._logs[run.pod] = _Log(id=run.id)
        for chunk in logs.read(self._cluster, self._namespace, wanted, request):
            if chunk.data:
                self._logs[chunk.replica].last = logs.stamp_of(chunk.data[chunk.data.rfind(b"\n", 0, -1) + 1 :])
            if not silent or chunk.unread:
                yield chunk

    def coming(self) -> Iterator[LogChunk]:
        """What comes, until the caller stops."""
        self._channel.start(self._watch)
        try:
            while True:
                yield self._channel.get() or _IDLE
        finally:
            self._channel.stop()

    def _watch(self) -> None:
        """Look again and again what there is to be read."""
        pause, unreachable = 0.0, False
        while not self._channel.wait(pause):
            pause = _LOOK
            try:
                wanted = logged.chosen(self._look(), self._request)
            except errors.CannotTellError as error:
                if not unreachable:
                    self._channel.put(LogChunk(ReplicaName("-"), b"", unread=error.message))
                unreachable = True
                continue
            unreachable = False
            for run in wanted:
                self._see(run)
            for pod in self._logs.keys() - {run.pod for run in wanted}:
                if not self._logs[pod].is_read:
                    del self._logs[pod]

    def _see(self, run: logged.Run) -> None:
        """Begin to read a log that nobody reads, unless it was read to its end."""
        log = self._logs.setdefault(run.pod, _Log())
        if log.is_read or (log.finished and log.id == run.id):
            return
        if not _places.acquire(blocking=False):
            if not log.told:
                log.told = True
                self._channel.put(LogChunk(run.name, b"", unread=f"{MOST} logs are followed already"))
            return
        log.thread = self._channel.start(lambda: self._follow(run, log))

    def _follow(self, run: logged.Run, log: _Log) -> None:
        try:
            if log.id and log.id != run.id:
                self._catch_up(replace(run, previous=True), log)
            log.id, log.finished = run.id, False
            for line in self._lines(run, log):
                self._take(run.name, line, log)
            log.finished = run.ended  # else the container may have ended a moment ago: the next look tells
        except errors.ForbiddenError:
            raise
        except errors.NotFoundError:
            return  # the pod is gone
        except errors.AccelerappError as error:  # the next look begins again behind the last line
            log.failures += 1
            if log.failures == _FAILURES:
                self._channel.put(LogChunk(run.name, b"", unread=error.message))
        else:
            log.failures = 0
        finally:
            _places.release()

    def _lines(self, run: logged.Run, log: _Log) -> Iterator[bytes]:
        since = logs.moment(log.last)[0] if log.last else None
        lines = self._cluster.log_lines(
            run.pod,
            self._namespace,
            run.container,
            previous=run.previous,
            follow=not run.previous,
            since=since,
            timestamps=True,
        )
        return logs.behind(lines, log.last)

    def _catch_up(self, before: logged.Run, log: _Log) -> None:
        """The end of the run before, if nobody had read it."""
        name = replace(before, previous=False).name
        try:
            for line in self._lines(before, log):
                self._take(name, line, log)
        except errors.WrongUseError as error:  # the node has removed it already
            if not log.finished:
                self._channel.put(LogChunk(name, b"", unread=f"the end of the run before is gone: {error.message}"))

    def _take(self, name: ReplicaName, line: bytes, log: _Log) -> None:
        data = logs.wrapped(line)
        self._channel.put(LogChunk(name, data if data.endswith(b"\n") else data + b"\n", wrapped=True))
        log.last, log.failures = logs.stamp_of(line), 0
