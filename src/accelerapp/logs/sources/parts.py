"""Cuts large logs into parts that can be read side by side, and whose counts add up to those of the whole.

A cut is made only before a line that surely begins a record and bears its own time, so that no part needs to know the
one before it. Where the cuts are depends on the log alone, so that it makes no difference who reads the parts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from accelerapp.logs.kernel import binding
from accelerapp.logs.sources import files, packed, sets
from accelerapp.logs.sources.interface import Source, SourceError

SIZE = 64 * 1024**2
_CHUNK = 1 << 20
_LOOK = 1 << 20
_LAST_LINE = 1 << 20


@dataclass(frozen=True)
class FilePart:
    """The bytes of a file from `start` to `end`; those of the last part to the end of the line there."""

    name: str
    path: Path
    start: int
    end: int
    inode: int
    is_last: bool

    def chunks(self, since: datetime | None) -> Iterator[bytes]:
        """The bytes. Raises SourceError when the file is not the same any more, or has become shorter."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise SourceError(f"{error.strerror or error}") from error
        try:
            if os.fstat(descriptor).st_ino != self.inode:
                raise SourceError("it was rotated while it was read")
            position, data = self.start, b""
            while position < self.end:
                data = os.pread(descriptor, min(_CHUNK, self.end - position), position)
                if not data:
                    raise SourceError(f"it was truncated while it was read: {self.end - position:,} bytes are missing")
                position += len(data)
                yield data
            if self.is_last and data[-1:] != b"\n":
                rest = os.pread(descriptor, _LAST_LINE, position)
                yield rest[: rest.find(b"\n") + 1]
        finally:
            os.close(descriptor)


def of(source: Source, since: datetime | None, size: int = SIZE) -> Sequence[Source]:
    """The parts of a source, in order; a source that cannot be cut is its own only part."""
    if isinstance(source, sets.SetSource):
        return _of_set(source, since, size)
    if isinstance(source, files.FileSource):
        return _of_file(source, source.name, since, size) or [source]
    return [source]


def _of_set(source: sets.SetSource, since: datetime | None, size: int) -> Sequence[Source]:
    """What runs over the end of one file goes on in the next: so the last part there and the first here are one."""
    groups: list[list[Source]] = [[]]
    for file in source.parts:
        found = of(file, since, size)
        groups[-1].append(found[0])
        groups += [[part] for part in found[1:]]
    return [sets.SetSource(source.name, group) for group in groups]


def _of_file(source: files.FileSource, name: str, since: datetime | None, size: int) -> list[Source]:
    """The parts of a large plain file; none when it is small, packed, or has nowhere to be cut."""
    try:
        descriptor = os.open(source.path, os.O_RDONLY)
    except OSError:  # reading it will tell
        return []
    try:
        status = os.fstat(descriptor)
        if status.st_size <= size or packed.is_packed(os.pread(descriptor, 1 << 16, 0)):
            return []
        start = files.entrance(descriptor, since) if since is not None else 0
        cuts = [start]
        for place in range(start + size, status.st_size - size // 2, size):
            cut = _cut(descriptor, place)
            if cut is None:
                return []
            if cut > cuts[-1]:
                cuts.append(cut)
        ends = [*cuts[1:], status.st_size]
        return [
            FilePart(name, source.path, first, last, status.st_ino, last is ends[-1])
            for first, last in zip(cuts, ends, strict=True)
        ]
    finally:
        os.close(descriptor)


def _cut(descriptor: int, place: int) -> int | None:
    """The first line at or behind a place that begins a record with a time of its own."""
    data = os.pread(descriptor, _LOOK, place)
    position = data.find(b"\n") + 1
    while 0 < position < len(data):
        end = data.find(b"\n", position)
        if end < 0:
            return None
        line = data[position:end]
        if _begins(line):
            return place + position
        position = end + 1
    return None


def _begins(line: bytes) -> bool:
    """A wrapped line may be the rest of the one before: a log of such lines is not cut."""
    if line.startswith(b'{"log":') or b" stdout " in line[:48] or b" stderr " in line[:48] or binding.continues(line):
        return False
    found = binding.parse(line, 0)
    return found is not None and found.at is not None
