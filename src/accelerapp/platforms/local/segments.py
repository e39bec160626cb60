"""Where the bytes of a replica's log lie: rotated files and the live one as one stream with lasting positions.

A position counts all bytes that the replica ever wrote. Rotation moves bytes from the live file to `NAME.log.1`, but
never changes their positions, so a reader that remembers one loses and repeats nothing. What rotation itself needs to
remember stands in hidden files beside the log; a lock keeps readers out of the moment in which bytes change files.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PIECE = 1 << 16


@dataclass(frozen=True)
class Segment:
    """A file that holds the bytes from position `begin` to `end`, the first of them at `offset` in the file."""

    path: Path
    begin: int
    end: int
    offset: int
    written: float
    """When it was written last, in seconds since 1970."""


@dataclass(frozen=True)
class Log:
    """The log files of one replica."""

    folder: Path
    replica: str

    @property
    def live(self) -> Path:
        """The file that the replica appends to."""
        return self.folder / f"{self.replica}.log"

    def rotated(self, number: int) -> Path:
        """The rotated file of this number; 1 is the newest."""
        return self.folder / f"{self.replica}.log.{number}"

    def numbers(self) -> list[int]:
        """The numbers of the rotated files, ascending."""
        endings = [path.name.rpartition(".")[2] for path in self.folder.glob(f"{self.replica}.log.*")]
        return sorted(int(ending) for ending in endings if ending.isdigit())

    @property
    def part(self) -> Path:
        """A rotated file that is not complete yet."""
        return self.folder / f".{self.replica}.log.part"

    @property
    def intent(self) -> Path:
        """Holds, while bytes change files, the offset in the live file up to which they do."""
        return self.folder / f".{self.replica}.log.rotating"

    @property
    def base(self) -> Path:
        """Holds the position of the live file's first byte; only where the live file had to be cut."""
        return self.folder / f".{self.replica}.log.base"

    def remove(self) -> None:
        """Remove all of it."""
        for path in [*map(self.rotated, self.numbers()), self.live, self.part, self.intent, self.base]:
            path.unlink(missing_ok=True)

    def segments(self) -> list[Segment]:
        """All segments, oldest first; empty when there is no log. Hold the lock."""
        live = self._live_segment()
        if live is None:
            return []
        found = [live]
        for number in self.numbers():
            path = self.rotated(number)
            stat = path.stat()
            end = found[0].begin
            found.insert(0, Segment(path, end - stat.st_size, end, 0, stat.st_mtime))
        return found

    def _live_segment(self) -> Segment | None:
        try:
            descriptor = os.open(self.live, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            stat = os.fstat(descriptor)
            start = content_start(descriptor)
        finally:
            os.close(descriptor)
        if not self.part.exists():  # a rotation that died between its rename and its hole has moved these already
            start = min(max(start, read_number(self.intent)), stat.st_size)
        base = read_number(self.base)
        return Segment(self.live, base + start, base + stat.st_size, start, stat.st_mtime)


def content_start(descriptor: int) -> int:
    """The offset of a file's first content, after the hole and the zeros that rotation left."""
    size = os.fstat(descriptor).st_size
    try:
        position = os.lseek(descriptor, 0, os.SEEK_DATA)
    except OSError as error:
        position = size if error.errno == errno.ENXIO else 0  # ENXIO: all hole, or empty
    while piece := os.pread(descriptor, _PIECE, position):
        rest = len(piece.lstrip(b"\0"))
        position += len(piece) - rest
        if rest:
            break
    return min(position, size)


def read_number(path: Path) -> int:
    """The number in a hidden file; 0 when there is none."""
    try:
        return int(path.read_text("ascii") or 0)
    except FileNotFoundError:
        return 0


@contextmanager
def locked(folder: Path, *, change: bool = False) -> Iterator[None]:
    """Readers together, or one rotation alone. Before the first rotation there is nothing to lock."""
    try:
        descriptor = os.open(folder / ".lock", os.O_RDONLY | (os.O_CREAT if change else 0), 0o600)
    except FileNotFoundError:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if change else fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)
