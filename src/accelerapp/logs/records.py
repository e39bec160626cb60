"""Lines to records: unwraps what a runtime put round them, joins what belongs together, bounds what is too long.

A line belongs to the record before it when it is indented, when it is part of a trace (Python, Java, Go), or when it is
the exception that ends one. A line without a mark of its own that is none of these is a record of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from accelerapp.logs.formats import container, family
from accelerapp.logs.model import Level, Record

LINE_LIMIT = 1024 * 1024
_TRACE_LIMIT = 64 * 1024

_TRACE_HEAD = re.compile(
    r"Traceback \(most recent call last\):|During handling of the above|The above exception was the direct"
    r"|Caused by: |\.\.\. \d+ (?:more|common)|goroutine \d+ \[|created by |Suppressed: |  \+ Exception Group"
)
_EXCEPTION = re.compile(
    r"(?:[a-zA-Z_$][\w$]*[.:])*[A-Z][\w$]*(?:Error|Exception|Throwable|Interrupt|Exit|Warning)\b(?=:|$|\s*\()"
)
_GO_FRAME = re.compile(r"[\w./()*-]+\(.*\)$|exit status \d+$")


@dataclass
class Oddities:
    """What was unusual in the bytes: told to the reader, never hidden."""

    cut_lines: int = 0
    undecodable_lines: int = 0
    zoneless_records: int = 0


@dataclass
class _Open:
    """The record that is being put together."""

    record: Record
    trace: list[str] = field(default_factory=list)
    size: int = 0
    kind: str = ""
    """Which trace it is in: `python`, `java`, `go`, or none."""

    def add(self, line: str) -> None:
        """A line of its trace, as long as there is room."""
        self.size += len(line)
        if self.size <= _TRACE_LIMIT:
            self.trace.append(line)

    def close(self) -> Record:
        """The whole record."""
        return replace(self.record, trace="\n".join(self.trace)) if self.trace else self.record


def lines(chunks: Iterable[bytes], oddities: Oddities) -> Iterator[bytes]:
    """Whole lines without their ends. Of a line above the limit the beginning is kept; the rest is not held."""
    rest, skipping = b"", False
    for chunk in chunks:
        *whole, last = (rest + chunk).split(b"\n") if b"\n" in chunk else [rest + chunk]
        for line in whole:
            if skipping:
                skipping = False
            else:
                yield _bounded(line, oddities)
        if skipping:
            rest = b""
        elif len(last) > LINE_LIMIT:
            yield _bounded(last, oddities)
            rest, skipping = b"", True
        else:
            rest = last
    if rest and not skipping:
        yield _bounded(rest, oddities)


def _bounded(line: bytes, oddities: Oddities) -> bytes:
    if len(line) > LINE_LIMIT:
        oddities.cut_lines += 1
        line = line[:LINE_LIMIT]
    return line[:-1] if line.endswith(b"\r") else line


def read(source: str, chunks: Iterable[bytes], reference: datetime, oddities: Oddities) -> Iterator[Record]:
    """The records of one source, in its order. A record without a time takes the time of the one before it."""
    current: _Open | None = None
    last_time: datetime | None = None
    for text, wrapped_at in _unwrapped(lines(chunks, oddities), reference, oddities):
        if not text.strip():
            if current is not None and current.kind:
                current.add("")
            continue
        if current is not None and _continues(text, current):
            current.add(text)
            continue
        if current is not None:
            yield current.close()
        parsed = family.parse(text, reference)
        own = (parsed.at if parsed else None) or wrapped_at
        last_time = own or last_time
        if parsed is not None and parsed.zoneless:
            oddities.zoneless_records += 1
        record = Record(
            source=source,
            level=parsed.level if parsed else Level.NONE,
            message=parsed.message if parsed else text.strip(),
            at=last_time,
            fields=parsed.fields if parsed else {},
        )
        current = _Open(record, kind=_begins(text))
    if current is not None:
        yield current.close()


def _unwrapped(raw: Iterable[bytes], reference: datetime, oddities: Oddities) -> Iterator[tuple[str, datetime | None]]:
    """Text lines with the runtime's time; the pieces that a runtime has cut a line into are one again."""
    pieces: list[str] = []
    for line in raw:
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            oddities.undecodable_lines += 1
            text = line.decode("utf-8", "replace")
        inner = container.unwrap(text, reference)
        if inner is None:
            yield text, None
            continue
        pieces.append(inner.line)
        if not inner.partial or sum(map(len, pieces)) > LINE_LIMIT:
            yield "".join(pieces), inner.at
            pieces = []
    if pieces:
        yield "".join(pieces), None


def continues_trace(line: str) -> bool:
    """Does a line that is not indented belong to a trace, wherever it stands?"""
    return _TRACE_HEAD.match(line) is not None or _EXCEPTION.match(line) is not None


def _begins(line: str) -> str:
    if line.startswith("Traceback (most"):
        return "python"
    return "go" if line.startswith(("panic: ", "fatal error: ", "goroutine ")) else ""


def _continues(line: str, current: _Open) -> bool:
    """Does the line belong to the record before it?"""
    if line[0] in " \t":
        current.kind = current.kind or ("java" if line.lstrip().startswith("at ") else "")
        return True
    if _TRACE_HEAD.match(line):
        current.kind = "python" if line[0] in "TD" or line.startswith("The ") else current.kind or "java"
        current.kind = "go" if line.startswith("goroutine") else current.kind
        return True
    if current.kind == "go":
        return _GO_FRAME.match(line) is not None
    if _EXCEPTION.match(line):
        # It ends a Python trace; directly behind a record that tells of an error it begins a Java one.
        ends = current.kind == "python"
        return ends or (not current.trace and current.record.level in (Level.ERROR, Level.CRITICAL, Level.WARNING))
    return False
