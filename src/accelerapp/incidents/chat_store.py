"""Where the channels of incidents are kept: the interface, and a memory for tests."""

from __future__ import annotations

from typing import Protocol

from accelerapp.base.ids import IncidentId
from accelerapp.incidents.chats import Chat


class ChatStore(Protocol):
    """One unit of work."""

    def get(self, id: IncidentId, *, lock: bool = False) -> Chat | None:
        """Of an incident; with `lock` nobody else changes it until this unit of work ends."""
        ...

    def of_channel(self, channel: str) -> Chat | None:
        """By what the chat calls the channel."""
        ...

    def put(self, chat: Chat) -> None:
        """Insert or replace."""
        ...

    def open(self, limit: int = 200) -> list[Chat]:
        """Those for which something may be to be done."""
        ...


class MemoryChats:
    """Channels of this process, for tests."""

    def __init__(self) -> None:
        self._all: dict[IncidentId, Chat] = {}

    def get(self, id: IncidentId, *, lock: bool = False) -> Chat | None:
        """Of an incident."""
        return self._all.get(id)

    def of_channel(self, channel: str) -> Chat | None:
        """By the channel."""
        return next((each for each in self._all.values() if each.channel == channel), None)

    def put(self, chat: Chat) -> None:
        """Insert or replace."""
        self._all[chat.incident] = chat

    def open(self, limit: int = 200) -> list[Chat]:
        """Not over."""
        return [each for each in self._all.values() if not each.is_over][:limit]
