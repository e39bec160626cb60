"""The pages to sign in, to set up the first administrator, and to sign out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from accelerapp.base import errors
from accelerapp.flows.signing_in import Access, SignedIn
from accelerapp.web import identity, problems

Render = Callable[..., Response]
"""`render(request, template, status, **values)`: the console's way to make a page."""

_Text = Annotated[str, Form()]


def router(access: Access, render: Render, *, behind_tls: bool = False) -> APIRouter:
    """The three pages; `render` draws `login.html` and `setup.html`. `behind_tls`: browsers reach us by https only."""
    made = APIRouter(include_in_schema=False)

    @made.get("/login")
    def login_page(request: Request, next: str = "/") -> Response:
        return render(request, "login.html", 200, next=identity.own_path(next), first=not access.has_administrator())

    @made.post("/login")
    def login(request: Request, name: _Text = "", password: _Text = "", next: _Text = "/") -> Response:
        address = request.client.host if request.client else "unknown"
        try:
            signed_in = access.sign_in(name, password, address)
        except errors.WrongUseError as error:
            return _again(render, request, "login.html", error, name=name, next=identity.own_path(next))
        return _go(request, signed_in, identity.own_path(next), behind_tls)

    @made.get("/setup")
    def setup_page(request: Request, token: str = "") -> Response:
        if access.has_administrator():
            return RedirectResponse("/login", 303)
        return render(request, "setup.html", 200, token=token)

    @made.post("/setup")
    def setup(
        request: Request, token: _Text = "", name: _Text = "", password: _Text = "", password2: _Text = ""
    ) -> Response:
        try:
            if password != password2:
                raise errors.InvalidInputError(
                    "The account", [errors.FieldProblem("password2", "is not the same as the password.")]
                )
            signed_in = access.set_up(token, name, password)
        except errors.WrongUseError as error:
            return _again(render, request, "setup.html", error, name=name, token=token)
        return _go(request, signed_in, "/", behind_tls)

    @made.post("/logout")
    def logout(who: identity.Reader) -> Response:
        if who.session is not None:
            access.sign_out(who.session)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(identity.COOKIE)
        return answer

    return made


def _again(render: Render, request: Request, template: str, error: errors.AccelerappError, **values: Any) -> Response:
    """The same form with what was typed, but for the passwords, and what is wrong."""
    page = render(request, template, problems.status_of(error), error=error.message, mend=error.mend, **values)
    page.headers.update(problems.headers_of(error))
    return page


def _go(request: Request, signed_in: SignedIn, target: str, behind_tls: bool) -> Response:
    answer = RedirectResponse(target, 303)
    answer.set_cookie(
        identity.COOKIE,
        signed_in.cookie,
        expires=signed_in.session.expires_at.astimezone(UTC),
        httponly=True,
        samesite="lax",
        secure=behind_tls or request.url.scheme == "https",
    )
    return answer
