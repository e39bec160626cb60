"""`/services/{name}/logs`: the last lines with a filter, and the log as it is written."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from accelerapp.base import errors, text
from accelerapp.base.ids import ServiceName
from accelerapp.console import live
from accelerapp.console.asking import Question
from accelerapp.console.desk import Desk
from accelerapp.logs import model as logs
from accelerapp.web import identity as identities

LEVELS = (
    ("critical", "critical"),
    ("error", "error and worse"),
    ("warning", "warning and worse"),
    ("info", "info and worse"),
)
MOST_LINES = 2000
LONGEST_LINE = 4000
BATCH_SECONDS = 0.25
_LEVEL = re.compile(rb"\b(CRITICAL|FATAL|ERROR|WARN(?:ING)?|DEBUG)\b", re.IGNORECASE)
_LEVELS = {b"FATAL": "critical", b"WARN": "warning"}


@dataclass(frozen=True)
class Wanted:
    """Which lines."""

    level: str = ""
    match: str = ""
    replica: str = ""
    lines: int = 200


@dataclass(frozen=True)
class Line:
    """One line of a log as it is shown."""

    replica: str
    level: str
    text: str


def line(raw: bytes) -> Line:
    """A line of `tail_logs`, `replica<space>text`; its level by the first word for one in it."""
    replica, _, content = raw.rstrip(b"\r\n").partition(b" ")
    found = _LEVEL.search(content[:200])
    level = _LEVELS.get(found[1].upper(), found[1].lower().decode()) if found else ""
    shown = text.printable(content.decode("utf-8", "replace"), LONGEST_LINE)
    return Line(text.printable(replica.decode("utf-8", "replace"), 200), level, shown)


def lines(pieces: Iterable[bytes], replica: str = "") -> Iterator[Line]:
    """The lines in pieces that may hold several; only this replica's if one is named."""
    for piece in pieces:
        for raw in piece.splitlines():
            shown = line(raw)
            if not replica or shown.replica == replica:
                yield shown


class Follower:
    """One viewer's log: a thread reads, since the source blocks; the viewer takes what came in batches.

    The thread ends at the next line, or the next sign of life of the source, after the viewer has left.
    """

    def __init__(self, pieces: Callable[[], Iterator[bytes]], wanted: Wanted) -> None:
        self._pieces = pieces
        self._wanted = wanted
        self._waiting: deque[Line] = deque()
        self._skipped = 0
        self._trouble = ""
        self._lock = threading.Lock()
        self._is_left = threading.Event()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._read, name=f"follow {wanted}", daemon=True)

    async def batches(self, boards: live.Boards, longest: float = live.LONGEST) -> AsyncIterator[bytes]:
        """The stream: what is there first (`reset`: in place of what the viewer has), then what comes."""
        yield live.RETRY
        self._thread.start()
        begun, said, is_first = time.monotonic(), 0.0, True
        try:
            while not boards.is_closed and time.monotonic() - begun < longest:
                await asyncio.sleep(BATCH_SECONDS)
                batch, is_over = self._take(), self._is_over.is_set()
                if batch["lines"] or batch["trouble"] or time.monotonic() - said > live.PERIOD:
                    said = time.monotonic()
                    yield live.event("lines", {**batch, "reset": is_first})
                    is_first = False
                if is_over and not self._waiting:
                    await asyncio.sleep(live.PERIOD)  # the browser asks again: not in a tight circle
                    return
        finally:
            self._is_left.set()

    def _read(self) -> None:
        try:
            for shown in lines(self._until_left(), self._wanted.replica):
                with self._lock:
                    self._waiting.append(shown)
                    if len(self._waiting) > MOST_LINES:
                        self._waiting.popleft()
                        self._skipped += 1
        except errors.AccelerappError as error:
            self._trouble = f"{error.message} {error.mend}".strip()
        finally:
            self._is_over.set()

    def _until_left(self) -> Iterator[bytes]:
        for piece in self._pieces():
            if self._is_left.is_set():
                return
            yield piece

    def _take(self) -> dict[str, Any]:
        with self._lock:
            taken, skipped, trouble = list(self._waiting), self._skipped, self._trouble
            self._waiting.clear()
            self._skipped, self._trouble = 0, ""
        if skipped:
            taken.insert(0, Line("", "notice", f"{text.count(skipped, 'line')} came too fast and were left out here."))
        return {"lines": [(each.replica, each.level, each.text) for each in taken], "trouble": trouble}


def _wanted(
    level: str = "",
    match: Annotated[str, Query(max_length=200)] = "",
    replica: Annotated[str, Query(max_length=200)] = "",
    lines: Annotated[int, Query(ge=1, le=MOST_LINES)] = 200,
) -> Wanted:
    known = {name for name, _ in LEVELS}
    return Wanted(level if level in known else "", match, replica, lines)


Asked = Annotated[Wanted, Depends(_wanted)]


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page and its live stream."""

    @router.get("/services/{name}/logs", response_class=HTMLResponse)
    def logs_page(request: Request, name: str, wanted: Asked, identity: identities.Reader) -> HTMLResponse:
        service = desk.service(name)
        answers = desk.asker.ask_all(
            {
                "lines": Question(("log", service.name, str(wanted)), lambda: _tail(desk, service.name, wanted), 0.5),
                "workload": Question(
                    ("service", service.name, "workload"), lambda: desk.app.platform(service).workload(service.name)
                ),
            },
            timeout=15,
        )
        workload = answers["workload"].value
        replicas = [each.name for each in workload.replicas] if workload else []
        return desk.page(
            request,
            identity,
            "logs.html",
            section="logs",
            service=service.name,
            wanted=wanted,
            levels=LEVELS,
            lines=answers["lines"],
            replicas=list(dict.fromkeys([*replicas, *filter(None, [wanted.replica])])),
        )

    @router.get("/live/services/{name}/logs")
    async def logs_live(name: str, wanted: Asked, reader: identities.Reader) -> StreamingResponse:
        service = desk.service(name)
        follower = Follower(lambda: _pieces(desk, service.name, wanted, follow=True), wanted)
        return StreamingResponse(follower.batches(desk.boards), media_type="text/event-stream", headers=live.HEADERS)


def _pieces(desk: Desk, name: ServiceName, wanted: Wanted, *, follow: bool) -> Iterator[bytes]:
    level = logs.Level(wanted.level) if wanted.level else None
    return desk.app.tail_logs(name, lines=wanted.lines, follow=follow, level=level, match=wanted.match or None)


def _tail(desk: Desk, name: ServiceName, wanted: Wanted) -> list[Line]:
    return list(lines(_pieces(desk, name, wanted, follow=False), wanted.replica))[-wanted.lines :]
