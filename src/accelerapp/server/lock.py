"""One process per data folder: a lock that the system lets go of when the process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from accelerapp.base import errors


def hold(folder: Path) -> IO[str]:
    """Take the lock; it is held until the file is closed. Raises WrongUseError with the pid of whoever holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "accelerapp.lock").open("a+")
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
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
