"""Log files: plain or packed, folders, patterns and rotated sets. A large plain file is entered near the wanted time.

A file may grow, be truncated or be rotated while it is read. It is read to the size that it had when it was opened,
and to the end of the line there. One that was renamed since it was found is followed by its inode; what a truncation
took is counted and named.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from accelerapp.logs.kernel import binding
from accelerapp.logs.model import Unread
from accelerapp.logs.sources import packed, rotation, sets
from accelerapp.logs.sources.interface import Source, SourceError

_CHUNK = 1 << 18
_LOOK = 1 << 16
_BISECT_ABOVE = 1 << 20
_OVERLAP = 64
_LAST_LINE = 1 << 20
_LOOKS = 3
_NOT_LOGS = {".lock", ".pid", ".sock", ".db", ".json", ".part"}


@dataclass(frozen=True)
class Found:
    """A file as it was when it was found."""

    path: Path
    device: int
    inode: int
    size: int
    written_at: float

    def is_same(self, status: os.stat_result) -> bool:
        """Is it this file, whatever its name is now?"""
        return (status.st_dev, status.st_ino) == (self.device, self.inode)


class FileSource:
    """One file. With `found`, it is that file wherever it was renamed to in its folder."""

    def __init__(self, path: Path, found: Found | None = None) -> None:
        self.path = path
        self._found = found

    @property
    def name(self) -> str:
        """The path as it was given."""
        return str(self.path)

    def chunks(self, since: datetime | None) -> Iterator[bytes]:
        """The bytes, unpacked. Raises SourceError for a binary file, one that can't be read whole, a broken archive."""
        try:
            descriptor = self._open()
            try:
                yield from _read(descriptor, since)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise SourceError(f"{error.strerror or error}") from error

    def _open(self) -> int:
        found = self._found
        if found is None:
            return os.open(self.path, os.O_RDONLY)
        for path in (self.path, *_renamed(found)):
            try:
                descriptor = os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                continue
            status = os.fstat(descriptor)
            if found.is_same(status):
                if status.st_size < found.size:
                    os.close(descriptor)
                    raise SourceError(f"it was truncated since it was found: {found.size:,} bytes are missing")
                return descriptor
            os.close(descriptor)
        raise SourceError("it was packed or deleted since it was found")


def _renamed(found: Found) -> Iterator[Path]:
    """Where a file is now that has lost its name."""
    for path in found.path.parent.iterdir():
        try:
            if found.is_same(path.stat()):
                yield path
        except OSError:
            continue


def _read(descriptor: int, since: datetime | None) -> Iterator[bytes]:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or not status.st_size:
        yield from packed.unpack(_stream(descriptor))  # a pipe, or a file that the system makes up as it is read
        return
    head = os.pread(descriptor, _LOOK, 0)
    if packed.is_packed(head):
        yield from packed.unpack(_stream(descriptor))
        return
    packed.refuse_binary(head)
    yield from _plain(descriptor, status.st_size, entrance(descriptor, since) if since is not None else 0)


def _stream(descriptor: int) -> Iterator[bytes]:
    while chunk := os.read(descriptor, _CHUNK):
        yield chunk


def _plain(descriptor: int, size: int, position: int) -> Iterator[bytes]:
    """From a position to the end of the line at `size`. The last bytes are read again: they tell of a truncation."""
    last = b""
    while position < size + _LAST_LINE:
        data = os.pread(descriptor, len(last) + _CHUNK, position - len(last))
        fresh = data[len(last) :]
        if not data.startswith(last) or (not fresh and position < size):
            missing = f"{size - position:,} bytes are missing" if position < size else "the last line is not whole"
            raise SourceError(f"it was truncated while it was read: {missing}")
        line_end = fresh.find(b"\n", max(0, size - 1 - position)) + 1
        if line_end:
            yield fresh[:line_end]
            return
        if not fresh:
            return
        yield fresh
        position += len(fresh)
        last = fresh[-_OVERLAP:]


def entrance(descriptor: int, since: datetime) -> int:
    """Where a line near `since` begins, by halving; log times rise, or nearly so: a minute is given."""
    size = os.fstat(descriptor).st_size
    low, high = 0, size
    if size < _BISECT_ABOVE:
        return 0
    wanted = since.timestamp() - 60
    while high - low > _CHUNK:
        middle = (low + high) // 2
        at = _time_near(descriptor, middle)
        if at is None:
            return 0  # no times to go by: read it all
        low, high = (middle, high) if at < wanted else (low, middle)
    return low + os.pread(descriptor, _LOOK, low).find(b"\n") + 1 if low else 0


def _time_near(descriptor: int, position: int) -> float | None:
    """The time of the first line behind a position that bears one."""
    reference = int(os.fstat(descriptor).st_mtime * 1000)
    for line in os.pread(descriptor, _LOOK, position).split(b"\n")[1:-1]:
        parsed = binding.parse(line.lstrip(b"\0"), reference)  # a runtime's own time stands first, or is a field
        if parsed is not None and parsed.at is not None:
            return parsed.at / 1000
    return None


def find(pattern: str, since: datetime | None = None) -> tuple[list[Source], list[Unread]]:
    """The logs that a path, a folder or a pattern means; files last written before `since` are left out.

    A path means that file alone. A folder or a pattern means logs: the rotated files of one are one source.
    """
    path = Path(pattern)
    if path.is_dir():
        found, unread = _settled(lambda: (one for one in path.rglob("*") if _is_log(one)))
        problem = "the folder holds no logs"
    elif glob.has_magic(pattern) and not path.exists():
        found, unread = _settled(lambda: map(Path, glob.iglob(pattern, recursive=True)))  # noqa: PTH207 - may be absolute
        problem = "no file matches"
    elif path.exists():
        return [FileSource(path)], []
    else:
        found, unread, problem = [], [], "there is no such file"
    if not found and not unread:
        return [], [Unread(pattern, problem)]
    kept = [one for one in found if since is None or one.written_at >= since.timestamp()]
    logs = rotation.sets(kept, lambda one: str(one.path))
    return [sets.gathered(base, [FileSource(one.path, one) for one in parts]) for base, parts in logs], unread


def _settled(paths: Callable[[], Iterable[Path]]) -> tuple[list[Found], list[Unread]]:
    """What is found when two looks in a row find the same: a rotation between listing and looking hides a file."""
    found, unread = _looked_at(paths())
    for _ in range(_LOOKS):
        before = {(one.path, one.inode) for one in found}
        found, unread = _looked_at(paths())
        if {(one.path, one.inode) for one in found} == before:
            break
    return found, unread


def _looked_at(paths: Iterable[Path]) -> tuple[list[Found], list[Unread]]:
    """The regular files of the paths, as they are now, each once; what cannot be looked at is named."""
    found: dict[tuple[int, int], Found] = {}
    unread = []
    for path in paths:
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # renamed or deleted since the folder was read, or a link to nothing
        except OSError as error:
            unread.append(Unread(str(path), error.strerror or str(error)))
            continue
        if stat.S_ISREG(status.st_mode):
            seen = Found(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime)
            found.setdefault((status.st_dev, status.st_ino), seen)
    return list(found.values()), unread


def _is_log(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix not in _NOT_LOGS
