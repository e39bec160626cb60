"""Streams of events end when the server stops; other answers do not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from accelerapp.server.streams import EndStreams, Stopping

Message = dict[str, Any]


async def stopped_in(kind: bytes) -> tuple[list[Message], BaseException | None]:
    """What an endless answer of this kind sent, and how it ended, when the server stopped in the middle of it."""
    stopping, sent = Stopping(), list[Message]()
    begun = asyncio.Event()

    async def endless(_scope: object, _receive: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        begun.set()
        await asyncio.sleep(0.2)
        await send({"type": "http.response.body", "body": b"the end", "more_body": False})

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    task = asyncio.create_task(EndStreams(endless, stopping)({"type": "http"}, receive, send))  # type: ignore[arg-type]
    await begun.wait()
    stopping.set()
    done = await asyncio.gather(task, return_exceptions=True)
    return sent, done[0]


def test_a_stream_of_events_ends_whole() -> None:
    sent, error = asyncio.run(stopped_in(b"text/event-stream; charset=utf-8"))
    assert error is None
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    assert len(sent) == 3


@pytest.mark.parametrize("kind", [b"text/plain", b"application/json"])
def test_any_other_answer_is_finished(kind: bytes) -> None:
    sent, error = asyncio.run(stopped_in(kind))
    assert error is None
    assert sent[-1]["body"] == b"the end"


def test_a_request_that_is_cancelled_by_others_stays_cancelled() -> None:
    async def story() -> None:
        stopping = Stopping()

        async def endless(_scope: object, _receive: object, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await asyncio.sleep(60)

        async def ignore(*_: object) -> Message:
            return {}

        task = asyncio.create_task(EndStreams(endless, stopping)({"type": "http"}, ignore, ignore))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())
