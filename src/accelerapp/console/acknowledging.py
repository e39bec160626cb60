"""`/ack/TOKEN`: acknowledge or resolve from a message, without a sign-in.

To look acts not: mail scanners and previews of links look, too. Only the button acts, once.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.console import desk, frame
from accelerapp.paging.model import Paging, Verb
from accelerapp.web import problems

_WORDS = {Verb.ACKNOWLEDGE: "acknowledged", Verb.RESOLVE: "resolved"}


def router(app: App) -> APIRouter:
    """The page and its button."""
    made = APIRouter(include_in_schema=False)

    @made.get("/ack/{token}", response_class=HTMLResponse)
    def look(request: Request, token: str) -> HTMLResponse:
        try:
            paging, outgoing = app.pager.linked(token)
        except errors.WrongUseError as error:
            return _refused(request, error)
        return _page(request, paging=paging, person=outgoing.person, used=outgoing.link_used_for)

    @made.post("/ack/{token}", response_class=HTMLResponse)
    def act(request: Request, token: str, verb: Annotated[Verb, Form()] = Verb.ACKNOWLEDGE) -> HTMLResponse:
        try:
            paging = app.pager.follow(token, verb)
        except errors.WrongUseError as error:
            return _refused(request, error)
        return _page(request, paging=paging, done=_WORDS[verb])

    return made


def _refused(request: Request, error: errors.WrongUseError) -> HTMLResponse:
    return _page(request, problems.status_of(error), error=error.message, mend=error.mend)


def _page(request: Request, status: int = 200, paging: Paging | None = None, **given: Any) -> HTMLResponse:
    values = {"error": "", "mend": "", "done": "", "person": "", "used": "", **given}
    html = frame.render("ack.html", {"theme": desk.theme(request), "paging": paging, **values})
    return HTMLResponse(html, status, {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"})
