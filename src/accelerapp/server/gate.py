"""Until an administrator exists only this machine is answered: nobody else may take the product over.

The product's own health is the exception: an orchestrator asks for it before anybody has signed in.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_FOR_ALL = {"/health", "/health/live", "/health/ready"}
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


def is_local(scope: Scope) -> bool:
    """Does the request come from this machine? What a proxy on this machine passes on does not."""
    client, headers = scope.get("client"), Headers(scope=scope)
    if client is None or any(name in headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False


class Gate:
    """ASGI middleware. `has_administrator` is asked until it says yes once."""

    def __init__(self, app: ASGIApp, has_administrator: Callable[[], bool]) -> None:
        self._app = app
        self._has_administrator = has_administrator
        self._open = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and not self._open and not is_local(scope) and scope["path"] not in _FOR_ALL:
            self._open = await run_in_threadpool(self._has_administrator)
            if not self._open:
                mend = "Open the one-time link that `accelerapp up` printed, on the machine that it runs on."
                refusal = JSONResponse({"message": "There is no administrator yet.", "mend": mend}, 403)
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)
