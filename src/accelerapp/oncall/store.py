"""Where the book, overrides, swaps, codes and feeds are kept: the interface, and a memory for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from accelerapp.base.ids import FeedId, OverrideId, PersonName, ScheduleName, SwapId
from accelerapp.oncall.model import Book, Code, Feed, Override, Swap, SwapState


@dataclass(frozen=True)
class Changes:
    """What makes one book of another: entries to write and to remove, by kind and name."""

    put: Mapping[tuple[str, str], Any]
    removed: tuple[tuple[str, str], ...]


def entries(book: Book) -> dict[tuple[str, str], Any]:
    """Every entry by kind and name."""
    kinds: dict[str, Mapping[Any, Any]] = {
        "people": book.people,
        "teams": book.teams,
        "schedules": book.schedules,
        "policies": book.policies,
    }
    return {(kind, name): entry for kind, found in kinds.items() for name, entry in found.items()}


def changes(before: Book, after: Book) -> Changes:
    """Only what differs."""
    old, new = entries(before), entries(after)
    put = {key: entry for key, entry in new.items() if old.get(key) != entry}
    return Changes(put, tuple(key for key in old if key not in new))


class OncallStore(Protocol):
    """One unit of work."""

    def lock(self) -> None:
        """From here to its end no other unit of work changes anything here: what is read stays true."""
        ...

    def book(self) -> Book:
        """Everything, by name."""
        ...

    def save(self, changes: Changes, by: str, at: datetime) -> None:
        """Write and remove entries."""
        ...

    def overrides(self, since: datetime, until: datetime, schedule: ScheduleName | None = None) -> list[Override]:
        """Those that reach into the span, in the order in which they were made."""
        ...

    def override(self, id: OverrideId) -> Override | None:
        """One."""
        ...

    def put_overrides(self, overrides: Iterable[Override]) -> None:
        """Insert or replace."""
        ...

    def remove_override(self, id: OverrideId) -> None:
        """Remove, if it is there."""
        ...

    def swaps(self, *, is_open: bool | None = None, limit: int = 200) -> list[Swap]:
        """The last asked for first."""
        ...

    def swap(self, id: SwapId) -> Swap | None:
        """One."""
        ...

    def put_swap(self, swap: Swap) -> None:
        """Insert or replace."""
        ...

    def code(self, person: PersonName, method: str) -> Code | None:
        """The last code that was sent to a method."""
        ...

    def put_code(self, code: Code) -> None:
        """Insert or replace; one for each method."""
        ...

    def remove_code(self, person: PersonName, method: str) -> None:
        """Remove, if it is there."""
        ...

    def feeds(self) -> list[Feed]:
        """All, oldest first."""
        ...

    def feed_by_hash(self, hash: str) -> Feed | None:
        """One."""
        ...

    def add_feed(self, feed: Feed) -> None:
        """Insert."""
        ...

    def remove_feed(self, id: FeedId) -> bool:
        """Remove; was it there?"""
        ...


class MemoryOncall:
    """Everything in dictionaries."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Any] = {}
        self._overrides: dict[OverrideId, Override] = {}
        self._swaps: dict[SwapId, Swap] = {}
        self._codes: dict[tuple[PersonName, str], Code] = {}
        self._feeds: dict[FeedId, Feed] = {}

    def lock(self) -> None:
        """There is nobody else."""

    def book(self) -> Book:
        """Everything, by name."""
        return as_book(self._entries)

    def save(self, changes: Changes, by: str, at: datetime) -> None:
        """Write and remove entries."""
        self._entries.update(changes.put)
        for key in changes.removed:
            self._entries.pop(key, None)

    def overrides(self, since: datetime, until: datetime, schedule: ScheduleName | None = None) -> list[Override]:
        """Those that reach into the span."""
        found = [each for each in self._overrides.values() if each.starts_at < until and each.ends_at > since]
        mine = [each for each in found if schedule in (None, each.schedule)]
        return sorted(mine, key=lambda each: (each.made_at, each.id))

    def override(self, id: OverrideId) -> Override | None:
        """One."""
        return self._overrides.get(id)

    def put_overrides(self, overrides: Iterable[Override]) -> None:
        """Insert or replace."""
        self._overrides.update({each.id: each for each in overrides})

    def remove_override(self, id: OverrideId) -> None:
        """Remove, if it is there."""
        self._overrides.pop(id, None)

    def swaps(self, *, is_open: bool | None = None, limit: int = 200) -> list[Swap]:
        """The last asked for first."""
        found = [each for each in self._swaps.values() if is_open in (None, each.state is SwapState.ASKED)]
        return sorted(found, key=lambda each: (each.asked_at, each.id), reverse=True)[:limit]

    def swap(self, id: SwapId) -> Swap | None:
        """One."""
        return self._swaps.get(id)

    def put_swap(self, swap: Swap) -> None:
        """Insert or replace."""
        self._swaps[swap.id] = swap

    def code(self, person: PersonName, method: str) -> Code | None:
        """The last code that was sent to a method."""
        return self._codes.get((person, method))

    def put_code(self, code: Code) -> None:
        """Insert or replace."""
        self._codes[code.person, code.method] = code

    def remove_code(self, person: PersonName, method: str) -> None:
        """Remove, if it is there."""
        self._codes.pop((person, method), None)

    def feeds(self) -> list[Feed]:
        """All, oldest first."""
        return sorted(self._feeds.values(), key=lambda each: (each.made_at, each.id))

    def feed_by_hash(self, hash: str) -> Feed | None:
        """One."""
        return next((each for each in self._feeds.values() if each.hash == hash), None)

    def add_feed(self, feed: Feed) -> None:
        """Insert."""
        self._feeds[feed.id] = feed

    def remove_feed(self, id: FeedId) -> bool:
        """Remove; was it there?"""
        return self._feeds.pop(id, None) is not None


def as_book(entries: Mapping[tuple[str, str], Any]) -> Book:
    """The book of these entries, each kind by name."""
    kinds: dict[str, dict[Any, Any]] = {"people": {}, "teams": {}, "schedules": {}, "policies": {}}
    for (kind, name), entry in sorted(entries.items()):
        kinds[kind][name] = entry
    return Book(**kinds)
