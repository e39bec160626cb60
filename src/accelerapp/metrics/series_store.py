"""What a store of scrapes does for those who keep it tidy. Times are milliseconds since 1970."""

from __future__ import annotations

from typing import Protocol

TargetId = int


class SeriesStore(Protocol):
    """Scrapes of all targets, and blocks of them."""

    def hours_to_pack(self, before: int) -> list[tuple[TargetId, int]]:
        """Of each target the first hour (since 1970) that is over before `before` and not packed yet."""
        ...

    def pack(self, target: TargetId, hour: int) -> None:
        """Make one block of the scrapes of an hour."""
        ...

    def to_thin(self, before: int) -> list[tuple[TargetId, int]]:
        """Target and start of blocks with every scrape that end before `before`, oldest first, not too many."""
        ...

    def thin(self, target: TargetId, start: int, step: int) -> None:
        """Put a block of a longer step in the place of one."""
        ...

    def prune(self, before: int, after: int) -> int:
        """Forget what ends before `before` or begins after `after`; how many blocks and scrapes that were."""
        ...

    def has_scrapes(self, start: int, end: int) -> bool:
        """Is there anything from start to end?"""
        ...
