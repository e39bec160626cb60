"""The logs of replicas: rotation that loses no line, and reading across rotated files.

A replica keeps its descriptor open (O_APPEND), so its file can't be renamed away. The finished part is copied to
`NAME.log.1` and then taken out of the file in place: its blocks are freed (a hole), the writer goes on at its end.
Readers skip the hole. Where the file system can't do that, the file is cut to nothing after the copy; lines written
between the two would be lost, which is said in an event.
"""

from __future__ import annotations

import ctypes
import errno
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from accelerapp.base.ids import ReplicaName
from accelerapp.platforms.interface import LogChunk

_PUNCH_HOLE_KEEP_SIZE = 0x02 | 0x01
_CHUNK = 1 << 20
_TAIL_LINE_GUESS = 200


def data_start(descriptor: int) -> int:
    """Where the content of a file begins, after the hole that rotation left."""
    try:
        return os.lseek(descriptor, 0, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:  # all hole, or empty
            return os.fstat(descriptor).st_size
        return 0


def rotate(path: Path, limit: int, keep: int) -> str | None:
    """Rotate a log that holds more than `limit` bytes. Returns how (`punched`, `truncated`), None if it was small."""
    with path.open("r+b", buffering=0) as file:
        start = data_start(file.fileno())
        size = os.fstat(file.fileno()).st_size
        if size - start <= limit:
            return None
        end = _line_end(file.fileno(), start, size)
        _shift(path, keep)
        _copy(file.fileno(), start, end, _numbered(path, 1))
        if _punch(file.fileno(), end):
            return "punched"
        file.truncate(0)
        return "truncated"


def _line_end(descriptor: int, start: int, size: int) -> int:
    """The end of the last whole line; the end of the file when it has none."""
    position = size
    while position > start:
        begin = max(start, position - _CHUNK)
        found = os.pread(descriptor, position - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        position = begin
    return size


def _copy(descriptor: int, start: int, end: int, target: Path) -> None:
    """Copy to a hidden file, wait for the disk, rename: a crash leaves a whole rotated file or none.

    The first line of content may follow a partial block of zero bytes that a hole can't cover; they are left out.
    """
    beside = target.with_name(f".{target.name}.part")
    with beside.open("wb") as out:
        position, leading = start, True
        while position < end:
            piece = os.pread(descriptor, min(_CHUNK, end - position), position)
            if not piece:
                break
            position += len(piece)
            if leading:
                piece = piece.lstrip(b"\0")
                leading = not piece
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(target)


def _punch(descriptor: int, length: int) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "fallocate64"):
        return False
    libc.fallocate64.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    return bool(libc.fallocate64(descriptor, _PUNCH_HOLE_KEEP_SIZE, 0, length) == 0)


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _shift(path: Path, keep: int) -> None:
    _numbered(path, keep).unlink(missing_ok=True)
    for number in range(keep - 1, 0, -1):
        if _numbered(path, number).exists():
            _numbered(path, number).replace(_numbered(path, number + 1))


def files_of(folder: Path, replica: str) -> list[Path]:
    """A replica's log files, oldest first."""
    rotated = sorted(folder.glob(f"{replica}.log.*"), key=lambda path: -int(path.suffix[1:]))
    live = folder / f"{replica}.log"
    return [*rotated, live] if live.exists() else rotated


def replicas_in(folder: Path) -> list[str]:
    """Replicas that have a log, the longest unwritten first."""
    found = {path: path.stat().st_mtime for path in folder.glob("*.log")}
    return [path.stem for path in sorted(found, key=found.__getitem__)]


def prune(folder: Path, running: set[str], keep: int) -> None:
    """Remove the logs of replicas that ended, but for the newest `keep` of them."""
    ended = [replica for replica in replicas_in(folder) if replica not in running]
    for replica in ended[: max(0, len(ended) - keep)]:
        for path in files_of(folder, replica):
            path.unlink(missing_ok=True)


def last_line(path: Path) -> str:
    """The last line with text in it, for a reason; empty when there is none."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = max(data_start(file.fileno()), size - 4096)
            text = os.pread(file.fileno(), size - start, start).decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line.strip(" \r\t\0") for line in text.split("\n")]
    return next((line for line in reversed(lines) if line), "")[:300]


@dataclass
class _Reader:
    """Reads one live log from an offset on, whole lines only while it may still grow."""

    replica: str
    path: Path
    offset: int

    def read(self, *, final: bool) -> Iterator[bytes]:
        """What came since; `final` also gives a last line without an end."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return
        try:
            size = os.fstat(descriptor).st_size
            if size < self.offset:  # cut: begin again
                self.offset = 0
            self.offset = max(self.offset, data_start(descriptor))
            while self.offset < size:
                piece = os.pread(descriptor, min(_CHUNK, size - self.offset), self.offset)
                whole = piece if final or len(piece) == _CHUNK else piece[: piece.rfind(b"\n") + 1]
                if not whole:
                    return
                self.offset += len(whole)
                yield whole.replace(b"\0", b"") if whole[:1] == b"\0" else whole
        finally:
            os.close(descriptor)


def read(folder: Path, replicas: list[str], since: datetime | None, tail: int | None) -> Iterator[LogChunk]:
    """The logs of these replicas, rotated files first. Files not written since `since` are passed over."""
    for replica in replicas:
        for reader in _readers(folder, replica, since, tail):
            for data in reader.read(final=True):
                yield LogChunk(ReplicaName(replica), data)


def follow(folder: Path, wanted: set[str], tail: int | None, since: datetime | None) -> Iterator[LogChunk]:
    """What is there (the last `tail` lines), then what comes, until the caller stops; empty chunks tell it is alive."""
    live: dict[str, _Reader] = {}
    first = True
    while True:
        for replica in replicas_in(folder):
            if wanted and replica not in wanted:
                continue
            if replica not in live:
                *past, now = _readers(folder, replica, since, tail if first else None)
                live[replica] = now
                for reader in past:
                    for data in reader.read(final=True):
                        yield LogChunk(ReplicaName(replica), data)
            for data in live[replica].read(final=False):
                yield LogChunk(ReplicaName(replica), data)
        first = False
        yield LogChunk(ReplicaName(""), b"")
        time.sleep(0.25)


def _readers(folder: Path, replica: str, since: datetime | None, tail: int | None) -> list[_Reader]:
    files = files_of(folder, replica)
    if since is not None:
        files = [path for path in files if path.stat().st_mtime >= since.timestamp()] or files[-1:]
    readers = [_Reader(replica, path, 0) for path in files]
    if tail is None:
        return readers
    kept: list[_Reader] = []
    for reader in reversed(readers):
        reader.offset, found = _tail_offset(reader.path, tail)
        kept.insert(0, reader)
        tail -= found
        if tail <= 0:
            break
    return kept


def _tail_offset(path: Path, lines: int) -> tuple[int, int]:
    """Where the last `lines` lines begin, and how many lines there are from there on."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return 0, 0
    try:
        start, size = data_start(descriptor), os.fstat(descriptor).st_size
        if lines <= 0:
            return size, 0
        span = max(4096, lines * _TAIL_LINE_GUESS)
        while True:
            begin = max(start, size - span)
            data = os.pread(descriptor, size - begin, begin)
            ends = data.count(b"\n")
            if ends > lines or begin == start:
                break
            span *= 2
        position = len(data)
        for _ in range(lines + (1 if data.endswith(b"\n") else 0)):
            position = data.rfind(b"\n", 0, position)
            if position < 0:
                return begin, ends
        return begin + position + 1, lines
    finally:
        os.close(descriptor)
