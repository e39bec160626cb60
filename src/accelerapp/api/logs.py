"""Logs: the review, and lines as they come."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from itertools import chain
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Query, Request
from starlette.responses import StreamingResponse

from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.ids import ReplicaName
from accelerapp.logs import ranking
from accelerapp.logs.comparison import LogComparison
from accelerapp.logs.model import Level, LogReview
from accelerapp.logs.stretches import Wanted
from accelerapp.web.identity import Reader

MOST_FOLLOWERS = 100
Stretch = Annotated[str, Query(max_length=200)]
_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


class Followers:
    """Who follows a log now. Each takes a thread of its own, beside those that answer requests: there is a limit."""

    def __init__(self, most: int = MOST_FOLLOWERS) -> None:
        self._most = most
        self._count = 0
        self._lock = threading.Lock()

    def need_room(self) -> None:
        """Raises CannotTellError when there are too many."""
        if self._count >= self._most:
            raise errors.CannotTellError(f"{self._most} follow logs already.", mend="Close some of them, or ask later.")

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Within the block there is one more."""
        with self._lock:
            self._count += 1
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""
    followers = Followers()

    @router.get("/services/{name}/logs/review", operation_id="review_logs")
    def review(name: str, who: Reader, minutes: Annotated[int, Query(ge=1, le=44640)] = 1440) -> LogReview:
        """Counts, patterns, top errors and anomalies of the last minutes."""
        return app.review_logs(name, timedelta(minutes=minutes), app.clock.now())

    @router.get("/services/{name}/logs/patterns", operation_id="list_log_patterns")
    def patterns(
        name: str, who: Reader, minutes: Annotated[int, Query(ge=1, le=44640)] = 1440, level: Level | None = None
    ) -> ranking.PatternList:
        """All patterns of the last minutes, or those of a level and worse, most frequent first."""
        return ranking.ranked(app.review_logs(name, timedelta(minutes=minutes), app.clock.now()), level)

    @router.get("/services/{name}/logs/compare", operation_id="compare_logs")
    def compare(
        name: str,
        who: Reader,
        before: Stretch = "",
        after: Stretch = "",
        before_release: Stretch = "",
        after_release: Stretch = "",
    ) -> LogComparison:
        """What is new, grown, gone and shrunk: windows such as `2h..1h` or `2026-11-24T09:00/10:00`, or releases."""
        return app.compare_logs(name, Wanted(before, before_release), Wanted(after, after_release))

    @router.get("/services/{name}/logs", operation_id="tail_logs", response_class=StreamingResponse, responses=_TEXT)
    def tail(
        request: Request,
        name: str,
        who: Reader,
        lines: Annotated[int, Query(ge=0, le=100_000)] = 100,
        follow: bool = False,
        level: Level | None = None,
        match: Annotated[str | None, Query(max_length=1000)] = None,
        replica: Annotated[str | None, Query(max_length=300)] = None,
        previous: bool = False,
        seconds: Annotated[int | None, Query(ge=1, le=31_536_000)] = None,
    ) -> StreamingResponse:
        """The last lines of every replica or of one, `REPLICA LINE` each; with `follow` also those that come.

        `previous` reads the run before the last restart; `seconds` leaves out what is older.
        """
        if follow:
            followers.need_room()
        found = app.tail_logs(
            app.service(name).name,
            lines=lines,
            follow=follow,
            level=level,
            match=match,
            replicas=(ReplicaName(replica),) if replica else (),
            previous=previous,
            last=timedelta(seconds=seconds) if seconds else None,
        )
        first = next(found, b"")  # what cannot be read at all is said as an error, not in the middle of an answer
        place = followers.one_more() if follow else nullcontext()
        return StreamingResponse(_pieces(request, chain([first], found), place), media_type="text/plain; charset=utf-8")


async def _pieces(
    request: Request, found: Iterator[bytes], place: AbstractContextManager[None]
) -> AsyncIterator[bytes]:
    """Ends when the client or the server does: when nothing comes, `found` gives an empty piece a few times a second.

    `found` waits within its thread; a limiter of its own keeps it from those that answer requests.
    """
    stopping, own_thread = request.app.state.stopping, anyio.CapacityLimiter(1)
    with place:
        while not stopping.is_set():
            piece = await anyio.to_thread.run_sync(next, found, None, limiter=own_thread)
            if piece is None or await request.is_disconnected():
                return
            if piece:
                yield piece
