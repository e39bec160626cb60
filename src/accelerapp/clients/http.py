"""The one door to other HTTP servers. httpx is imported when the first request is made."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from accelerapp import __version__
from accelerapp.base import errors

_AGENT = f"accelerapp/{__version__}"


class UnreachableError(errors.CannotTellError):
    """The other side does not answer."""


class TooLargeError(errors.CannotTellError):
    """The answer is larger than may be held."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Probe:
    """How a server answered a single GET; its body was not read."""

    status: int
    seconds: float
    """From the request to the head of the answer, connecting included."""


class HttpClient:
    """Requests to one server or to any. All arguments are optional; every request has a time-out."""

    def __init__(
        self,
        base_url: str = "",
        token: str = "",
        timeout: float = 30.0,
        headers: Mapping[str, str] | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        import httpx

        own = {"User-Agent": _AGENT} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._base = base_url
        self._client = httpx.Client(base_url=base_url, headers=own | dict(headers or {}), timeout=timeout, auth=login)

    def request(self, method: str, url: str, params: Mapping[str, Any] | None = None, json: object = None) -> Answer:
        """Send one request and read the whole answer. Raises UnreachableError; any status is an answer."""
        with _explained(self._base + url):
            response = self._client.request(method, url, params=_given(params), json=json)
        return Answer(response.status_code, response.content, dict(response.headers))

    def read(self, url: str, params: Mapping[str, Any] | None, *, at_most: int, within: float) -> Answer:
        """GET an answer of at most so many bytes and seconds. Raises TooLargeError, UnreachableError."""
        until, body = time.monotonic() + within, bytearray()
        with _explained(self._base + url), self._client.stream("GET", url, params=_given(params)) as response:
            for piece in response.iter_bytes():
                body += piece
                if len(body) > at_most:
                    raise TooLargeError(f"{self._base + url} answered more than {at_most:,} bytes.")
                if time.monotonic() > until:
                    raise UnreachableError(f"{self._base + url} did not answer in time.")
            return Answer(response.status_code, bytes(body), dict(response.headers))

    def probe(self, url: str) -> tuple[int, float]:
        """Status of a GET and seconds to the head of the answer, over a new connection; the body is not read.

        Raises UnreachableError.
        """
        begun = time.monotonic()
        with _explained(self._base + url), self._client.stream("GET", url, headers={"Connection": "close"}) as answer:
            return answer.status_code, time.monotonic() - begun

    @contextmanager
    def stream(self, url: str, params: Mapping[str, Any] | None = None) -> Iterator[tuple[int, Iterator[bytes]]]:
        """The status and the body as it comes; no limit between two pieces of it."""
        import httpx

        limits = httpx.Timeout(30.0, read=None)
        with (
            _explained(self._base + url),
            self._client.stream("GET", url, params=_given(params), timeout=limits) as response,
        ):
            yield response.status_code, response.iter_bytes()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def probe(url: str, timeout: float) -> Probe:
    """Send one GET without following redirects and read only the head of the answer. Raises UnreachableError."""
    import httpx

    with _explained(url), httpx.Client(headers={"User-Agent": _AGENT}, timeout=timeout) as client:
        begun = time.monotonic()
        with client.stream("GET", url) as response:
            return Probe(response.status_code, time.monotonic() - begun)


def _given(params: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (params or {}).items() if value is not None}


@contextmanager
def _explained(url: str) -> Iterator[None]:
    import httpx

    try:
        yield
    except httpx.TimeoutException as error:
        raise UnreachableError(f"{url} did not answer in time.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnreachableError(f"{url} cannot be reached.", mend="Check the address and that it runs.") from error
