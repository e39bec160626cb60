"""A source that is read once for several windows that end together: asking far away again costs more than the bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from accelerapp.logs.sources.interface import Source

LIMIT = 4 * 1024**2
"""Bytes that are kept of one source; a longer one is read each time."""


class KeptSource:
    """Gives what the widest window gave for each that begins later. For one check; not for several threads."""

    def __init__(self, source: Source, limit: int = LIMIT) -> None:
        self._source = source
        self._limit = limit
        self._kept: tuple[datetime | None, list[bytes]] | None = None

    @property
    def name(self) -> str:
        """The source's name."""
        return self._source.name

    def chunks(self, since: datetime | None) -> Iterator[bytes]:
        """The bytes; more than those since `since` when a wider window was read. One that broke off is read anew."""
        if self._kept is not None and _is_within(since, self._kept[0]):
            yield from self._kept[1]
            return
        read: list[bytes] = []
        size = 0
        for chunk in self._source.chunks(since):
            size += len(chunk)
            if size <= self._limit:
                read.append(chunk)
            yield chunk
        if size <= self._limit:
            self._kept = since, read


def _is_within(since: datetime | None, kept: datetime | None) -> bool:
    return kept is None or (since is not None and since >= kept)
