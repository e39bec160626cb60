"""Replicas as processes: start, find again, measure, end.

A pid alone names nothing, so a process is its pid and its start time. Each process carries a mark in its environment
(`ACCELERAPP_SPAWN`), written down before the process exists: whatever a crash leaves behind can be found by it.
A replica leads a process group and session of its own and writes to a file, so our end neither ends nor blocks it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from accelerapp.base import errors

MARK = "ACCELERAPP_SPAWN"


class StartError(errors.AccelerappError):
    """The process could not be started at all."""


@dataclass(frozen=True)
class Exit:
    """How a process ended; `code` is None when it was not our child, negative for a signal."""

    code: int | None


class Process:
    """A running process: our child, or one that an earlier supervisor started."""

    def __init__(self, pid: int, create_time: float, child: subprocess.Popen[bytes] | None) -> None:
        self.pid = pid
        self.create_time = create_time
        self._child = child
        self._pidfd = None if child else _pidfd(pid)

    def ended(self) -> Exit | None:
        """Its exit once it has ended, else None. Reaps a child."""
        if self._child is not None:
            code = self._child.poll()
            return None if code is None else Exit(code)
        if self._pidfd is not None:
            if not select.select([self._pidfd], [], [], 0)[0]:
                return None
            os.close(self._pidfd)
            self._pidfd = None
            return Exit(None)
        return None if _is(self.pid, self.create_time) else Exit(None)

    def signal(self, number: int) -> None:
        """Send a signal to the whole group."""
        send(self.pid, number)


def spawn(command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path, mark: str) -> Process:
    """Start a command in a group of its own, its output appended to `log`. Raises StartError with the reason."""
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("ab") as output:
            child = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={**environment, MARK: mark},
                start_new_session=True,
            )
    except OSError as error:
        raise StartError(f"{command[0]} cannot be started: {error.strerror or error}.") from error
    return Process(child.pid, _create_time(child.pid), child)


def adopt(pid: int, create_time: float) -> Process | None:
    """The process that an earlier supervisor started, if it is still that one and runs."""
    return Process(pid, create_time, None) if _is(pid, create_time) else None


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):  # not on this system: `ended` looks the process up instead
        return None


def _create_time(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0.0


def _is(pid: int, create_time: float) -> bool:
    try:
        process = psutil.Process(pid)
        return process.create_time() == create_time and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def marked(accept: Callable[[str], bool]) -> dict[str, list[psutil.Process]]:
    """All processes that carry a mark for which `accept` says yes, by mark; the leader of a group comes first."""
    found: dict[str, list[psutil.Process]] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            mark = process.environ().get(MARK, "")
            if mark and accept(mark) and process.status() != psutil.STATUS_ZOMBIE:
                found.setdefault(mark, []).append(process)
    for processes in found.values():
        processes.sort(key=lambda process: process.create_time())
    return found


def end_marked(mark: str) -> None:
    """Kill everything that still carries a mark: what a dead replica has left behind."""
    for process in marked(lambda found: found == mark).get(mark, []):
        with contextlib.suppress(psutil.Error):
            process.kill()


def send(pid: int, number: int) -> None:
    """A signal to a group; one that is gone is not an error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def signal_number(name: str) -> int:
    """`TERM` -> 15."""
    return int(signal.Signals[f"SIG{name}"])


@dataclass(frozen=True)
class Measured:
    """CPU seconds used so far and resident bytes of a process and its descendants."""

    cpu_seconds: float
    memory_bytes: int


def measure(pids: Iterable[int]) -> dict[int, Measured]:
    """One pass over the process table for all replicas."""
    table: dict[int, tuple[int, float, int]] = {}
    for process in psutil.process_iter(["ppid", "cpu_times", "memory_info"]):
        info = process.info
        if info["cpu_times"] is not None and info["memory_info"] is not None:
            times = info["cpu_times"]
            table[process.pid] = (info["ppid"] or 0, times.user + times.system, info["memory_info"].rss)
    children: dict[int, list[int]] = {}
    for pid, (parent, _, _) in table.items():
        children.setdefault(parent, []).append(pid)
    return {pid: _total(pid, table, children) for pid in pids if pid in table}


def _total(pid: int, table: dict[int, tuple[int, float, int]], children: dict[int, list[int]]) -> Measured:
    cpu, memory, queue = 0.0, 0, [pid]
    while queue:
        one = queue.pop()
        cpu += table[one][1]
        memory += table[one][2]
        queue += children.get(one, [])
    return Measured(cpu, memory)


def listens(pid: int, port: int) -> bool:
    """Does this process, or one below it, listen on the port? True when that cannot be found out."""
    try:
        leader = psutil.Process(pid)
        for process in [leader, *leader.children(recursive=True)]:
            for connection in process.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
                    return True
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False
    return False


def listener(port: int) -> int | None:
    """The pid of whoever listens on a port, when it can be found out."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                return connection.pid
    except psutil.Error:
        pass
    return None
