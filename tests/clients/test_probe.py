"""One GET of a real server on the loopback address."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from accelerapp.clients import http


@contextmanager
def answering(*pieces: bytes, forever: bytes = b"") -> Iterator[str]:
    """A server that answers each request with these pieces, then goes on with `forever` until the other side ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with suppress(OSError), connection:
                        connection.settimeout(20)
                        connection.recv(65536)
                        connection.sendall(b"".join(pieces))
                        while forever:
                            connection.sendall(forever)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/health"


def test_the_status_and_the_time_are_told():
    with answering(b"HTTP/1.1 204 No Content\r\n\r\n") as url:
        probe = http.probe(url, 10)
    assert probe.status == 204
    assert probe.seconds > 0


def test_a_redirect_is_not_followed():
    with answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n") as url:
        assert http.probe(url, 10).status == 302


def test_a_body_without_end_is_not_read():
    with answering(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", forever=b"x" * 65536) as url:
        assert http.probe(url, 10).status == 200


@pytest.mark.parametrize(
    ("pieces", "words"), [((b"",), "cannot be reached"), ((b"SSH-2.0-nonsense\r\n",), "cannot be reached")]
)
def test_what_speaks_no_http_is_unreachable(pieces, words):
    with answering(*pieces) as url, pytest.raises(http.UnreachableError, match=words):
        http.probe(url, 10)


def test_silence_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(http.UnreachableError, match="did not answer in time"):
            http.probe(url, 0.2)
    with pytest.raises(http.UnreachableError, match="cannot be reached"):
        http.probe(url, 5)


@pytest.mark.parametrize("url", ["", "shop", "ftp://shop/", "http://", "http://[::", "http://shop:port/"])
def test_what_is_no_address_is_unreachable(url):
    with pytest.raises(http.UnreachableError):
        http.probe(url, 1)
