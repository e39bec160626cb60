"""Live parts: one poll per page and process feeds everybody who watches it, as server-sent events.

A board runs while somebody watches. It loads and renders the parts of its page once per period; each viewer is sent
what differs from what that viewer was sent before. A viewer that is slow skips to the newest state. A stream ends when
its client leaves or the server cancels it, and after a few minutes, so that whoever lost their rights in the meantime
is asked for them again (browsers reconnect by themselves).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fastapi.responses import StreamingResponse

PERIOD = 2.0
LONGEST = 300.0
"""Seconds after which a stream ends and the browser asks anew."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
RETRY = b"retry: 1000\n\n"
_AGE = re.compile(r"(<time [^>]*>)[^<]*")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Frame:
    """The state of a page: its parts by element id as HTML, and data for its plots."""

    at: float
    """When it was made, seconds since 1970 by the server's clock."""
    parts: Mapping[str, str]
    data: Mapping[str, Any]
    """Further events by name, JSON values."""

    @cached_property
    def marks(self) -> Mapping[str, str]:
        """What tells whether a part or an event differs from what a viewer has; worked out once for all viewers."""
        parts = {name: ageless(html) for name, html in self.parts.items()}
        return parts | {name: json.dumps(value) for name, value in self.data.items()}


def event(name: str, value: object) -> bytes:
    """One server-sent event; JSON holds no line break, so one data line is enough."""
    return f"event: {name}\ndata: {json.dumps(value, separators=(',', ':'))}\n\n".encode()


class Board:
    """What everybody sees on one page."""

    def __init__(self, load: Callable[[], Frame], period: float = PERIOD) -> None:
        self._load = load
        self._period = period
        self._viewers = 0
        self._frame: Frame | None = None
        self._number = 0
        self._changed = asyncio.Condition()
        self._poll: asyncio.Task[None] | None = None

    @property
    def viewers(self) -> int:
        """How many watch now."""
        return self._viewers

    async def frames(self) -> AsyncGenerator[Frame]:
        """Every new state, from the present one on."""
        self._enter()
        seen = 0
        try:
            while True:
                await self._newer_than(seen)
                if self._frame is not None and self._number > seen:
                    seen = self._number
                    yield self._frame
        finally:
            self._leave()

    async def _newer_than(self, seen: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._number > seen)

    def _enter(self) -> None:
        if self._viewers == 0:
            self._frame, self._number = None, 0  # what was seen when the last viewer left is old
            self._poll = asyncio.create_task(self._go_on())
        self._viewers += 1

    def _leave(self) -> None:
        self._viewers -= 1
        if self._viewers == 0 and self._poll is not None:
            self._poll.cancel()
            self._frame = None  # nobody looks at it: it need not be kept

    async def _go_on(self) -> None:
        while True:
            begun = time.monotonic()
            try:
                frame = await asyncio.to_thread(self._load)
            except Exception:  # a page that cannot be made now may be made in two seconds; viewers see its age grow
                _LOG.exception("A live page could not be made")
            else:
                async with self._changed:
                    self._frame, self._number = frame, self._number + 1
                    self._changed.notify_all()
            await asyncio.sleep(max(0.1, self._period - (time.monotonic() - begun)))


class Boards:
    """The boards that are watched."""

    def __init__(self) -> None:
        self._boards: dict[str, Board] = {}

    def board(self, name: str, load: Callable[[], Frame], period: float = PERIOD) -> Board:
        """The board of this name, made when it is first asked for. It costs nothing while nobody watches."""
        return self._boards.setdefault(name, Board(load, period))


async def stream(
    board: Board, longest: float = LONGEST, may_see: Callable[[Frame], bool] = lambda frame: True
) -> AsyncIterator[bytes]:
    """A board for one viewer. Every state is an event, an empty one too: the viewer sees that the line is alive.

    It ends when the viewer may see it no more.
    """
    yield RETRY
    seen: dict[str, str] = {}
    begun = time.monotonic()
    async with contextlib.aclosing(board.frames()) as frames:
        async for frame in frames:
            if not may_see(frame):
                return
            news = [name for name, mark in frame.marks.items() if seen.get(name) != mark]
            seen = dict(frame.marks)
            yield event(
                "parts", {"at": frame.at, "parts": {name: frame.parts[name] for name in news if name in frame.parts}}
            )
            for name in news:
                if name in frame.data:
                    yield event(name, frame.data[name])
            if time.monotonic() - begun > longest:
                return


def response(events: AsyncIterator[bytes]) -> StreamingResponse:
    """A stream of events as an answer."""
    return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)


def ageless(html: str) -> str:
    """HTML without the ages, which the browser counts by itself."""
    return _AGE.sub(r"\1", html)
