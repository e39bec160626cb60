"""The one door to websockets of other servers. A message that is longer than 1 MB ends the connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from accelerapp.clients import http, outgoing

if TYPE_CHECKING:
    from httpcore2 import NetworkStream
    from httpx2 import Response, websockets

_LARGEST = 1024 * 1024


class Socket:
    """An open websocket. It pings the other side, and ends when that does not answer within 20 s."""

    def __init__(self, session: websockets.WebSocketSession) -> None:
        self._session = session

    def receive(self, seconds: float) -> str | None:
        """The next text; None when none came in time. Raises UnreachableError when the connection ended."""
        try:
            return self._session.receive_text(seconds)
        except TimeoutError:
            return None

    def send(self, text: str) -> None:
        """Raises UnreachableError."""
        self._session.send_text(text)


@contextmanager
def opened(url: str, ca_file: str = "", seconds: float = 10.0) -> Iterator[Socket]:
    """A websocket to a `ws://` or `wss://` address. Raises UnreachableError, also while it is used."""
    import httpx2
    from httpx2 import websockets

    host = httpx2.URL(url).host  # the rest of the address may be a secret
    try:
        with (
            httpx2.Client(
                verify=outgoing.trust(ca_file), timeout=seconds, event_hooks={"response": [closes_quietly]}
            ) as client,
            client.websocket(url, max_message_size_bytes=_LARGEST) as session,
        ):
            yield Socket(session)
    except (httpx2.HTTPError, websockets.HTTPXWSException, OSError) as error:
        raise http.UnreachableError(f"The websocket of {host} ended or cannot be opened.") from error


def closes_quietly(response: Response) -> None:
    """A hook for clients that open websockets: nobody reads from a connection any more when it is closed.

    httpx2 closes it under a thread that sits in the system's read of it. The number of that connection goes to the
    next one that this process opens, and the thread eats what comes there: a handshake that fails, or worse.
    """
    if response.status_code == 101:
        response.extensions["network_stream"] = _QuietlyClosed(response.extensions["network_stream"])


class _QuietlyClosed:
    """A stream whose reader and writer are woken, and have let go, before it is closed."""

    def __init__(self, inner: NetworkStream) -> None:
        self._inner = inner
        self._reading, self._writing = threading.Lock(), threading.Lock()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with self._reading:
            return self._inner.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with self._writing:
            self._inner.write(buffer, timeout)

    def close(self) -> None:
        with suppress(OSError):  # it is closed already, or the other side is gone
            self._inner.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        with self._reading, self._writing:
            self._inner.close()
