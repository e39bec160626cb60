"""Ends the streams of server-sent events when the server stops: they would go on for ever, and hold it up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Stopping:
    """Said once: the server stops; announced before. Belongs to the event loop's thread, but for reading it."""

    def __init__(self) -> None:
        self.is_announced = False
        """It will stop soon: nothing new should be sent to it."""
        self._is_set = False
        self._watchers: set[Callable[[], object]] = set()

    def is_set(self) -> bool:
        """Does the server stop?"""
        return self._is_set

    def set(self) -> None:
        """Tell whoever watches."""
        self.is_announced = self._is_set = True
        for tell in tuple(self._watchers):
            tell()

    @contextmanager
    def watched(self, tell: Callable[[], object]) -> Iterator[None]:
        """Within the block `tell` is called when the server stops."""
        self._watchers.add(tell)
        try:
            yield
        finally:
            self._watchers.discard(tell)


class EndStreams:
    """ASGI middleware: a stream of events ends as if it had come to its end; browsers ask again by themselves."""

    def __init__(self, app: ASGIApp, stopping: Stopping) -> None:
        self._app = app
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        task = asyncio.current_task()
        if scope["type"] != "http" or task is None:
            await self._app(scope, receive, send)
            return
        stream = _Stream(send)
        with self._stopping.watched(lambda: stream.is_open and task.cancel()):
            try:
                await self._app(scope, receive, stream.send)
            except asyncio.CancelledError:
                if not (self._stopping.is_set() and stream.is_open):
                    raise
                task.uncancel()
                await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Stream:
    """Sees whether an answer is a stream of events that has begun and not ended."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_open = False

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.is_open = Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream")
        elif not message.get("more_body", False):
            self.is_open = False
        await self._send(message)
