"""`/services/{name}`: one service: its state, its replicas, what it uses, what happened, and what can be done."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from accelerapp.console import acts, facts, frame, live, plots
from accelerapp.console.asking import Answer
from accelerapp.console.desk import Desk
from accelerapp.explanations.model import Explanation
from accelerapp.platforms.interface import RolloutPhase
from accelerapp.web import identity as identities

EXPLANATION_KEEP = 10.0
"""Seconds that an explanation is shared: on a cluster it costs a few dozen calls."""
RANGES = ((60, "1 h"), (360, "6 h"), (1440, "24 h"), (10080, "7 d"))


def in_range(minutes: int) -> int:
    """One of the ranges: the smallest that is long enough."""
    return next((length for length, _ in RANGES if length >= minutes), RANGES[-1][0])


def drawn(detail: facts.Detail, shown: tuple[plots.Plot, ...], desk: Desk) -> dict[str, Any]:
    """What the browser draws; the memory limit is the lowest of the replicas'."""
    limits = [each.memory_limit_bytes for each in detail.glance.usage.value or () if each.memory_limit_bytes]
    revisions = detail.revisions.value or ()
    return plots.document(shown, desk.app.clock.now(), detail.minutes, min(limits, default=None), revisions)


def load_frame(desk: Desk, name: str, minutes: int) -> live.Frame:
    """The live state of a service's page."""
    detail, now = facts.detail(desk.app, desk.asker, desk.service(name), minutes), desk.app.clock.now()
    glance = detail.glance
    parts = {macro: frame.part("parts.html", macro, glance, now) for macro in ("head", "tiles", "replicas", "events")}
    parts["revisions"] = frame.part("parts.html", "revisions", detail, now)
    shown = plots.plots(glance.history.value or ())
    for plot in shown:
        parts[f"{plot.id}-figures"] = frame.part("parts.html", "plot_table", plot, glance.history)
    return live.Frame(now.timestamp(), parts, {"usage": drawn(detail, shown, desk)} if glance.history.known else {})


def explanation(desk: Desk, detail: facts.Detail) -> Answer[Explanation] | None:
    """Why the service does not run; None while its replicas are all ready or nobody can tell them."""
    workload, name = detail.glance.workload.value, detail.glance.service.name
    if workload is None or (workload.ready >= workload.desired > 0 and workload.phase is not RolloutPhase.FAILED):
        return None
    key = ("service", name, "explanation")
    return desk.asker.ask(key, lambda: desk.app.explain(name), keep=EXPLANATION_KEEP)


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page and its live parts."""

    @router.get("/services/{name}", response_class=HTMLResponse)
    def service_page(
        request: Request, name: str, identity: identities.Reader, minutes: int = 60, did: str = ""
    ) -> HTMLResponse:
        detail = facts.detail(desk.app, desk.asker, desk.service(name), in_range(minutes))
        shown = plots.plots(detail.glance.history.value or ())
        return desk.page(
            request,
            identity,
            "service.html",
            section="service",
            service=name,
            detail=detail,
            shown=shown,
            document=drawn(detail, shown, desk),
            explanation=explanation(desk, detail),
            ranges=RANGES,
            versions=sorted({each.version for each in detail.revisions.value or ()}),
            done=acts.DONE.get(did, ""),
        )

    @router.get("/live/services/{name}")
    async def service_live(name: str, reader: identities.Reader, minutes: int = 60) -> StreamingResponse:
        service, length = desk.service(name), in_range(minutes)
        board = desk.boards.board(f"{service.name} {length}", lambda: load_frame(desk, service.name, length))
        return live.response(live.stream(board))
