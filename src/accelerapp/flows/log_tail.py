"""The end of the log, and what comes: lines of all replicas, filtered by level and text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from accelerapp.base import errors
from accelerapp.logs import service
from accelerapp.logs.kernel import binding
from accelerapp.logs.model import Level
from accelerapp.platforms.interface import LogChunk

SEARCHED = 20_000
"""So many of the last lines of each replica are searched when there is a filter."""
_ORDER = (Level.DEBUG, Level.NONE, Level.INFO, Level.WARNING, Level.ERROR, Level.CRITICAL)
_LINE_SHOWN = 16 * 1024
_WRAPPING = 64
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def compile_match(match: str | None) -> re.Pattern[str] | None:
    """A regular expression to filter by. Raises WrongUseError when it is none."""
    try:
        return re.compile(match) if match else None
    except re.error as error:
        raise errors.WrongUseError(f"'{match}' is not a regular expression: {error}.") from error


class _Replica:
    """One replica's lines: keeps an unfinished line, and whether the record that a line belongs to passes."""

    def __init__(self, name: str, level: Level | None, match: re.Pattern[str] | None, reference: datetime) -> None:
        self._name = name
        self._level = level
        self._match = match
        self._reference = service.milliseconds(reference)
        self._rest = b""
        self._wrapped = False
        self._passing = True
        self._at = _LONG_AGO

    def take(self, chunk: LogChunk) -> Iterator[tuple[datetime, bytes]]:
        """The time and the text of each line that passes."""
        if chunk.unread:
            yield self._at, f"{self._name} (cannot be read: {chunk.unread.rstrip('.')})\n".encode()
        *whole, last = (self._rest + chunk.data).split(b"\n")
        self._rest = last[: _LINE_SHOWN + _WRAPPING]
        self._wrapped = chunk.wrapped
        for raw in whole:
            yield from self._line(raw)

    def end(self) -> Iterator[tuple[datetime, bytes]]:
        """A last line without an end."""
        if self._rest:
            yield from self._line(self._rest)
            self._rest = b""

    def _line(self, raw: bytes) -> Iterator[tuple[datetime, bytes]]:
        written = None
        if self._wrapped:
            written, raw = _unwrapped(raw)
        shown = raw[:_LINE_SHOWN].strip(b"\r\0")
        parsed = binding.parse(shown, self._reference)
        line = shown.decode("utf-8", "replace")
        if parsed is not None:
            self._at = self._at if parsed.at is None else service.time(parsed.at)
            self._passing = self._passes(line, parsed.level)
        elif shown and not binding.continues(shown):
            self._passing = self._passes(line, Level.NONE)
        self._at = written or self._at
        if self._passing:
            yield self._at, f"{self._name} {line}\n".encode()

    def _passes(self, line: str, level: Level) -> bool:
        if self._level is not None and _ORDER.index(level) < _ORDER.index(self._level):
            return False
        return self._match is None or self._match.search(line) is not None


def tail(
    chunks: Iterable[LogChunk],
    lines: int,
    level: Level | None,
    match: re.Pattern[str] | None,
    reference: datetime,
) -> Iterator[bytes]:
    """`REPLICA LINE\\n`: first the last `lines` that pass, of all replicas by time, then those that come.

    A line that belongs to a record (a traceback) passes with it. An empty piece comes whenever there is nothing, so
    that a reader can stop. The first empty chunk says that what is there was read.
    """
    replicas: dict[str, _Replica] = {}
    first: list[tuple[datetime, bytes]] | None = []
    for chunk in chunks:
        if not chunk.data and not chunk.unread:
            yield _last(first, lines)
            first = None
            continue
        replica = replicas.setdefault(chunk.replica, _Replica(chunk.replica, level, match, reference))
        found = replica.take(chunk)
        if first is None:
            yield b"".join(line for _, line in found)
        else:
            first += found
    for replica in replicas.values():
        first = [*(first or []), *replica.end()]
    yield _last(first, lines)


def _unwrapped(raw: bytes) -> tuple[datetime | None, bytes]:
    """When a line in CRI's wrapping was written, and the line."""
    time, _, rest = raw.partition(b" ")
    fields = rest.split(b" ", 2)  # the stream, F for a full line, the line
    try:
        return datetime.fromisoformat(time.decode()), fields[2]
    except (ValueError, IndexError):
        return None, raw


def _last(found: list[tuple[datetime, bytes]] | None, lines: int) -> bytes:
    ordered = sorted(found or [], key=lambda pair: pair[0])
    return b"".join(line for _, line in ordered[-lines:]) if lines else b""
