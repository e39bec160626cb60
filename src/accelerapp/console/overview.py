"""`/`: all services, those that need somebody first, and what happened lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from accelerapp.base.ids import ServiceName
from accelerapp.console import facts, frame, incidents, live
from accelerapp.console.desk import Desk
from accelerapp.platforms import interface as platforms
from accelerapp.web import identity as identities

RECENT = 12


@dataclass(frozen=True)
class Happening:
    """An event of one of the services."""

    service: ServiceName
    event: platforms.Event


def happenings(glances: Sequence[facts.Glance], most: int = RECENT) -> list[Happening]:
    """The newest events of all services that could tell."""
    found = [Happening(each.service.name, event) for each in glances for event in each.events.value or ()]
    return sorted(found, key=lambda happening: happening.event.at, reverse=True)[:most]


def load_frame(desk: Desk) -> live.Frame:
    """The live state of the overview."""
    glances, now = facts.glances(desk.app, desk.asker), desk.app.clock.now()
    parts = {f"row-{each.service.name}": frame.part("parts.html", "overview_row", each, now) for each in glances}
    parts["summary"] = frame.part("parts.html", "summary", glances, now, incidents.urgent(desk))
    parts["recent"] = frame.part("parts.html", "recent", happenings(glances), now)
    return live.Frame(now.timestamp(), parts, {})


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page and its live parts."""

    @router.get("/", response_class=HTMLResponse)
    def overview(request: Request, identity: identities.Reader, q: str = "") -> HTMLResponse:
        glances = facts.glances(desk.app, desk.asker)
        return desk.page(
            request,
            identity,
            "overview.html",
            section="services",
            glances=glances,
            open=incidents.urgent(desk),
            shown=[each for each in glances if q.lower() in each.service.name],
            query=q,
            happenings=happenings(glances),
            settings_file=desk.app.settings.source,
        )

    @router.get("/live/services")
    async def overview_live(reader: identities.Reader) -> StreamingResponse:
        board = desk.boards.board("services", lambda: load_frame(desk))
        return live.response(live.stream(board))
