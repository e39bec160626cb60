"""What goes round every request: a number, security headers, a limit for bodies, only hosts and pages that are ours.

What goes wrong inside, and was answered by nobody, is answered here, so that no answer leaves without the headers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accelerapp.base import ids
from accelerapp.web import problems

BODY_LIMIT = 1024 * 1024
HOOK_LIMIT = 8 * 1024 * 1024
HOOKS = "/hooks/"
_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Shield:
    """ASGI middleware. `hosts` are the names under which we may be asked, beside loopback and plain addresses.

    A page elsewhere can point a name of its own at this machine (DNS rebinding): such a name is refused. So is a form
    that comes from another site; `address` is `HOST[:PORT]` as browsers know us, if a proxy in front asks otherwise.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = (), address: str = "") -> None:
        self._app = app
        self._hosts = {host.lower() for host in hosts if host}
        self._address = address.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless it is refused."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = scope.setdefault("state", {})["request_id"] = ids.new_id("req")
        answer = _Answer(send, number)
        is_hook = scope["path"].startswith(HOOKS)
        limit = HOOK_LIMIT if is_hook else BODY_LIMIT
        refusal = self._refusal(scope["method"], Headers(scope=scope), limit, is_hook=is_hook)
        if refusal is not None:
            await refusal(scope, receive, answer.send)
            return
        try:
            await self._app(scope, _limited(receive, limit), answer.send)
        except ClientDisconnect:
            return  # nobody is there to answer
        except Exception as error:  # whatever it is, it leaves as an answer with the headers, and is logged once
            request = Request(scope)
            told = problems.answer(request, error)
            if not answer.has_begun:
                await told(scope, receive, answer.send)

    def _refusal(self, method: str, headers: Headers, limit: int, *, is_hook: bool) -> Response | None:
        """A hook is called by programs, under whatever name they know, with a key that no browser has."""
        host, origin, length = headers.get("host", ""), headers.get("origin"), headers.get("content-length", "")
        if not is_hook and not self._is_ours(host):
            return _refused(400, "This host name is not ours.", "Set server.url to the address that people use.")
        if not is_hook and method not in _SAFE and origin is not None and not self._is_own_page(origin, host):
            return _refused(403, "The form comes from another site.", "Set server.url to the address that people use.")
        if length.isdigit() and int(length) > limit:
            return _refused(413, _too_large(limit))
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
            if name in self._hosts or name == "localhost" or name.endswith(".localhost"):
                return True
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _is_own_page(self, origin: str, host: str) -> bool:
        """Browsers say which page sends a form; programs say nothing."""
        page = origin.lower().partition("://")[2]
        return bool(page) and page in (host.lower(), self._address)


class _Answer:
    """An answer on its way out, with the headers."""

    def __init__(self, send: Send, number: str) -> None:
        self._send = send
        self._number = number
        self.has_begun = False

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.has_begun = True
            added = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                added.setdefault(name, value)
            added["X-Request-Id"] = self._number
        await self._send(message)


def _limited(receive: Receive, limit: int) -> Receive:
    """The body, which may be longer than it says, or not say how long it is."""
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise HTTPException(413, _too_large(limit))
        return message

    return counted


def _too_large(limit: int) -> str:
    return f"The body is larger than {limit // 1024**2} MiB."


def _refused(status: int, message: str, mend: str = "") -> Response:
    return JSONResponse({"message": message, "mend": mend}, status)
