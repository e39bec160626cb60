"""Where senders are kept: the interface, and a memory for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from accelerapp.alerts.model import Integration
from accelerapp.base.ids import IntegrationId


class IntegrationStore(Protocol):
    """One unit of work."""

    def all(self) -> list[Integration]:
        """By name."""
        ...

    def by_hash(self, hash: str) -> Integration | None:
        """The one whose key has this SHA-256."""
        ...

    def add(self, integration: Integration) -> None:
        """Insert."""
        ...

    def remove(self, id: IntegrationId) -> bool:
        """Remove; was it there?"""
        ...

    def note(self, id: IntegrationId, at: datetime) -> None:
        """It sent something then; one that was removed meanwhile stays removed."""
        ...


class MemoryIntegrations:
    """Senders of this process, for tests."""

    def __init__(self) -> None:
        self._known: dict[IntegrationId, Integration] = {}

    def all(self) -> list[Integration]:
        """By name."""
        return sorted(self._known.values(), key=lambda each: (each.name, each.id))

    def by_hash(self, hash: str) -> Integration | None:
        """The one with this key."""
        return next((each for each in self._known.values() if each.hash == hash), None)

    def add(self, integration: Integration) -> None:
        """Insert."""
        self._known[integration.id] = integration

    def remove(self, id: IntegrationId) -> bool:
        """Remove; was it there?"""
        return self._known.pop(id, None) is not None

    def note(self, id: IntegrationId, at: datetime) -> None:
        """It sent something then."""
        if id in self._known:
            self._known[id] = replace(self._known[id], last_at=at)
