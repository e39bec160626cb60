"""Who is asking: the session cookie of a browser, or the key of a program. One dependency per kind of page.

`Reader`, `Operator` and `Administrator` are parameters of a route: they give the identity, or answer 401 or 403.
An unsafe method with a cookie must also carry the session's CSRF token, as the form field `csrf` or as `X-CSRF-Token`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request

from accelerapp.access import service
from accelerapp.access.model import Action, Identity
from accelerapp.base import errors
from accelerapp.flows.signing_in import Access

COOKIE = "accelerapp_session"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def access_of(request: Request) -> Access:
    """The verbs of access; the server puts them there."""
    found: Access = request.app.state.access
    return found


async def _submitted_csrf(request: Request) -> str:
    """The CSRF token that came with the request."""
    if request.method in _SAFE:
        return ""
    header = request.headers.get("x-csrf-token", "")
    if not header and request.headers.get("content-type", "").startswith(_FORMS):
        value = (await request.form()).get("csrf", "")
        return value if isinstance(value, str) else ""
    return header


def identify(request: Request, csrf: Annotated[str, Depends(_submitted_csrf)]) -> Identity:
    """Whoever asks. Raises NotSignedInError, or ForbiddenError for a missing CSRF token."""
    access = access_of(request)
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        identity = access.identify_key(key.strip())
        if identity is None:
            raise service.NotSignedInError("The token is not valid.", mend="`accelerapp token create` makes one.")
        return identity
    identity = access.identify_cookie(request.cookies.get(COOKIE, "")) if COOKIE in request.cookies else None
    if identity is None or identity.session is None:
        raise service.NotSignedInError("You are not signed in.", mend="Sign in, or send a token.")
    if request.method not in _SAFE and not hmac.compare_digest(csrf.encode(), identity.session.csrf.encode()):
        raise errors.ForbiddenError(
            "The form is out of date: you have signed in anew since.", mend="Load the page again and repeat."
        )
    return identity


def require(action: Action) -> Callable[..., Identity]:
    """A dependency that gives the identity of someone who may do this."""

    def allowed(identity: Annotated[Identity, Depends(identify)]) -> Identity:
        service.need(identity, action)
        return identity

    return allowed


Reader = Annotated[Identity, Depends(require(Action.READ))]
Operator = Annotated[Identity, Depends(require(Action.OPERATE))]
Administrator = Annotated[Identity, Depends(require(Action.ADMINISTER))]


def own_path(target: Any) -> str:
    """A path of our own to go on to; anything that could lead elsewhere becomes `/`."""
    text = str(target or "")
    return text if text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() else "/"
