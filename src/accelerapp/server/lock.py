"""One process per data folder: a lock that the system lets go of when the process ends, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import IO

from accelerapp.base import errors


def hold(folder: Path) -> IO[str]:
    """Take the lock; it is held until the file is closed. Raises WrongUseError with the pid of whoever holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "accelerapp.lock").open("a+", encoding="ascii", errors="replace")
    except OSError as error:
        raise errors.WrongUseError(
            f"The data folder {folder} cannot be used: {error.strerror}.", mend="Set data.folder to another one."
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        pid = file.read().strip() or "unknown"
        file.close()
        raise errors.WrongUseError(
            f"Another accelerapp (pid {pid}) runs on {folder}.",
            mend="Stop it first, or set data.folder to another one.",
        ) from error
    with contextlib.suppress(OSError):  # on a full disk the lock holds all the same; only its pid is not told
        os.ftruncate(file.fileno(), 0)
        os.write(file.fileno(), f"{os.getpid()}\n".encode())
    return file
