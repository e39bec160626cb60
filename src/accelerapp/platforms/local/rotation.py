"""Rotation that loses no line although the replica keeps its file open.

The finished part of the live file is copied, cut at a line end, and then freed in place: `fallocate` punches a hole
and the replica, which appends, goes on at the end. Where the file system can't do that the file is cut to nothing;
lines written between the copy and the cut are lost then. A crash at any point loses nothing, and repeats nothing where
holes can be made: the intent is written down before the copy gets its name, and the next rotation finishes it.
"""

from __future__ import annotations

import ctypes
import errno
import os
from enum import StrEnum
from pathlib import Path

from accelerapp.platforms.local import segments

_PUNCH_HOLE_KEEP_SIZE = 0x02 | 0x01
_PIECE = 1 << 20


class Outcome(StrEnum):
    """What a look at a log led to."""

    SMALL = "small"
    PUNCHED = "punched"
    TRUNCATED = "truncated"
    """The file system can't free the start of a file: lines written meanwhile may be lost."""
    FULL = "full"
    """The disk has no room for the copy: the oldest rotated file was given up, the log is rotated later."""


WORDS = {
    Outcome.TRUNCATED: (
        "LogTruncated",
        "The file system can't free the start of a log: lines may be lost at rotation.",
    ),
    Outcome.FULL: ("LogDiskFull", "The disk has no room to rotate the log: the oldest rotated file was removed."),
}
"""The reason and the sentence of an event, for outcomes that people should know of."""


def rotate(log: segments.Log, limit: int, keep: int) -> Outcome:
    """Rotate a log that holds more than `limit` bytes; keep the newest `keep` rotated files. Raises OSError."""
    if not log.live.exists():
        return Outcome.SMALL
    _finish(log)
    with log.live.open("r+b", buffering=0) as file:
        descriptor = file.fileno()
        start, size = segments.content_start(descriptor), os.fstat(descriptor).st_size
        if size - start <= limit:
            return Outcome.SMALL
        end = _line_end(descriptor, start, size)
        try:
            _copy(descriptor, start, end, log.part)
        except OSError as error:
            log.part.unlink(missing_ok=True)
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            _drop_oldest(log)
            return Outcome.FULL
        with segments.locked(log.folder, change=True):
            _write_number(log.intent, end)
            _shift(log, keep)
            log.part.replace(log.rotated(1))
            _sync_folder(log.folder)
            return _free(log, descriptor, end)


def _finish(log: segments.Log) -> None:
    """Finish or forget what a rotation that died has left."""
    if not log.intent.exists() and not log.part.exists():
        return
    with segments.locked(log.folder, change=True):
        end = segments.read_number(log.intent)
        if end and not log.part.exists():
            with log.live.open("r+b", buffering=0) as file:
                _punch(file.fileno(), min(end, os.fstat(file.fileno()).st_size))
        log.part.unlink(missing_ok=True)
        log.intent.unlink(missing_ok=True)


def _free(log: segments.Log, descriptor: int, end: int) -> Outcome:
    """Take the bytes before `end` out of the live file."""
    if _punch(descriptor, end):
        log.intent.unlink(missing_ok=True)
        return Outcome.PUNCHED
    # Without its intent a crash here repeats lines; with it, lines written after the cut could be taken for moved ones.
    log.intent.unlink(missing_ok=True)
    position = segments.read_number(log.base) + os.fstat(descriptor).st_size
    os.ftruncate(descriptor, 0)
    _write_number(log.base, position)
    return Outcome.TRUNCATED


def _line_end(descriptor: int, start: int, size: int) -> int:
    """The end of the last whole line; the end of the file when it has none."""
    position = size
    while position > start:
        begin = max(start, position - _PIECE)
        found = os.pread(descriptor, position - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        position = begin
    return size


def _copy(descriptor: int, start: int, end: int, target: Path) -> None:
    """Copy the bytes and wait for the disk: afterwards the originals are freed."""
    with target.open("wb") as out:
        position = start
        while piece := os.pread(descriptor, min(_PIECE, end - position), position):
            out.write(piece)
            position += len(piece)
        out.flush()
        os.fsync(out.fileno())


def _shift(log: segments.Log, keep: int) -> None:
    """Make room for a new number 1; what has no place left below `keep` goes."""
    numbers = set(log.numbers())
    for number in [number for number in numbers if number >= keep]:
        log.rotated(number).unlink()
    gap = next(number for number in range(1, keep + 1) if number not in numbers or number == keep)
    for number in range(gap - 1, 0, -1):
        log.rotated(number).replace(log.rotated(number + 1))


def _drop_oldest(log: segments.Log) -> None:
    numbers = log.numbers()
    if numbers:
        log.rotated(numbers[-1]).unlink(missing_ok=True)


def _punch(descriptor: int, length: int) -> bool:
    """Free the first `length` bytes in place; False where the system or the file system can't."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "fallocate64"):
        return False
    libc.fallocate64.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    return bool(libc.fallocate64(descriptor, _PUNCH_HOLE_KEEP_SIZE, 0, length) == 0)


def _write_number(path: Path, number: int) -> None:
    beside = path.with_name(f"{path.name}.new")
    with beside.open("w", encoding="ascii") as file:
        file.write(str(number))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
