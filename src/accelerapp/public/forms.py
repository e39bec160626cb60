"""Subscribing to the status page, confirming it and leaving. To look changes nothing: mail scanners look, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse

from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.statuspage.site import pages
from accelerapp.statuspage.site.scene import Served
from accelerapp.web import problems

_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
_MOST = 200


def router(app: App) -> APIRouter:
    """Its routes; without a way to tell anybody there are none."""
    made = APIRouter(prefix="/status", include_in_schema=False, default_response_class=HTMLResponse)
    if app.takes_subscribers:
        _add_subscribing(made, app)
        _add_links(made, app)
    return made


def _add_subscribing(router: APIRouter, app: App) -> None:
    @router.get("/subscribe")
    def form() -> HTMLResponse:
        return _form(app)

    @router.post("/subscribe")
    def subscribe(
        email: Annotated[str, Form(max_length=400)] = "",
        components: Annotated[list[str] | None, Form(max_length=_MOST)] = None,
    ) -> HTMLResponse:
        try:
            app.status_subscribers.ask(email, components or [])
        except errors.WrongUseError as error:
            return _form(app, error, email, components or [])
        return _said(
            app,
            "Please confirm it",
            "We have sent a message with a link, unless this address is subscribed already or had one within the hour. "
            "Follow it within two days.",
        )


def _add_links(router: APIRouter, app: App) -> None:
    @router.get("/confirm/{token}")
    def look_confirm(token: str) -> HTMLResponse:
        return _asked(app, "confirm", token, "Confirm your subscription", "Confirm")

    @router.post("/confirm/{token}")
    def confirm(token: str) -> HTMLResponse:
        try:
            app.status_subscribers.confirm(token)
        except errors.WrongUseError as error:
            return _refused(app, error)
        return _said(app, "You are subscribed", "You will be told of what is published here.")

    @router.get("/unsubscribe/{token}")
    def look_unsubscribe(token: str) -> HTMLResponse:
        return _asked(app, "unsubscribe", token, "End your subscription", "Unsubscribe")

    @router.post("/unsubscribe/{token}")
    def unsubscribe(token: str) -> HTMLResponse:
        try:
            app.status_subscribers.unsubscribe(token)
        except errors.WrongUseError as error:
            return _refused(app, error)
        return _said(app, "You are not subscribed any more", "You will hear no more from us at this address.")


def _asked(app: App, act: str, token: str, title: str, button: str) -> HTMLResponse:
    try:
        found = app.status_subscribers.look(act, token)
    except errors.WrongUseError as error:
        return _refused(app, error)
    return _said(app, title, f"It is about {found.address}.", button)


def _form(
    app: App, error: errors.WrongUseError | None = None, email: str = "", chosen: Sequence[str] = ()
) -> HTMLResponse:
    """As it was typed, with what is wrong."""
    _, scene = app.load_status()
    told = f"{error.message} {error.mend}".strip() if error else ""
    status = problems.status_of(error) if error else 200
    return HTMLResponse(pages.subscribing(scene, Served(), told, email, chosen), status, _HEADERS)


def _said(app: App, title: str, text: str, button: str = "", status: int = 200) -> HTMLResponse:
    _, scene = app.load_status()
    return HTMLResponse(pages.said(scene, Served(), title, text, button), status, _HEADERS)


def _refused(app: App, error: errors.WrongUseError) -> HTMLResponse:
    return _said(app, error.message, error.mend, status=problems.status_of(error))
