"""Sends requests to an API server: bounded in time, counted, streamed where asked, failures in our words."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx2
import msgspec
from httpx2 import websockets
from lightkube.config import client_adapter
from lightkube.config import kubeconfig as lightkube_config
from lightkube.core import exceptions, generic_client

from accelerapp.base import errors
from accelerapp.clients.kubernetes import wording
from accelerapp.clients.websockets import closes_quietly

_FIELD_MANAGER = "accelerapp"
_FAILURES = (httpx2.HTTPError, websockets.HTTPXWSException, exceptions.ConfigError, msgspec.MsgspecError, OSError)


DECODING = threading.RLock()
"""Held while an answer is made into objects: msgspec learns a type when it is first used, and two threads that make it
learn types that share parts (every kind shares its metadata) end the process."""


def limits(read: float | None = 20.0) -> httpx2.Timeout:
    """Seconds to connect, and between two pieces of an answer; None waits for ever."""
    return httpx2.Timeout(20.0, connect=5.0, read=read)


LIMITS = limits()


class Sender(generic_client.GenericSyncClient):
    """lightkube's own sender, which counts every request, pages of lists and watches included."""

    def __init__(self, config: lightkube_config.SingleConfig) -> None:
        self.calls = 0
        self._counting = threading.Lock()
        super().__init__(client_adapter.ConnectionParams(timeout=LIMITS), config, field_manager=_FIELD_MANAGER)
        self._client.event_hooks = {"response": [closes_quietly]}

    def count(self) -> None:
        with self._counting:
            self.calls += 1

    def send(self, req: httpx2.Request, stream: bool = False) -> httpx2.Response:
        self.count()
        return self._client.send(req, stream=stream)

    @property
    def http(self) -> httpx2.Client:
        return self._client

    def handle_response(self, method: str, resp: httpx2.Response, br: generic_client.BasicRequest) -> Any:
        """As lightkube does it, one answer at a time; see `DECODING`. The answer was received before."""
        with DECODING:
            return super().handle_response(method, resp, br)

    @staticmethod
    def raise_for_status(resp: httpx2.Response) -> None:
        """As lightkube does it, but what stands between may answer something that is no Status."""
        try:
            resp.raise_for_status()
        except httpx2.HTTPStatusError as error:
            try:
                with DECODING:
                    refusal = exceptions.ApiError(request=error.request, response=error.response)
            except (ValueError, msgspec.MsgspecError):
                raise error from None
            raise refusal from error

    @contextmanager
    def streamed(self, asked: generic_client.BasicRequest) -> Iterator[httpx2.Response]:
        """The answer with its body still to be read; closed at the end, however that comes."""
        response = self.send(self.build_adapter_request(asked), stream=True)
        try:
            if response.is_error:
                response.read()
            self.raise_for_status(response)
            yield response
        finally:
            response.close()


@contextmanager
def explained(asked: wording.Asked) -> Iterator[None]:
    """Turns what a call raises into our errors."""
    try:
        yield
    except _FAILURES as error:
        raise wording.explain(error, asked) from error


class LateError(errors.CannotTellError):
    """A command takes longer than it may."""


@contextmanager
def ended_within(seconds: float, pod: str) -> Iterator[None]:
    """A command that takes longer is let go. Nothing can end it from here: that is said."""
    begun = time.monotonic()
    try:
        yield
    except (TimeoutError, httpx2.TimeoutException) as error:
        if time.monotonic() - begun < seconds:
            raise
        raise LateError(
            f"The command in pod '{pod}' did not end within {seconds:g} s.",
            mend="It may still run there; give it more time with --timeout.",
        ) from error


def until_silence(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces until none comes for as long as the request waits for one."""
    with suppress(httpx2.ReadTimeout):
        yield from pieces


def lines(pieces: Iterator[bytes], keep_ends: bool = False) -> Iterator[bytes]:
    """Lines of a stream of bytes; only line feeds end a line."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line + b"\n" if keep_ends else line
    if rest:
        yield rest
