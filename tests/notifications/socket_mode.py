"""Slack's side of Socket Mode: a web API that hands out an address, and a real websocket behind it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from notifications.servers import Got, Local, Reply, said
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from accelerapp.notifications.channels.slack_commands import Command
from accelerapp.notifications.channels.slack_events import Reaction
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


@dataclass
class Listener:
    """What a test does with what comes."""

    press: Callable[[Press], str] = lambda pressed: ""
    command: Callable[[Command], dict[str, str]] = lambda given: {}
    react: Callable[[Reaction], None] = lambda found: None


class SocketMode:
    """Slack's side: hands out an address, sends envelopes, and sends one again that was not confirmed."""

    def __init__(self) -> None:
        self.queue: list[dict[str, Any]] = []
        self.confirmed: list[str] = []
        self.answers: list[dict[str, Any]] = []
        """What came with confirmations."""
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
                    confirmed = await asyncio.wait_for(ws.receive_json(), 20)
                    self.confirmed.append(confirmed["envelope_id"])
                    self.answers += [confirmed["payload"]] if "payload" in confirmed else []
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
