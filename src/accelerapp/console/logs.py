"""`/services/{name}/logs`: the last lines with a filter, and the log as it is written."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from accelerapp.base import errors
from accelerapp.base.ids import ReplicaName, ServiceName
from accelerapp.console import live, log_lines
from accelerapp.console.asking import Answer
from accelerapp.console.desk import Desk
from accelerapp.flows import log_tail
from accelerapp.logs import model as logs
from accelerapp.web import identity as identities

LEVELS = (
    ("critical", "critical"),
    ("error", "error and worse"),
    ("warning", "warning and worse"),
    ("info", "info and worse"),
)
LONGEST = 15.0
MOST_FOLLOWERS = 100
"""Each takes a thread of its own."""


@dataclass(frozen=True)
class Wanted:
    """Which lines."""

    level: str = ""
    match: str = ""
    replica: str = ""
    lines: int = 200
    raw: bool = False
    previous: bool = False

    @property
    def is_filter(self) -> bool:
        """Are some lines left out?"""
        return bool(self.level or self.match or self.replica or self.previous)


def _wanted(
    level: str = "",
    match: Annotated[str, Query(max_length=200)] = "",
    replica: Annotated[str, Query(max_length=200)] = "",
    lines: Annotated[int, Query(ge=1, le=log_lines.MOST_LINES)] = 200,
    raw: bool = False,
    previous: bool = False,
) -> Wanted:
    known = {name for name, _ in LEVELS}
    return Wanted(level if level in known else "", match, replica, lines, raw, previous)


Asked = Annotated[Wanted, Depends(_wanted)]


class Followers:
    """How many follow a log now."""

    def __init__(self) -> None:
        self.count = 0

    async def counted(self, events: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
        """The events, of one more until they end."""
        self.count += 1
        try:
            async with contextlib.aclosing(events):
                async for event in events:
                    yield event
        finally:
            self.count -= 1


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page and its live stream."""
    followers = Followers()

    @router.get("/services/{name}/logs", response_class=HTMLResponse)
    def logs_page(request: Request, name: str, wanted: Asked, identity: identities.Reader) -> HTMLResponse:
        service, mistake = desk.service(name), _mistake(wanted)
        replicas = desk.asker.ask(
            ("service", service.name, "replicas"), lambda: desk.app.platform(service).workload(service.name).replicas
        )
        return desk.page(
            request,
            identity,
            "logs.html",
            section="logs",
            service=service.name,
            keeps_previous=service.platform == "kubernetes",
            wanted=wanted,
            levels=LEVELS,
            mistake=mistake,
            lines=Answer[list[log_lines.Line]]([]) if mistake else _last(desk, service.name, wanted),
            replicas=list(
                dict.fromkeys([*(each.name for each in replicas.value or ()), *filter(None, [wanted.replica])])
            ),
        )

    @router.get("/live/services/{name}/logs")
    async def logs_live(name: str, wanted: Asked, reader: identities.Reader) -> StreamingResponse:
        service = desk.service(name)
        log_tail.compile_match(wanted.match)
        if followers.count >= MOST_FOLLOWERS:
            raise errors.CannotTellError(f"{MOST_FOLLOWERS} follow logs already.", mend="Close some of them.")
        follower = log_lines.Follower(
            lambda: _pieces(desk, service.name, wanted, follow=True), desk.app.clock.now(), raw=wanted.raw
        )
        return live.response(followers.counted(follower.events()))


def _mistake(wanted: Wanted) -> str:
    """What is wrong with the filter; empty when nothing is."""
    try:
        log_tail.compile_match(wanted.match)
    except errors.WrongUseError as error:
        return error.message
    return ""


def _last(desk: Desk, name: ServiceName, wanted: Wanted) -> Answer[list[log_lines.Line]]:
    def find() -> list[log_lines.Line]:
        return list(log_lines.lines(_pieces(desk, name, wanted, follow=False), desk.app.clock.now(), raw=wanted.raw))

    return desk.asker.ask(("log", name, str(wanted)), find, keep=0.5, timeout=LONGEST)


def _pieces(desk: Desk, name: ServiceName, wanted: Wanted, *, follow: bool) -> Iterator[bytes]:
    return desk.app.tail_logs(
        name,
        lines=wanted.lines,
        follow=follow,
        level=logs.Level(wanted.level) if wanted.level else None,
        match=wanted.match or None,
        replicas=(ReplicaName(wanted.replica),) if wanted.replica else (),
        previous=wanted.previous,
    )
