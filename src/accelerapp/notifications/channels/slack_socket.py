"""Slack's Socket Mode: buttons, commands and events come over a websocket that we open: nobody has to reach us.

https://docs.slack.dev/apis/events-api/using-socket-mode. Each envelope is confirmed only after it was handled: when
this process dies in between, Slack sends it again. Slack closes a connection now and then and says so before.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Protocol, TypeVar

from accelerapp.base import errors
from accelerapp.clients import websockets
from accelerapp.clients.outgoing import Outgoing
from accelerapp.notifications import service
from accelerapp.notifications.channels import posting, slack, slack_commands, slack_events, slack_inbound
from accelerapp.notifications.channels.slack_commands import Command
from accelerapp.notifications.channels.slack_events import Reaction
from accelerapp.notifications.channels.slack_inbound import Press
from accelerapp.notifications.model import Failed, Retry

T = TypeVar("T")
_LOOK = 1.0
"""Seconds after which it is looked whether to stop."""


class Listener(Protocol):
    """Does what somebody wants in Slack. When it raises, the envelope comes again."""

    def press(self, pressed: Press) -> str:
        """A line for the channel on what came of it; a WrongUseError is told there too."""
        ...

    def command(self, given: Command) -> dict[str, str]:
        """The answer that Slack shows, as `slack_commands.answer` makes it."""
        ...

    def react(self, found: Reaction) -> None:
        """Somebody put a reaction under a message."""
        ...


@dataclass(frozen=True)
class SlackSocket:
    """Receives what is pressed and typed, by the app's token."""

    door: Outgoing
    url: str
    app_token: str = field(repr=False)
    ca_file: str = ""
    open: Callable[[str, str], AbstractContextManager[websockets.Socket]] = websockets.opened

    def run(self, listener: Listener, stop: Event, say: Callable[[str], None]) -> None:
        """Until `stop` is set: connect, receive, connect again, after troubles with pauses. `say` is told of those."""
        troubles = 0
        while not stop.is_set():
            try:
                with self.open(self._address(), self.ca_file) as socket:
                    self._receive(socket, listener, stop)
                troubles = 0
            except Exception as error:  # whatever came over the socket: the next press has to be heard
                troubles += 1
                say(_sentence(error))
                stop.wait(service.back_off(troubles, None, 0.5).total_seconds())

    def _address(self) -> str:
        """Where to connect to, good for one connection. Raises WrongUseError, CannotTellError."""
        headers = {"Authorization": f"Bearer {self.app_token}", **posting.FORM}
        answer = self.door.request("POST", f"{self.url.rstrip('/')}/apps.connections.open", headers)
        posting.accepted(slack.judge(answer, None))
        return str(posting.fields_of(answer).get("url", ""))

    def _receive(self, socket: websockets.Socket, listener: Listener, stop: Event) -> None:
        while not stop.is_set():
            text = socket.receive(_LOOK)
            if text is None:
                continue
            envelope = _object(text)
            if envelope.get("type") == "disconnect":
                return
            done = _handled(envelope, listener)
            if id := envelope.get("envelope_id"):
                socket.send(json.dumps({"envelope_id": id, **done.payload}))
            for response_url, line in done.told:
                respond(self.door, response_url, line)


@dataclass(frozen=True)
class _Done:
    """What is said of an envelope: with its confirmation, and to response addresses."""

    payload: dict[str, Any] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)


def _handled(envelope: dict[str, Any], listener: Listener) -> _Done:
    payload = envelope.get("payload")
    match envelope.get("type"):
        case "interactive" if presses := _read(slack_inbound.of_payload, payload):
            told = [(each.response_url, _pressed(each, listener)) for each in presses]
            return _Done(told=[(response_url, line) for response_url, line in told if response_url and line])
        case "slash_commands" if command := _read(slack_commands.of_payload, payload):
            return _Done({"payload": listener.command(command)})
        case "events_api" if reaction := slack_events.of_payload(payload):
            listener.react(reaction)
    return _Done()


def _read(read: Callable[[Any], T], payload: object) -> T | None:
    """None: it cannot be read now, nor when it comes again, so it is confirmed."""
    try:
        return read(payload)
    except errors.InvalidInputError:
        return None


def _pressed(press: Press, listener: Listener) -> str:
    try:
        return listener.press(press)
    except errors.WrongUseError as error:
        return error.told


def respond(door: Outgoing, response_url: str, text: str) -> Retry | Failed | None:
    """A line for the channel, tried once; None: Slack took it."""
    found = posting.attempt(
        lambda: posting.judged(
            "Slack", door.request("POST", response_url, posting.JSON, slack_inbound.answer(text)), None
        )
    )
    return found if isinstance(found, Retry | Failed) else None


def _sentence(error: Exception) -> str:
    if not isinstance(error, errors.AccelerappError):
        return f"Slack's Socket Mode: {type(error).__name__}: {error}"
    return error.told


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
