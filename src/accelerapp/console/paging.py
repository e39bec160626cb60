"""`/pages` and `/pages/{id}`: who is called for what, by what and how that went, and how quickly it was answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from accelerapp.access import model as access
from accelerapp.alerts.model import Alert
from accelerapp.base import errors, text
from accelerapp.base.severity import Severity
from accelerapp.console import alerts, frame, live
from accelerapp.console.asking import Answer, Question
from accelerapp.console.desk import Desk
from accelerapp.console.looks import Look, Tone
from accelerapp.paging.model import (
    CALLING,
    Outgoing,
    OutgoingState,
    Paging,
    PagingDetail,
    PagingState,
    Standing,
    Unreached,
    Verb,
)
from accelerapp.paging.model import Response as Figures
from accelerapp.web import identity as identities
from accelerapp.web import problems

MOST_OPEN, MOST_OVER, MOST_CALLED = 200, 50, 30
"""Of open pages so many are listed, and of the newest it is said who was called."""
_BAD = {Severity.P1: Tone.CRITICAL, Severity.P2: Tone.CRITICAL, Severity.P3: Tone.WARNING, Severity.P4: Tone.NOTICE}
_SENT = {
    OutgoingState.QUEUED: Look(Tone.NOTICE, "waits"),
    OutgoingState.SENDING: Look(Tone.NOTICE, "is being sent"),
    OutgoingState.DELIVERED: Look(Tone.OK, "delivered"),
    OutgoingState.FAILED: Look(Tone.CRITICAL, "failed"),
    OutgoingState.CANCELLED: Look(Tone.OK, "not needed"),
}
_Text = Annotated[str, Form(max_length=1000)]


@dataclass(frozen=True)
class Row:
    """A page as a list shows it."""

    paging: Paging
    look: Look
    called: Sequence[Outgoing] = ()
    """The last message to each person."""


@dataclass(frozen=True)
class View:
    """What the page of pages shows, part by part."""

    open: Answer[list[Row]]
    over: Answer[list[Row]]
    responses: Answer[list[Figures]]
    standing: Answer[Standing]
    unreached: Answer[list[Unreached]]


def look(paging: Paging) -> Look:
    """How bad it is while nobody sees to it."""
    words = {
        PagingState.TRIGGERED: Look(_BAD[paging.severity], f"{paging.severity} calling"),
        PagingState.EXHAUSTED: Look(Tone.CRITICAL, f"{paging.severity} no answer"),
        PagingState.ACKNOWLEDGED: Look(Tone.NOTICE, f"{paging.severity} seen"),
        PagingState.RESOLVED: Look(Tone.OK, f"{paging.severity} resolved"),
    }
    return words[paging.state]


def message_look(each: Outgoing) -> Look:
    """What became of a message."""
    if each.state is OutgoingState.QUEUED and each.attempts:
        return Look(Tone.WARNING, "is tried again")
    return _SENT[each.state]


def called(outgoing: Sequence[Outgoing], now: datetime) -> list[Outgoing]:
    """The last message to each person, of those that went out or should have."""
    last = {each.person: each for each in outgoing if each.due_at <= now and each.state is not OutgoingState.CANCELLED}
    return list(last.values())


def took(paging: Paging) -> float | None:
    """Seconds until somebody acknowledged it; None: nobody has."""
    answered = paging.first_acknowledged_at
    return (answered - paging.triggered_at).total_seconds() if answered else None


def _open(desk: Desk) -> list[Row]:
    """What is being called for before what somebody sees to, the worst first, then the newest."""
    pager, now = desk.app.pager, desk.app.clock.now()
    found = sorted(pager.pages(True, MOST_OPEN), key=lambda each: (each.state not in CALLING, each.severity))
    rows = [Row(each, look(each), called(pager.detail(each.id).outgoing, now)) for each in found[:MOST_CALLED]]
    return rows + [Row(each, look(each)) for each in found[MOST_CALLED:]]


def _view(desk: Desk) -> View:
    pager = desk.app.pager
    questions = {
        "open": Question(("pages", "open"), lambda: _open(desk)),
        "over": Question(("pages", "over"), lambda: [Row(each, look(each)) for each in pager.pages(False, MOST_OVER)]),
        "responses": Question(("pages", "responses"), pager.responses),
        "standing": Question(("pages", "standing"), pager.standing),
        "unreached": Question(("pages", "unreached"), pager.unreached),
    }
    return View(**desk.asker.ask_all(questions))


def load_frame(desk: Desk) -> live.Frame:
    """The live state of the page of pages."""
    now, found = desk.app.clock.now(), _view(desk)
    names = ("open", "unreached", "responses", "over")
    parts = {f"pages-{name}": frame.part("page_parts.html", name, found, now) for name in names}
    return live.Frame(now.timestamp(), parts, {})


def add(router: APIRouter, desk: Desk) -> None:
    """Add the pages and their verbs."""

    @router.get("/pages", response_class=HTMLResponse)
    def pages(request: Request, identity: identities.Reader) -> HTMLResponse:
        return desk.page(request, identity, "pages.html", section="oncall", found=_view(desk), most=MOST_OPEN)

    @router.get("/live/pages")
    async def pages_live(reader: identities.Reader) -> StreamingResponse:
        return live.response(live.stream(desk.boards.board("pages", lambda: load_frame(desk))))

    @router.get("/pages/{id}", response_class=HTMLResponse)
    def page(request: Request, id: str, identity: identities.Reader) -> HTMLResponse:
        return _page(desk, request, identity, id)

    @router.post("/pages/{id}/{verb}")
    def act(
        request: Request, id: str, verb: Verb, identity: identities.Operator, alert: _Text = "", note: _Text = ""
    ) -> Response:
        try:
            done = desk.app.pager.act(id, verb, identity.name, text.printable(note, 1000))
        except errors.NotFoundError:
            raise
        except errors.WrongUseError as error:  # somebody was quicker
            return _page(desk, request, identity, id, error)
        desk.asker.forget("alerts")
        desk.asker.forget("pages")
        return RedirectResponse(f"/alerts/{quote(alert, safe='')}" if alert else f"/pages/{done.id}", 303)


def _page(
    desk: Desk, request: Request, identity: access.Identity, id: str, error: errors.WrongUseError | None = None
) -> HTMLResponse:
    found: PagingDetail = desk.app.pager.detail(id)
    about: Answer[list[Alert]] = desk.asker.ask(
        ("alerts", "of page", found.paging.page), lambda: desk.app.alerting.of_page(found.paging.page)
    )
    values: dict[str, Any] = {
        "found": found,
        "look": look(found.paging),
        "message_look": message_look,
        "took": took(found.paging),
        "about": about,
        "alert_row": alerts.row,
        "error": error,
    }
    status = problems.status_of(error) if error else 200
    return desk.page(request, identity, "page.html", section="oncall", status=status, **values)
