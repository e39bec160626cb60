"""Where silences and maintenances are kept: the interface, and a memory for tests."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from accelerapp.alerts.model import Silence
from accelerapp.base.ids import SilenceId


class SilenceStore(Protocol):
    """One unit of work."""

    def get(self, id: SilenceId) -> Silence | None:
        """One silence."""
        ...

    def put(self, silence: Silence) -> None:
        """Insert or replace."""
        ...

    def unclosed(self) -> list[Silence]:
        """Those whose end is not recorded: active ones, and ones to come; by their end."""
        ...

    def all(self, limit: int = 200) -> list[Silence]:
        """All, the last to end first."""
        ...

    def prune(self, before: datetime) -> int:
        """Forget those that ended before; how many."""
        ...


class MemorySilences:
    """Silences of this process, for tests."""

    def __init__(self) -> None:
        self._silences: dict[SilenceId, Silence] = {}

    def get(self, id: SilenceId) -> Silence | None:
        """One silence."""
        return self._silences.get(id)

    def put(self, silence: Silence) -> None:
        """Insert or replace."""
        self._silences[silence.id] = silence

    def unclosed(self) -> list[Silence]:
        """Those whose end is not recorded."""
        return sorted((s for s in self._silences.values() if not s.is_closed), key=lambda s: (s.ends_at, s.id))

    def all(self, limit: int = 200) -> list[Silence]:
        """All, the last to end first."""
        return sorted(self._silences.values(), key=lambda s: (s.ends_at, s.id), reverse=True)[:limit]

    def prune(self, before: datetime) -> int:
        """Forget those that ended before."""
        old = [s.id for s in self._silences.values() if s.is_closed and s.ends_at < before]
        for id in old:
            del self._silences[id]
        return len(old)
