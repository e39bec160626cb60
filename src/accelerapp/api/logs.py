"""Logs: the review, and lines as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from accelerapp.app import App
from accelerapp.logs.model import Level, LogReview
from accelerapp.web.identity import Reader


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""

    @router.get("/services/{name}/logs/review", operation_id="review_logs")
    def review(name: str, who: Reader, minutes: Annotated[int, Query(ge=1, le=44640)] = 1440) -> LogReview:
        """Counts, patterns, top errors and anomalies of the last minutes."""
        return app.review_logs(name, timedelta(minutes=minutes), app.clock.now())

    @router.get("/services/{name}/logs", operation_id="tail_logs", response_class=StreamingResponse)
    def tail(
        request: Request,
        name: str,
        who: Reader,
        lines: Annotated[int, Query(ge=0, le=100_000)] = 100,
        follow: bool = False,
        level: Level | None = None,
        match: Annotated[str | None, Query(max_length=1000)] = None,
    ) -> StreamingResponse:
        """The last lines of every replica, `REPLICA LINE` each; with `follow` also those that come."""
        found = app.tail_logs(app.service(name).name, lines=lines, follow=follow, level=level, match=match)
        return StreamingResponse(_pieces(request, found), media_type="text/plain; charset=utf-8")


async def _pieces(request: Request, found: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each piece is fetched in a thread, which is free again in between; ends when the client or the server does.

    When nothing comes, `found` gives an empty piece a few times a second.
    """
    stopping = request.app.state.stopping
    try:
        while not stopping.is_set():
            piece = await run_in_threadpool(next, found, None)
            if piece is None or await request.is_disconnected():
                return
            if piece:
                yield piece
    finally:
        close = getattr(found, "close", None)
        if close is not None:
            close()
