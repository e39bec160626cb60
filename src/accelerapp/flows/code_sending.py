"""Codes that prove a contact method, sent by the channels of the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from accelerapp.base import clock as clocks
from accelerapp.base import errors, ids
from accelerapp.base.settings import channels as settings
from accelerapp.base.severity import Severity
from accelerapp.flows import carrying
from accelerapp.notifications.channels.interface import Channel
from accelerapp.notifications.model import Address, Delivered, Failed, Kind, Message
from accelerapp.oncall.model import ContactMethod, Person


@dataclass(frozen=True)
class ByChannels:
    """See `oncall.contacting.CodeSender`. The same channel carries the code that carries the calls."""

    known: Mapping[str, settings.Channel]
    channel: Callable[[str], Channel]
    clock: clocks.Clock

    def send_code(self, person: Person, method: ContactMethod, code: str) -> None:
        """Send it once. Raises WrongUseError (no channel, refused) or CannotTellError (try again)."""
        name = carrying.channel(method.kind, self.known)
        if name is None:
            kind = carrying.kind(method.kind)
            raise errors.WrongUseError(f"There is no channel of the kind {kind}.", mend=carrying.missing(kind))
        message = Message(
            title=f"Your code is {code}",
            idempotency_key=ids.new_id("code"),
            kind=Kind.TEST,
            severity=Severity.P4,
            body=f"It proves that {method.kind} reaches you when you are on call. It holds for 15 minutes.",
        )
        answer = self.channel(name).send(message, Address(method.address, person.name), self.clock.now())
        if isinstance(answer, Delivered):
            return
        failure = errors.WrongUseError if isinstance(answer, Failed) and answer.is_permanent else errors.CannotTellError
        raise failure(f"The code did not go out by {name}: {answer.reason}", mend=answer.mend or "Try again.")
