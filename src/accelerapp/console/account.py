"""`/account`: who is signed in, how to leave, and another password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from accelerapp.access import model as access
from accelerapp.base import errors
from accelerapp.console.desk import Desk
from accelerapp.web import identity as identities
from accelerapp.web import problems

_Text = Annotated[str, Form(max_length=2000)]


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page and its verb."""

    def page(request: Request, identity: access.Identity, error: str = "", status: int = 200) -> HTMLResponse:
        return desk.page(request, identity, "account.html", section="account", status=status, error=error)

    @router.get("/account", response_class=HTMLResponse)
    def account_page(request: Request, identity: identities.Reader) -> HTMLResponse:
        return page(request, identity)

    @router.post("/account/password")
    def change_password(
        request: Request, identity: identities.Reader, old: _Text, password: _Text, password2: _Text
    ) -> Response:
        if password != password2:
            return page(request, identity, "The two new passwords are not the same.", 422)
        try:
            identities.access_of(request).change_password(identity.name, old, password)
        except errors.WrongUseError as error:
            return page(request, identity, error.message, problems.status_of(error))
        return RedirectResponse("/login?next=/account", 303)  # it ends every session of the account, this one too
