"""A log in several parts: a rotated set, oldest first. A part that cannot be read does not end the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from accelerapp.logs.sources.interface import Source, SourceError

_NAMED = 5


class SetSource:
    """The parts as one source, so that what runs over the end of one part goes on in the next."""

    def __init__(self, name: str, parts: Sequence[Source]) -> None:
        self._name = name
        self.parts = tuple(parts)

    @property
    def name(self) -> str:
        """The name of the live part."""
        return self._name

    def chunks(self, since: datetime | None) -> Iterator[bytes]:
        """The bytes of all parts. Raises SourceError at the end, with each part that could not be read whole."""
        problems = []
        for part in self.parts:
            last = b"\n"
            try:
                for chunk in part.chunks(since):
                    last = chunk[-1:] or last
                    yield chunk
            except SourceError as error:
                problems.append(f"{part.name}: {error.message}")
            if last != b"\n":
                yield b"\n"  # an unfinished last line is not to be joined with the next part's first
        if problems:
            raise SourceError(_told(problems, len(self.parts)))


def _told(problems: Sequence[str], parts: int) -> str:
    rest = len(problems) - _NAMED
    more = f"; and {rest:,} more" if rest > 0 else ""
    named = "; ".join(problems[:_NAMED])
    return f"{len(problems)} of {parts} parts not read whole: {named}{more}"


def gathered(base: str, parts: Sequence[Source]) -> Source:
    """One source of all parts: the part itself where it is the only one."""
    return parts[0] if len(parts) == 1 else SetSource(base, parts)
