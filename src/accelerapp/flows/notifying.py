"""Tells the team something now: to every target side by side, with a few tries, and a result for each target.

What must not be lost goes through the outbox instead; here a person or a script waits for the results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from accelerapp.base import clock as clocks
from accelerapp.base import errors, ids, side_by_side
from accelerapp.base.settings import channels as channel_settings
from accelerapp.base.settings import people
from accelerapp.base.severity import Severity
from accelerapp.notifications import service
from accelerapp.notifications.channels.interface import Channel
from accelerapp.notifications.model import Address, Delivery, Failed, Message, Retry, Sent

TRIES = 3
LONGEST_PAUSE = timedelta(seconds=8)
"""Who asks for a longer one is reported as not reached instead of waited for."""
WITHIN = 25.0
"""Seconds for all targets together: whoever asks over a server waits for 30."""


@dataclass(frozen=True)
class ShownChannel:
    """A channel without its secrets."""

    name: str
    kind: str
    severities: tuple[Severity, ...]
    """For which the team is told by it."""


@dataclass(frozen=True)
class Notifying:
    """The verbs of telling the team."""

    known: Mapping[str, channel_settings.Channel]
    routes: people.Notify
    channel: Callable[[str], Channel]
    """Makes the channel of a name that is known."""
    clock: clocks.Clock
    asker: side_by_side.SideBySide

    def channels(self) -> list[ShownChannel]:
        """All of the settings, in their order."""
        return [ShownChannel(name, each.kind, self._severities(name)) for name, each in self.known.items()]

    def _severities(self, name: str) -> tuple[Severity, ...]:
        return tuple(each for each in Severity if name in [target.partition(":")[0] for target in self.routes.of(each)])

    def notify(self, severity: Severity, text: str, about: str = "", targets: Sequence[str] = ()) -> list[Sent]:
        """Tell `targets`, or those that the settings name for the severity: `CHANNEL` or `CHANNEL:ADDRESS` each.

        The first line of `text` is the title. Raises WrongUseError when there is nobody to tell, NotFoundError.
        """
        title, _, body = text.strip().partition("\n")
        if not title:
            raise errors.WrongUseError("There is nothing to say.", mend='Give it with --message "…".')
        key = ids.new_id("note")
        return self.send(Message(title, key, severity=severity, body=body, service=about, subject=key), targets)

    def send(self, message: Message, targets: Sequence[str] = ()) -> list[Sent]:
        """The same with a message that is made already."""
        wanted = list(dict.fromkeys(targets or self.routes.of(message.severity)))
        if not wanted:
            raise errors.WrongUseError(
                f"The settings name no channel for {message.severity}: nobody was told.",
                mend=f'Set [notify] {message.severity} = ["CHANNEL"], or name one with --channel.',
            )
        ways = {target: self._way(target) for target in wanted}
        asked = {target: lambda way=way: self._persist(message, *way) for target, way in ways.items()}
        outcomes = self.asker.ask(asked, WITHIN)
        return [
            Sent(ways[target][0].name, ways[target][1].to, _delivery(outcome)) for target, outcome in outcomes.items()
        ]

    def test(self, target: str) -> Sent:
        """A harmless message to one target. Raises NotFoundError."""
        (sent,) = self.send(service.trial(target.partition(":")[0], ids.new_id("test")), [target])
        return sent

    def _way(self, target: str) -> tuple[Channel, Address]:
        name, _, to = target.partition(":")
        if name not in self.known:
            raise errors.NotFoundError(
                f"There is no channel '{name}'.",
                mend=f"There are: {', '.join(self.known)}." if self.known else "Describe it as [channels.NAME].",
            )
        return self.channel(name), Address(to)

    def _persist(self, message: Message, channel: Channel, address: Address) -> Delivery:
        """A few tries, with pauses; the last answer."""
        delivery = channel.send(message, address, self.clock.now())
        for tries in range(1, TRIES):
            if not isinstance(delivery, Retry):
                break
            pause = service.back_off(tries, delivery.after, 0)
            if pause > LONGEST_PAUSE:
                break
            self.clock.sleep(pause.total_seconds())
            delivery = channel.send(message, address, self.clock.now())
        return delivery


def _delivery(outcome: side_by_side.Outcome[Delivery]) -> Delivery:
    if isinstance(outcome, side_by_side.Answered):
        return outcome.value
    if isinstance(outcome, side_by_side.Silent):
        return Retry(f"It did not end within {outcome.seconds:.0f} s.", may_have_arrived=True)
    return Failed(f"The channel itself failed with {type(outcome.error).__name__}: {outcome.error}")
