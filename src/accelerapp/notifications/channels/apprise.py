"""Anything that Apprise speaks, as an extra. Apprise tells only yes or no, and its time-outs are its own services'."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accelerapp.base import errors, side_by_side
from accelerapp.notifications import texts
from accelerapp.notifications.channels import posting
from accelerapp.notifications.model import Address, Delivered, Delivery, Message, Retry

_TYPES = {"P1": "failure", "P2": "failure", "P3": "warning", "P4": "info"}
_asker = side_by_side.SideBySide()


@dataclass(frozen=True)
class AppriseChannel:
    """Sends to one of Apprise's addresses."""

    name: str
    url: str = field(repr=False)
    seconds: float = 15.0

    def send(self, message: Message, address: Address, now: datetime) -> Delivery:
        """One notification; the address, when given, is one of Apprise's own."""
        return posting.attempt(lambda: self._notified(message, address.to or self.url))

    def _notified(self, message: Message, url: str) -> Delivery:
        target = _target(url)
        outcome = _asker.ask({self.name: lambda: _notify(target, message)}, self.seconds)[self.name]
        if isinstance(outcome, side_by_side.Silent):
            return Retry("Apprise did not end in time.", may_have_arrived=True)
        if isinstance(outcome, side_by_side.Answered) and outcome.value:
            return Delivered()
        return Retry("Apprise says that it could not be delivered.", "Try its address with the command `apprise -v`.")

    def check(self) -> str:
        """Apprise knows the kind of the address; it asks nobody."""
        _target(self.url)
        return "Apprise knows this kind of address; only a message tells whether it works."


def _notify(target: Any, message: Message) -> bool:
    return bool(
        target.notify(
            title=texts.headline(message),
            body=texts.plain(message, 4000),
            notify_type=_TYPES[message.severity],
            body_format="text",
        )
    )


def _target(url: str) -> Any:
    """Raises WrongUseError when the extra is missing or Apprise does not know the address."""
    try:
        import apprise
    except ImportError as error:
        raise errors.WrongUseError(
            "Apprise is not installed.", mend="Install it: pip install 'accelerapp[apprise]'."
        ) from error
    target = apprise.Apprise()
    if not target.add(url):
        raise errors.WrongUseError("Apprise does not know this kind of address.", mend="See `apprise --details`.")
    return target
