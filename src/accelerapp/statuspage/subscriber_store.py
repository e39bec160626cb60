"""Where subscribers and their letters are kept: the interface, and a memory for tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from accelerapp.base.ids import SubscriberId
from accelerapp.statuspage.subscribers import Letter, LetterState, Subscriber, SubscriberState, Way


class SubscriberStore(Protocol):
    """One unit of work."""

    def get(self, id: SubscriberId) -> Subscriber | None:
        """One."""
        ...

    def at(self, way: Way, address: str) -> Subscriber | None:
        """The one of an address."""
        ...

    def all(self, state: SubscriberState | None = None) -> list[Subscriber]:
        """By the moment when they asked."""
        ...

    def asked_since(self, at: datetime) -> int:
        """How many asked from then on."""
        ...

    def put(self, subscriber: Subscriber) -> None:
        """Insert or replace; one address has one subscription."""
        ...

    def add_letters(self, letters: Iterable[Letter]) -> None:
        """Keep them; one whose id is there already changes nothing."""
        ...

    def put_letter(self, letter: Letter) -> None:
        """Replace it."""
        ...

    def due(self, now: datetime, limit: int) -> list[Letter]:
        """Longest due first."""
        ...

    def letters(self, subscriber: SubscriberId) -> list[Letter]:
        """All to one, oldest first."""
        ...

    def prune(self, before: datetime) -> int:
        """Forget letters that ended before that, and what was never confirmed or ended; how many letters."""
        ...


class MemorySubscribers:
    """Subscribers of this process, for tests."""

    def __init__(self) -> None:
        self._all: dict[SubscriberId, Subscriber] = {}
        self._letters: dict[str, Letter] = {}

    def get(self, id: SubscriberId) -> Subscriber | None:
        """One."""
        return self._all.get(id)

    def at(self, way: Way, address: str) -> Subscriber | None:
        """The one of an address."""
        return next((each for each in self._all.values() if (each.way, each.address) == (way, address)), None)

    def all(self, state: SubscriberState | None = None) -> list[Subscriber]:
        """Oldest first."""
        found = [each for each in self._all.values() if state in (None, each.state)]
        return sorted(found, key=lambda each: (each.asked_at, each.id))

    def asked_since(self, at: datetime) -> int:
        """Count."""
        return sum(each.asked_at >= at for each in self._all.values())

    def put(self, subscriber: Subscriber) -> None:
        """Keep it."""
        self._all[subscriber.id] = subscriber

    def add_letters(self, letters: Iterable[Letter]) -> None:
        """Keep the new ones."""
        for each in letters:
            self._letters.setdefault(each.id, each)

    def put_letter(self, letter: Letter) -> None:
        """Replace it."""
        self._letters[letter.id] = letter

    def due(self, now: datetime, limit: int) -> list[Letter]:
        """Longest due first."""
        found = [each for each in self._letters.values() if each.state is LetterState.QUEUED and each.due_at <= now]
        return sorted(found, key=lambda each: (each.due_at, each.id))[:limit]

    def letters(self, subscriber: SubscriberId) -> list[Letter]:
        """Oldest first."""
        found = [each for each in self._letters.values() if each.subscriber == subscriber]
        return sorted(found, key=lambda each: (each.queued_at, each.id))

    def prune(self, before: datetime) -> int:
        """Forget."""
        old = [id for id, each in self._letters.items() if each.ended_at and each.ended_at < before]
        for id in old:
            del self._letters[id]
        gone = [each.id for each in self.all() if _is_over(each, before)]
        for one in gone:
            del self._all[one]
        return len(old)


def _is_over(each: Subscriber, before: datetime) -> bool:
    is_confirmed = each.state is SubscriberState.CONFIRMED
    return not is_confirmed and (each.ended_at or each.asked_at) < before
