"""Log files: plain, gzip, folders and patterns. A large plain file is entered near the wanted time, not read whole."""

from __future__ import annotations

import codecs
import glob
import gzip
import io
import os
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from accelerapp.logs.formats import container, family
from accelerapp.logs.model import Unread
from accelerapp.logs.sources.interface import SourceError

_CHUNK = 1 << 18
_LOOK = 1 << 16
_BISECT_ABOVE = 1 << 20
_BINARY_SHARE = 0.01
_NEVER_IN_TEXT = bytes([*range(9), *range(14, 27), 28, 29, 30, 31])
_NOT_LOGS = {".lock", ".pid", ".sock", ".db", ".json", ".part"}


class FileSource:
    """One file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """The path as it was given."""
        return str(self._path)

    def chunks(self, since: datetime | None) -> Iterator[bytes]:
        """The bytes, unpacked. Raises SourceError for a binary file, one that can't be read, or a broken archive."""
        try:
            with self._path.open("rb") as raw:
                head = raw.read(_LOOK)
                raw.seek(0)
                if head.startswith(b"\x1f\x8b"):
                    yield from _unpacked(gzip.GzipFile(fileobj=raw))
                elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                    yield from _recoded(raw)
                else:
                    _refuse_binary(head)
                    if since is not None:
                        _enter(raw.fileno(), since)
                    while chunk := os.read(raw.fileno(), _CHUNK):
                        yield chunk
        except OSError as error:
            raise SourceError(f"{error.strerror or error}") from error


def _unpacked(archive: gzip.GzipFile) -> Iterator[bytes]:
    try:
        while chunk := archive.read1(_CHUNK):
            yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError("the archive is broken from here on") from error


def _recoded(raw: io.BufferedReader) -> Iterator[bytes]:
    """UTF-16 with a byte order mark, as Windows writes it, as UTF-8."""
    reader = io.TextIOWrapper(raw, encoding="utf-16", errors="replace")
    while chunk := reader.read(_CHUNK):
        yield chunk.encode()


def _refuse_binary(head: bytes) -> None:
    body = head.lstrip(b"\0")  # the place of what was rotated away
    if len(body) - len(body.translate(None, _NEVER_IN_TEXT)) > _BINARY_SHARE * len(body):
        raise SourceError("it is a binary file, not a log")


def _enter(descriptor: int, since: datetime) -> None:
    """Move to a line near `since`, by halving; log times rise, or nearly so, and an hour is given for what does not."""
    size = os.fstat(descriptor).st_size
    low, high = 0, size
    os.lseek(descriptor, 0, os.SEEK_SET)
    if size < _BISECT_ABOVE:
        return
    wanted = since.timestamp() - 60
    while high - low > _CHUNK:
        middle = (low + high) // 2
        at = _time_near(descriptor, middle)
        if at is None:
            return  # no times to go by: read it all
        low, high = (middle, high) if at < wanted else (low, middle)
    os.lseek(descriptor, low, os.SEEK_SET)
    if low:
        start = os.pread(descriptor, _LOOK, low).find(b"\n")
        os.lseek(descriptor, low + start + 1, os.SEEK_SET)


def _time_near(descriptor: int, position: int) -> float | None:
    """The time of the first line behind a position that bears one."""
    reference = datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC)
    for line in os.pread(descriptor, _LOOK, position).split(b"\n")[1:-1]:
        text = line.decode("utf-8", "replace").lstrip("\0")
        inner = container.unwrap(text, reference)
        parsed = family.parse(inner.line if inner else text, reference)
        at = (parsed.at if parsed else None) or (inner.at if inner else None)
        if at is not None:
            return at.timestamp()
    return None


def find(pattern: str, since: datetime | None = None) -> tuple[list[FileSource], list[Unread]]:
    """The files that a path, a folder or a pattern means; files last written before `since` are left out."""
    path = Path(pattern)
    if path.is_dir():
        paths = sorted(one for one in path.rglob("*") if one.is_file() and _is_log(one))
        problem = "the folder holds no logs"
    elif glob.has_magic(pattern) and not path.exists():
        paths = sorted(
            Path(one)
            for one in glob.glob(pattern, recursive=True)  # noqa: PTH207 - the pattern may be absolute
            if Path(one).is_file()
        )
        problem = "no file matches"
    elif path.exists():
        return [FileSource(path)], []
    else:
        paths, problem = [], "there is no such file"
    if not paths:
        return [], [Unread(pattern, problem)]
    kept = [one for one in paths if since is None or _written_at(one) >= since]
    return [FileSource(one) for one in kept], []


def _is_log(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix not in _NOT_LOGS


def _written_at(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:  # gone meanwhile: reading it will tell
        return datetime.max.replace(tzinfo=UTC)
