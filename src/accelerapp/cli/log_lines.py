"""The lines of a log's tail, for a person or a program. They come as bytes, `REPLICA TEXT\\n`, cut anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import click

from accelerapp.base import text
from accelerapp.logs.kernel import binding
from accelerapp.logs.model import Level

_SHOWN = 16_384
_COLOURS = {Level.CRITICAL: "red", Level.ERROR: "red", Level.WARNING: "yellow"}


@dataclass(frozen=True)
class Line:
    """One line of a replica. `level` is that of the record which it belongs to: a trace has its error's."""

    replica: str
    level: Level
    text: str


@dataclass
class _Reader:
    """Knows the level of each replica's last record."""

    reference: int
    levels: dict[str, Level] = field(default_factory=dict)

    def line(self, raw: bytes) -> Line:
        name, _, rest = raw.partition(b" ")
        replica = name.decode("utf-8", "replace")
        parsed = binding.parse(rest, self.reference)
        if parsed is not None:
            self.levels[replica] = parsed.level
        elif rest and not binding.continues(rest):
            self.levels[replica] = Level.NONE
        return Line(replica, self.levels.get(replica, Level.NONE), rest.decode("utf-8", "replace"))


def lines(pieces: Iterable[bytes], reference: int) -> Iterator[list[Line]]:
    """The lines that each piece ends. `reference`, in ms since 1970: when a time stamp without a year is read."""
    reader, rest = _Reader(reference), b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")  # nothing else ends a line: a log could make up others' with it
        yield [reader.line(raw) for raw in whole]
    if rest:
        yield [reader.line(rest)]


def shown(line: Line) -> str:
    """For a terminal: the replica in front, the colour by level, nothing that could steer the terminal."""
    said = text.printable(line.text, _SHOWN)
    bold, dim = line.level is Level.CRITICAL or None, line.level is Level.DEBUG or None
    coloured = click.style(said, fg=_COLOURS.get(line.level), bold=bold, dim=dim)
    replica = click.style(text.printable(line.replica, 200), fg="cyan")
    return f"{replica} {coloured}"
