"""Replicas as processes: start, find again, end.

A pid alone names nothing, so a process is its pid and its identity. Each process carries a mark in its environment
(`ACCELERAPP_SPAWN`), written down before the process exists: whatever a crash leaves behind can be found by it.
A replica leads a process group and session of its own and writes to a file, so our end neither ends nor blocks it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from accelerapp.base import errors
from accelerapp.platforms.local import proctable

MARK = "ACCELERAPP_SPAWN"


class StartError(errors.AccelerappError):
    """The process could not be started at all."""


@dataclass(frozen=True)
class Exit:
    """How a process ended; `code` is None when it was not our child, negative for a signal."""

    code: int | None


class Process:
    """A running process: our child, or one that an earlier supervisor started."""

    def __init__(self, pid: int, identity: str, child: subprocess.Popen[bytes] | None) -> None:
        self.pid = pid
        self.identity = identity
        self._child = child
        self._pidfd = None if child else _pidfd(pid)

    def ended(self) -> Exit | None:
        """Its exit once it has ended, else None. What is left of its group is killed then.

        A child is reaped only after that: until then nobody else can get its pid, and so no stranger the signal.
        """
        if not self._has_ended():
            return None
        self.signal(signal.SIGKILL)
        if self._child is not None:
            return Exit(self._child.wait())
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None
        return Exit(None)

    def _has_ended(self) -> bool:
        if self._child is not None:
            if self._child.returncode is not None:
                return True
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        if self._pidfd is not None:
            return _readable(self._pidfd)
        return proctable.identity(self.pid) != self.identity

    def signal(self, number: int) -> None:
        """Send a signal to the whole group; one that is gone is not an error."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def spawn(command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path, mark: str) -> Process:
    """Start a command in a group of its own, its output appended to `log`. Raises StartError with the reason."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
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
    except (OSError, ValueError) as error:  # ValueError: a NUL in the command or the environment
        reason = getattr(error, "strerror", None) or str(error)
        raise StartError(f"{command[0]} cannot be started in {folder}: {reason}.") from error
    return Process(child.pid, proctable.identity(child.pid), child)


def adopt(pid: int, identity: str) -> Process | None:
    """The process that an earlier supervisor started, if it is still that one and runs."""
    if not identity or proctable.identity(pid) != identity:
        return None
    found = Process(pid, identity, None)
    return found if proctable.identity(pid) == identity else None  # the pid may have gone to another in between


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):  # not on this system: the identity is looked at instead
        return None


def _readable(descriptor: int) -> bool:
    looking = select.poll()
    looking.register(descriptor, select.POLLIN)
    return bool(looking.poll(0))


def marked(accept: Callable[[str], bool]) -> dict[str, list[psutil.Process]]:
    """All processes that carry a mark for which `accept` says yes, by mark; the eldest comes first."""
    found: dict[str, list[psutil.Process]] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            mark = process.environ().get(MARK, "")
            if mark and accept(mark) and process.status() != psutil.STATUS_ZOMBIE:
                found.setdefault(mark, []).append(process)
    for processes in found.values():
        processes.sort(key=lambda process: (process.create_time(), process.pid))
    return found


def end_marked(accept: Callable[[str], bool]) -> int:
    """Kill everything whose mark `accept` says yes to; how many processes that were."""
    found = [process for group in marked(accept).values() for process in group]
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.kill()
    return len(found)


def signal_number(name: str) -> int:
    """`TERM` -> 15."""
    return int(signal.Signals[f"SIG{name}"])
