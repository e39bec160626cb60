"""Slack's Socket Mode: buttons and events come over a websocket that we open, so that nobody has to reach us.

https://docs.slack.dev/apis/events-api/using-socket-mode. Each envelope is confirmed only after it was handled: when
this process dies in between, Slack sends it again. Slack closes a connection now and then and says so before.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from accelerapp.base import errors
from accelerapp.clients import websockets
from accelerapp.clients.outgoing import Outgoing
from accelerapp.notifications import service
from accelerapp.notifications.channels import posting, slack, slack_events, slack_inbound
from accelerapp.notifications.channels.slack_events import Reaction
from accelerapp.notifications.channels.slack_inbound import Press
from accelerapp.notifications.model import Failed, Retry

Handle = Callable[[Press], str]
"""Does what was pressed, and answers with a line for the channel. What it raises is told to whoever pressed."""
React = Callable[[Reaction], None]
"""Takes down that somebody put a reaction under a message. When it raises, the envelope comes again."""
_LOOK = 1.0
"""Seconds after which it is looked whether to stop."""


@dataclass(frozen=True)
class SlackSocket:
    """Receives what is pressed, by the app's token."""

    door: Outgoing
    url: str
    app_token: str = field(repr=False)
    ca_file: str = ""
    open: Callable[[str, str], AbstractContextManager[websockets.Socket]] = websockets.opened

    def run(
        self, handle: Handle, stop: Event, say: Callable[[str], None], react: React = lambda reaction: None
    ) -> None:
        """Until `stop` is set: connect, receive, connect again, after troubles with pauses. `say` is told of those."""
        troubles = 0
        while not stop.is_set():
            try:
                with self.open(self._address(), self.ca_file) as socket:
                    self._receive(socket, handle, react, stop)
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

    def _receive(self, socket: websockets.Socket, handle: Handle, react: React, stop: Event) -> None:
        while not stop.is_set():
            text = socket.receive(_LOOK)
            if text is None:
                continue
            envelope = _object(text)
            if envelope.get("type") == "disconnect":
                return
            told = _handled(envelope.get("payload"), handle) if envelope.get("type") == "interactive" else []
            reaction = (
                slack_events.of_payload(envelope.get("payload")) if envelope.get("type") == "events_api" else None
            )
            if reaction is not None:
                react(reaction)
            if id := envelope.get("envelope_id"):
                socket.send(json.dumps({"envelope_id": id}))
            for response_url, line in told:
                respond(self.door, response_url, line)


def _handled(payload: object, handle: Handle) -> list[tuple[str, str]]:
    """What is to be said, and where. What cannot be read now cannot be read when it comes again either."""
    try:
        presses = slack_inbound.of_payload(payload)
    except errors.WrongUseError:
        return []
    told = [(press.response_url, _done(press, handle)) for press in presses]
    return [(response_url, line) for response_url, line in told if response_url and line]


def _done(press: Press, handle: Handle) -> str:
    try:
        return handle(press)
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
