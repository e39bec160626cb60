"""Where a command gets its facts: from this machine's data folder, or from a server.

With `ACCELERAPP_URL` (and `ACCELERAPP_TOKEN`) set, the same question goes to that server's API and the same nouns come
back. A command says both ways in one call: `target.ask(HealthReport, "/services/shop/health", lambda app: …)`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from accelerapp.base import errors, jsons

if TYPE_CHECKING:
    from accelerapp.app import App
    from accelerapp.clients.http import HttpClient

T = TypeVar("T")
API = "/api/v1"


class Target:
    """The data folder on this machine, or a server."""

    def __init__(self, config: str | None, url: str = "", token: str = "") -> None:
        self._config = config
        self._url = url
        self._token = token
        self._app: App | None = None

    @property
    def is_remote(self) -> bool:
        """Is a server asked?"""
        return bool(self._url)

    @property
    def app(self) -> App:
        """The product on this machine."""
        if self._app is None:
            from accelerapp import app

            self._app = app.from_settings(Path(self._config) if self._config else None)
        return self._app

    def ask(
        self,
        kind: type[T] | Any,
        path: str,
        local: Callable[[App], T],
        *,
        method: str = "GET",
        params: Mapping[str, Any] | None = None,
        body: object = None,
    ) -> T:
        """A noun of `kind`: from `local`, or from `method path` of the server's API. Errors read the same both ways."""
        if not self.is_remote:
            return local(self.app)
        answer = self._client().request(method, API + path, params=params, json=body)
        if answer.status >= 400:
            raise _error(answer.status, answer.body)
        return jsons.from_json(kind, answer.body) if answer.body else kind()

    def follow(
        self, path: str, local: Callable[[App], Iterator[bytes]], *, params: Mapping[str, Any] | None = None
    ) -> Iterator[bytes]:
        """Bytes as they come: from `local`, or from the server."""
        if not self.is_remote:
            yield from local(self.app)
            return
        with self._client().stream(API + path, params=params) as (status, pieces):
            if status >= 400:
                raise _error(status, b"".join(pieces))
            yield from pieces

    def _client(self) -> HttpClient:
        from accelerapp.clients.http import HttpClient

        return HttpClient(self._url.rstrip("/"), self._token)


def _error(status: int, body: bytes) -> errors.AccelerappError:
    """The error that the server's problem document carries."""
    try:
        problem = json.loads(body)
        message, mend = str(problem["message"]), str(problem.get("mend", ""))
    except (ValueError, KeyError, TypeError):
        message, mend = f"The server answered {status}.", ""
    if status == 401:
        return errors.ForbiddenError(message, mend=mend or "Set ACCELERAPP_TOKEN to a valid token.")
    kind = errors.NotFoundError if status == 404 else errors.WrongUseError if status < 500 else errors.CannotTellError
    return kind(message, mend=mend)


def target() -> Target:
    """The target of the command that runs now."""
    config = click.get_current_context().find_root().obj["config"]
    return Target(config, os.environ.get("ACCELERAPP_URL", ""), os.environ.get("ACCELERAPP_TOKEN", ""))


__all__ = ["Target", "target"]
