"""Answers for the status page: from memory, packed once, with entity tags. Everything else goes on to the site.

It stands before the site's routes: a thousand people who look at the page at once are not to slow those who mend it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.public.kept import Kept, Source
from accelerapp.statuspage.site.files import File, Logo
from accelerapp.web import problems

_LOG = logging.getLogger("accelerapp.public")
ROOT = "/status"
_ELSEWHERE = {"/history.rss": "history.rss", "/history.atom": "history.atom"}
_API = "/api/v2/"
_PASSED_ON = ("subscribe", "confirm", "unsubscribe")
_NOTHING = errors.NotFoundError("There is nothing here.", mend="The status page is at /status.")
_AGE = b"public, max-age=10"


@dataclass(frozen=True)
class _Route:
    """What is counted, instead of each path."""

    path: str


_ROUTE = _Route("/status")


def kept(app: App) -> Kept:
    """The page in this process. A logo that cannot be read is left out, and said in the log once it is looked for."""

    def logo() -> Logo | None:
        try:
            return app.status_logo()
        except errors.WrongUseError as error:
            _LOG.warning("%s", error.message)
            return None

    made = Kept(Source(app.status_page.mark, app.load_status, app.published, logo, app.clock))
    app.when_status_changes(made.change)
    return made


class StatusSite:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, kept: Kept) -> None:
        self._app = app
        self._kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a look at the page, or pass the request on."""
        name = _name(scope["path"]) if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") else None
        if name is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = _ROUTE
        try:
            found = self._kept.at_hand(name) or await run_in_threadpool(self._get, name)
        except errors.AccelerappError as error:
            await problems.answer(Request(scope), error)(scope, receive, send)
            return
        if found is None:
            await problems.answer(Request(scope), _NOTHING)(scope, receive, send)
        else:
            await _answer(scope, send, found)

    def _get(self, name: str) -> File | None:
        found = self._kept.get(name)
        if found is not None:
            found.prepare()
        return found


@lru_cache(maxsize=256)
def _name(path: str) -> str | None:
    """The name of a file of the page; None: the path is not the page's."""
    if path.startswith(_API):
        return path[1:]
    if path in _ELSEWHERE:
        return _ELSEWHERE[path]
    if path != ROOT and not path.startswith(f"{ROOT}/"):
        return None
    name = path[len(ROOT) + 1 :].strip("/")
    return None if name.partition("/")[0] in _PASSED_ON else name


async def _answer(scope: Scope, send: Send, found: File) -> None:
    asked = Headers(scope=scope)
    packed = found.packed if "gzip" in asked.get("accept-encoding", "") else None
    tag = found.etag if packed is None else f'{found.etag[:-1]}-gz"'
    head = [(b"etag", tag.encode()), (b"cache-control", _AGE), (b"vary", b"Accept-Encoding")]
    if found.is_for_all:
        head.append((b"access-control-allow-origin", b"*"))
    body = found.body if packed is None else packed
    if _is_known(asked.get("if-none-match"), tag):
        await send({"type": "http.response.start", "status": 304, "headers": head})
        await send({"type": "http.response.body", "body": b""})
        return
    head += [(b"content-type", found.kind.encode()), (b"content-length", str(len(body)).encode())]
    if packed is not None:
        head.append((b"content-encoding", b"gzip"))
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _is_known(asked: str | None, tag: str) -> bool:
    """Does the asker have these bytes? Weak tags are compared likewise (RFC 9110, 13.1.2)."""
    if asked is None:
        return False
    return asked.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in asked.split(","))
