"""The supervisor: one process that makes what is into what is wanted, service by service.

It is started by `platform.LocalPlatform.start`, in a session of its own, and outlives whoever started it. It keeps
nothing in memory that a crash would lose: the next one reads `status.json`, finds the marked processes and goes on.
TERM ends the supervisor and leaves the replicas running, for the next supervisor to adopt.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import signal
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO

from accelerapp.base import clock as clocks
from accelerapp.platforms.local import files, network, operate, processes, proctable, replicas, report

TICK = 0.1
_MEASURE_EVERY = 2.0
_ROTATE_EVERY = 2.0
_FIND_EVERY = 0.5
_STRAYS_AT = (0.0, 1.0, 10.0)
"""Seconds after the start. A process that a dead supervisor has only just forked may not show its mark at once."""
_GONE_AFTER = 10.0
_LOCK_TIME = 3.0
_OWN_LOG_LIMIT = 1 << 20
_DESCRIPTORS = 8192


class Supervisor:
    """Operates every service of a folder."""

    def __init__(self, folder: files.Folder, lock: TextIO, clock: clocks.Clock, most_connections: int) -> None:
        self.folder = folder
        self._lock = lock
        self._clock = clock
        self._most_connections = most_connections
        self._complaints = report.Complaints()
        self._network = network.Network()
        self._worker = ThreadPoolExecutor(1, "rotation")
        self._operators: dict[str, operate.Operator] = {}
        self._ending = False
        self._due: dict[str, float] = {}
        self._strays_at = [time.monotonic() + after for after in _STRAYS_AT]
        self._seen_at = time.monotonic()

    def run(self) -> None:
        """Work until told to end, or until the folder is gone."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        while not self._ending:
            now = time.monotonic()
            try:
                self._step(now)
            except OSError as error:  # no descriptors, no memory: the next step may have them again
                self._complaints.say(f"a step was not finished: {error}")
            if self._is_gone(now):
                for one in self._operators.values():
                    one.end_all()
                return
            time.sleep(TICK)
        for one in self._operators.values():
            one.close()
        self._network.stop()

    def _end(self, number: int, frame: object) -> None:
        self._ending = True

    def _step(self, now: float) -> None:
        if self._is_due("find", _FIND_EVERY, now):
            self._find(now)
        if self._strays_at and now >= self._strays_at[0]:
            self._strays_at.pop(0)
            self._end_strays()
        figures = self._measure() if self._is_due("measure", _MEASURE_EVERY, now) else None
        rotate = self._is_due("rotate", _ROTATE_EVERY, now)
        for one in self._operators.values():
            try:
                one.step(self._ports_of_others(one), now)
                if figures is not None:
                    one.measured(figures, now)
                if rotate:
                    one.rotate_logs(self._worker)
            except Exception:  # one service's trouble (a full disk, a damaged file) must not stop the others
                self._complaints.say(f"{one.folder.name}: {traceback.format_exc()}")

    def _is_due(self, what: str, every: float, now: float) -> bool:
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + every
        return True

    def _find(self, now: float) -> None:
        """Take on the services that appeared in the folder."""
        for service in self.folder.services():
            if service.name not in self._operators and service.desired.exists():
                one = operate.Operator(
                    self.folder, service, self._clock, self._network, self._complaints, self._most_connections
                )
                one.restore(now)
                self._operators[service.name] = one

    def _ports_of_others(self, one: operate.Operator) -> set[int]:
        return {port for other in self._operators.values() if other is not one for port in other.ports()}

    def _end_strays(self) -> None:
        """End processes of this folder that no replica knows: a crash came between their start and their record."""
        prefix = replicas.mark_prefix(self.folder)
        known = {mark for one in self._operators.values() for mark in one.marks()}
        count = processes.end_marked(lambda mark: mark.startswith(prefix) and mark not in known)
        if count:
            self._complaints.say(f"ended {count} processes that no replica knows")

    def _measure(self) -> dict[int, proctable.Measured]:
        leaders = [pid for one in self._operators.values() for pid in one.leaders()]
        return proctable.measure(leaders) if leaders else {}

    def _is_gone(self, now: float) -> bool:
        """Was our folder removed, for longer than a moment? Then another supervisor could start beside us."""
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(self._lock.fileno()), self.folder.lock.stat()):
                self._seen_at = now
        return now - self._seen_at > _GONE_AFTER


def main() -> None:
    """`python -m accelerapp.platforms.local.supervisor FOLDER` goes to the background at once."""
    folder = files.Folder(Path(sys.argv[1]))
    files.private_folder(folder.path)
    if os.fork():
        os._exit(0)  # whoever started us need not wait for us, nor reap us
    lock = _take(folder)
    if lock is None:
        return  # another one runs already: it does the work
    if folder.log.exists() and folder.log.stat().st_size > _OWN_LOG_LIMIT:
        os.truncate(folder.log, 0)
    Supervisor(folder, lock, clocks.SystemClock(), _connections()).run()
    os._exit(0)  # a rotation under way is finished by the next supervisor


def _take(folder: files.Folder) -> TextIO | None:
    """The lock; tried for a while, since whoever only asks whether we run holds it for a moment."""
    lock = folder.lock.open("a+")
    until = time.monotonic() + _LOCK_TIME
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return None
            time.sleep(0.02)
        else:
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            return lock


def _connections() -> int:
    """How many connections the proxies may hold: each takes two descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _DESCRIPTORS:
        soft = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(16, (soft - 256) // 4)


if __name__ == "__main__":
    main()
