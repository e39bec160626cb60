"""Reads the logs of replicas across rotation, whole lines at a time, and removes those of replicas long gone."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from accelerapp.base.ids import ReplicaName
from accelerapp.platforms.interface import LogChunk
from accelerapp.platforms.local import segments

_PIECE = 1 << 20
_LONGEST_LINE = 8 << 20
_LAST_LINE_LOOK = 4096
_FOLLOW_PAUSE = 0.25
_CLOCK_SLACK = 2.0


@dataclass
class Reader:
    """Reads one replica's log from a position on. Rotation between two reads changes nothing."""

    log: segments.Log
    position: int = 0

    def lines(self, *, final: bool, stop: int | None = None) -> bytes:
        """The next whole lines, about 1 MiB of them; nothing when none is complete yet.

        `final` also gives a last line without an end; `stop` is the position that ends a reading of a growing log.
        """
        data = self._piece(stop)
        while data and b"\n" not in data and len(data) < _LONGEST_LINE:
            more = self._piece(stop, len(data))
            if not more:
                break
            data += more
        cut = data.rfind(b"\n") + 1
        if not cut and (final or len(data) >= _LONGEST_LINE):
            cut = len(data)
        self.position += cut
        return data[:cut]

    def _piece(self, stop: int | None, ahead: int = 0) -> bytes:
        """Bytes from `position + ahead` on, of one segment."""
        with segments.locked(self.log.folder):
            found = self.log.segments()
            if not found:
                return b""
            self._stay_within(found, ahead)
            position = self.position + ahead
            for segment in found:
                if position < segment.end:
                    end = segment.end if stop is None else min(segment.end, stop)
                    return _read(segment, position, end - position)
        return b""

    def _stay_within(self, found: list[segments.Segment], ahead: int) -> None:
        """What was removed can't be read any more; a log that somebody else cut begins anew."""
        if self.position < found[0].begin or (not ahead and self.position > found[-1].end):
            self.position = found[-1].begin if self.position > found[-1].end else found[0].begin


def _read(segment: segments.Segment, position: int, size: int) -> bytes:
    if size <= 0:
        return b""
    with segment.path.open("rb", buffering=0) as file:
        return os.pread(file.fileno(), min(_PIECE, size), segment.offset + position - segment.begin)


def read(folder: Path, replicas: list[str], since: datetime | None, tail: int | None) -> Iterator[LogChunk]:
    """What these replicas have written until now, oldest first per replica."""
    for replica in replicas:
        reader, stop = _open(segments.Log(folder, replica), since, tail)
        while reader.position < stop and (data := reader.lines(final=True, stop=stop)):
            yield LogChunk(ReplicaName(replica), data)


def follow(
    folder: Path,
    wanted: Collection[str],
    tail: int | None,
    since: datetime | None,
) -> Iterator[LogChunk]:
    """What is there (the last `tail` lines), then what comes, of new replicas too, until the caller stops.

    While nothing comes, an empty chunk without a name comes four times a second, so that the caller can stop.
    """
    readers: dict[str, Reader] = {}
    first = True
    while True:
        quiet = True
        for replica in replicas_in(folder):
            if wanted and replica not in wanted:
                continue
            if replica not in readers:
                log = segments.Log(folder, replica)
                readers[replica] = _open(log, since, tail)[0] if first else Reader(log)
            while data := readers[replica].lines(final=False):
                quiet = False
                yield LogChunk(ReplicaName(replica), data)
        first = False
        if quiet:
            yield LogChunk(ReplicaName(""), b"")
            time.sleep(_FOLLOW_PAUSE)


def _open(log: segments.Log, since: datetime | None, tail: int | None) -> tuple[Reader, int]:
    """A reader at its beginning, and the end of what is there now."""
    with segments.locked(log.folder):
        found = log.segments()
        if not found:
            return Reader(log), 0
        begin, end = found[0].begin, found[-1].end
        if since is not None:
            recent = [one for one in found if one.written >= since.timestamp() - _CLOCK_SLACK]
            begin = recent[0].begin if recent else end
        if tail is not None:
            begin = max(begin, _tail_begin(found, tail))
    return Reader(log, begin), end


def _tail_begin(found: list[segments.Segment], lines: int) -> int:
    """The position from which on there are `lines` lines; a last line without an end counts as one."""
    missing = lines + _ends_whole(found)
    if lines <= 0:
        return found[-1].end
    for segment in reversed(found):
        position = segment.end
        while position > segment.begin:
            size = min(_PIECE, position - segment.begin)
            data = _read(segment, position - size, size)
            missing -= data.count(b"\n")
            if missing <= 0:
                return position - size + _after_newline(data, 1 - missing)
            position -= size
    return found[0].begin


def _after_newline(data: bytes, number: int) -> int:
    """The offset after the newline of this number, counted from the front."""
    offset = 0
    for _ in range(number):
        offset = data.index(b"\n", offset) + 1
    return offset


def _ends_whole(found: list[segments.Segment]) -> bool:
    last = next((segment for segment in reversed(found) if segment.end > segment.begin), None)
    return last is not None and _read(last, last.end - 1, 1) == b"\n"


def replicas_in(folder: Path) -> list[str]:
    """Replicas that have a log, the longest unwritten first."""
    found: dict[str, float] = {}
    for path in folder.glob("*.log"):
        try:
            found[path.stem] = path.stat().st_mtime
        except FileNotFoundError:  # removed meanwhile
            continue
    return sorted(found, key=found.__getitem__)


def prune(folder: Path, running: Collection[str], keep: int) -> None:
    """Remove the logs of replicas that ended, but for the newest `keep` of them."""
    ended = [replica for replica in replicas_in(folder) if replica not in running]
    for replica in ended[: max(0, len(ended) - keep)]:
        segments.Log(folder, replica).remove()


def size(path: Path) -> int:
    """Bytes ever appended to a live log; 0 when there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def last_line(path: Path, after: int = 0) -> str:
    """The last line with text in it behind offset `after`, for a reason; empty when there is none."""
    try:
        with path.open("rb") as file:
            end = os.fstat(file.fileno()).st_size
            start = max(after if after <= end else 0, end - _LAST_LINE_LOOK)
            text = os.pread(file.fileno(), end - start, start).decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line.strip(" \r\t\0") for line in text.split("\n")]
    return next((line for line in reversed(lines) if line), "")[:300]
