"""A way on which messages go out."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from accelerapp.notifications.model import Address, Delivery, Message


class Channel(Protocol):
    """Sends messages of one kind with one set of credentials; safe to use from several threads."""

    @property
    def name(self) -> str:
        """As the settings call it."""
        ...

    def send(self, message: Message, address: Address, now: datetime) -> Delivery:
        """Send once, within a bounded time. Whatever the other side does is an answer, never an error."""
        ...

    def check(self) -> str:
        """A sentence on what was found without sending anything to anybody.

        Raises WrongUseError (the credentials or the address are wrong) or CannotTellError.
        """
        ...
