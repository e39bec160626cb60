"""Pressed buttons: as a form, and over a real websocket in Socket Mode."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlencode

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from notifications.servers import Got, Local, Reply, said, serve
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from accelerapp.base import errors
from accelerapp.clients.outgoing import Outgoing
from accelerapp.notifications.channels import slack_inbound, slack_socket
from accelerapp.notifications.channels.slack_inbound import Press

APP_TOKEN = "xapp-1-good"


def payload(act: str = "acknowledge", response_url: str = "", **changes: Any) -> dict[str, Any]:
    """As Slack's documentation shows it, shortened."""
    return {
        "type": "block_actions",
        "user": {"id": "U012AB3CD", "username": "ann", "name": "ann", "team_id": "T1"},
        "container": {"type": "message", "message_ts": "1700000000.000001", "channel_id": "C1"},
        "response_url": response_url,
        "actions": [{"action_id": act, "block_id": "=qXel", "value": "page-17", "type": "button", "action_ts": "1.2"}],
        **changes,
    }


def form(payload: object) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def test_a_pressed_button_says_what_about_what_and_by_whom():
    (press,) = slack_inbound.of_form(form(payload(response_url="https://hooks.slack.com/actions/1")))
    assert press == Press(
        "acknowledge", "page-17", "U012AB3CD", "ann", "https://hooks.slack.com/actions/1", "C1:1700000000.000001"
    )


@pytest.mark.parametrize(
    "changes", [{"type": "view_submission"}, {"actions": []}, {"actions": [{"action_id": "link-0"}]}]
)
def test_what_is_not_our_button_is_no_press(changes):
    assert slack_inbound.of_form(form(payload(**changes))) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"payload=", b"payload={", b"other=1", b"\xff\xfe", b"payload=1", b"payload=[]", b"payload=null&payload=null",
        b"payload=" + b"[" * 100_000, form(payload(actions=None)), form(payload(user=None)), form(payload(user="ann")),
        b"payload=" + b"x" * 2_000_000,
    ],
    ids=range(13),
)  # fmt: skip
def test_nonsense_is_refused_with_its_field(body):
    with pytest.raises(errors.InvalidInputError) as told:
        slack_inbound.of_form(body)
    assert told.value.problems[0].field == "payload"


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["type", "actions", "user", "id", "value", "action_id", "container"]), inner
            )
        ),
    )
)
def test_any_json_is_a_press_or_refused(found):
    with suppress(errors.InvalidInputError):
        assert all(isinstance(each, Press) for each in slack_inbound.of_payload(found))


class SocketMode:
    """Slack's side: hands out an address, sends envelopes, and sends one again that was not confirmed."""

    def __init__(self) -> None:
        self.queue: list[dict[str, Any]] = []
        self.confirmed: list[str] = []
        self.connections = 0
        self.address = ""
        self.said: list[dict[str, Any]] = []
        self.revoked = False

    def answer(self, got: Got, local: Local) -> Reply:
        if got.path == "/respond":
            self.said.append(got.json)
            return Reply(200, "ok")
        if got.headers.get("authorization") != f"Bearer {APP_TOKEN}" or self.revoked:
            return said(200, ok=False, error="invalid_auth")
        return said(200, ok=True, url=f"{self.address}/link?ticket={self.connections}")

    async def speak(self, ws: WebSocket) -> None:
        await ws.accept()
        self.connections += 1
        await ws.send_json({"type": "hello", "num_connections": 1})
        try:
            while True:
                for envelope in [each for each in self.queue if each["envelope_id"] not in self.confirmed]:
                    await ws.send_json(envelope)
                    self.confirmed.append((await asyncio.wait_for(ws.receive_json(), 20))["envelope_id"])
                if self.connections == 1 and self.confirmed:
                    await ws.send_json({"type": "disconnect", "reason": "refresh_requested"})
                    await ws.receive_json()
                await asyncio.sleep(0.02)
        except (WebSocketDisconnect, RuntimeError):
            pass  # the other side went


@contextmanager
def running(side: SocketMode) -> Iterator[None]:
    site = Starlette(routes=[WebSocketRoute("/link", side.speak)])
    server = uvicorn.Server(
        uvicorn.Config(site, log_config=None, lifespan="off", ws="wsproto", timeout_graceful_shutdown=1)
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        side.address = f"ws://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield
        server.should_exit = True
        thread.join(20)


def test_presses_come_over_the_socket_and_are_confirmed_once_handled(tmp_path):
    """One press, a requested reconnection, one that is refused, one while the database is away: that comes again."""
    side, stop, seen, troubles = SocketMode(), threading.Event(), [], []

    def handle(press: Press) -> str:
        seen.append(press.subject)
        if press.subject == "second" and seen.count("second") == 1:
            raise errors.CannotTellError("The database is away.")
        if press.subject == "third":
            stop.set()
            raise errors.WrongUseError("There is no such page.")
        return f"{press.user_name} has <seen> it."

    with serve(side.answer, tmp_path) as api, running(side):
        for name in ("first", "second", "third"):
            action = {"action_id": "acknowledge", "value": name}
            whole = payload(response_url=f"{api.url}/respond", actions=[action])
            side.queue.append({"type": "interactive", "envelope_id": f"e-{name}", "payload": whole})
        side.queue.insert(1, {"type": "interactive", "envelope_id": "e-nonsense", "payload": {"type": "block_actions"}})
        way = slack_socket.SlackSocket(Outgoing(10), f"{api.url}/api", APP_TOKEN)
        way.run(handle, stop, troubles.append)
    assert seen == ["first", "second", "second", "third"]
    assert side.connections >= 2
    assert troubles == ["The database is away."]
    assert [each["text"] for each in side.said] == [
        "ann has &lt;seen&gt; it.",
        "ann has &lt;seen&gt; it.",
        "There is no such page.",
    ]


def test_a_revoked_token_is_told_with_the_mend_and_tried_again(tmp_path):
    side, stop, troubles = SocketMode(), threading.Event(), []
    side.revoked = True

    def say(trouble: str) -> None:
        troubles.append(trouble)
        stop.set()

    with serve(side.answer, tmp_path) as api:
        slack_socket.SlackSocket(Outgoing(10), f"{api.url}/api", APP_TOKEN).run(lambda press: "", stop, say)
    assert troubles == ["Slack answers invalid_auth. Install the app to the workspace again and set its new token."]
