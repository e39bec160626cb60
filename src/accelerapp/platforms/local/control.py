"""Starts, finds and ends the supervisor's process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from accelerapp.base import errors
from accelerapp.platforms.local import files, processes

_START_TIME = 20.0
_STOP_TIME = 15.0
_LOOK_EVERY = 0.05


def is_running(folder: files.Folder) -> bool:
    """Does a supervisor run on this folder?"""
    return folder.supervisor_pid() is not None


def spawn(folder: files.Folder) -> None:
    """Start a supervisor; the process that we start ends at once, and the supervisor is nobody's child.

    One too many does no harm: it finds the lock taken and ends.
    """
    files.private_folder(folder.path)
    with folder.log.open("ab") as log:
        subprocess.run(
            [sys.executable, "-m", "accelerapp.platforms.local.supervisor", str(folder.path.resolve())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env={name: value for name, value in os.environ.items() if name != processes.MARK},
            check=False,
            timeout=_START_TIME,
        )


def started(folder: files.Folder, reported: Callable[[], bool]) -> None:
    """Wait until the supervisor has reported. Raises CannotTellError with what it said."""
    if not wait(reported, _START_TIME):
        last = _last_words(folder)
        raise errors.CannotTellError(
            "The local supervisor did not start." + (f" It said: {last}" if last else ""),
            mend=f"It says why in {folder.log}.",
        )


def stop(folder: files.Folder) -> None:
    """End the supervisor alone; replicas that run go on and are adopted by the next one."""
    pid = folder.supervisor_pid()
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        wait(lambda: not is_running(folder), _STOP_TIME)


def wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until the condition holds; False when it does not within so many seconds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK_EVERY)
    return True


def _last_words(folder: files.Folder) -> str:
    try:
        lines = folder.log.read_bytes()[-4096:].decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
