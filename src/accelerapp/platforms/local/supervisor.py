"""The supervisor: one process that makes what is into what is wanted, service by service.

It is started by `platform.LocalPlatform.start`, in a session of its own, and outlives whoever started it. It keeps
nothing in memory that a crash would lose: the next one reads `status.json`, finds the marked processes and goes on.
TERM ends the supervisor and leaves the replicas running, for the next supervisor to adopt.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
import traceback
from pathlib import Path

from accelerapp.base import clock as clocks
from accelerapp.platforms.local import files, operate, processes

TICK = 0.1
_MEASURE_EVERY = 2.0
_ROTATE_EVERY = 2.0


class Supervisor:
    """Operates every service of a folder."""

    def __init__(self, folder: files.Folder, clock: clocks.Clock) -> None:
        self.folder = folder
        self._clock = clock
        self._operators: dict[str, operate.Operator] = {}
        self._stopping = asyncio.Event()
        self._measured_at = 0.0
        self._rotated_at = 0.0

    async def run(self) -> None:
        """Work until told to end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        self._find()
        self._end_strays()
        while not self._stopping.is_set():
            await self._step()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), TICK)
        for one in self._operators.values():
            await one.close()

    async def _step(self) -> None:
        now = self._clock.now().timestamp()
        self._find()
        if now - self._measured_at >= _MEASURE_EVERY or now < self._measured_at:
            self._measure(now)
        rotate = now - self._rotated_at >= _ROTATE_EVERY or now < self._rotated_at
        self._rotated_at = now if rotate else self._rotated_at
        for one in self._operators.values():
            try:
                await one.step(now)
                if rotate:
                    one.rotate_logs(now)
            except Exception:  # one service's trouble (a full disk, a damaged file) must not stop the others
                files.say(traceback.format_exc())

    def _find(self) -> None:
        """Take on the services that appeared in the folder."""
        for service in self.folder.services():
            if service.name not in self._operators and service.desired.exists():
                self._operators[service.name] = operate.Operator(self.folder, service)

    def _end_strays(self) -> None:
        """End processes of this folder that no replica knows: a crash came between their start and their record."""
        prefix = operate.mark_prefix(self.folder)
        known = {mark for one in self._operators.values() for mark in one.marks()}
        for mark, found in processes.marked(lambda mark: mark.startswith(prefix) and mark not in known).items():
            files.say(f"ending {len(found)} processes that no replica knows ({mark})")
            processes.send(found[0].pid, signal.SIGTERM)
            processes.end_marked(mark)

    def _measure(self, now: float) -> None:
        seconds = now - self._measured_at
        self._measured_at = now
        pids = [pid for one in self._operators.values() for pid in one.pids()]
        measured = processes.measure(pids) if pids else {}
        for one in self._operators.values():
            one.use(measured, seconds, now)


def main() -> None:
    """`python -m accelerapp.platforms.local.supervisor FOLDER`"""
    folder = files.Folder(Path(sys.argv[1]))
    folder.path.mkdir(parents=True, exist_ok=True)
    lock = folder.lock.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(0)  # another one runs already: it does the work
    lock.seek(0)
    lock.truncate()
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    asyncio.run(Supervisor(folder, clocks.SystemClock()).run())


if __name__ == "__main__":
    main()
