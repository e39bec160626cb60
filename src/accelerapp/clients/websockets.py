"""The one door to websockets of other servers. A message that is longer than 1 MB ends the connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from accelerapp.clients import http, outgoing

if TYPE_CHECKING:
    from httpx2 import websockets

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
            httpx2.Client(verify=outgoing.trust(ca_file), timeout=seconds) as client,
            client.websocket(url, max_message_size_bytes=_LARGEST) as session,
        ):
            yield Socket(session)
    except (httpx2.HTTPError, websockets.HTTPXWSException, OSError) as error:
        raise http.UnreachableError(f"The websocket of {host} ended or cannot be opened.") from error
