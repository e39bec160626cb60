"""Local servers that speak the channels' real protocols over sockets, and can misbehave.

What each refuses is what its documentation says that it refuses: missing fields, wrong credentials, texts that are
too long. A server's `mode` says how it behaves; what it took is in `got`.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from clients.certificates import Made

WAIT = 7
"""Seconds that a busy server asks for."""


@dataclass(frozen=True)
class Got:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), strict_parsing=True))


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def said(code: int, /, **fields: object) -> Reply:
    return Reply(code, json.dumps(fields), {"Content-Type": "application/json"})


@dataclass
class Local:
    """A running server."""

    protocol: Callable[[Got, Local], Reply]
    mode: str = "fine"
    """fine, busy, broken, hangs, drips, drops, or revoked: then no credentials are good any more."""
    got: list[Got] = field(default_factory=list)
    url: str = ""
    ended: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serve(protocol: Callable[[Got, Local], Reply], folder: Path, leaf: Made | None = None) -> Iterator[Local]:
    """The server on a port of this machine, with TLS when a certificate is given."""
    local = Local(protocol)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(local))
    server.daemon_threads = True
    server.block_on_close = False
    if leaf:
        server.socket = _context(leaf, folder).wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    local.url = f"{'https' if leaf else 'http'}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield local
    finally:
        local.ended.set()
        server.shutdown()
        server.server_close()


def _context(leaf: Made, folder: Path) -> ssl.SSLContext:
    chain, key = folder / "server.pem", folder / "server.key"
    chain.write_bytes(leaf.pem)
    key.write_bytes(leaf.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


def _handler(local: Local) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with suppress(OSError, ssl.SSLError):  # a client that does not trust us, or waits no longer
                super().handle()

        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            got = Got(self.command, self.path, headers, body)
            if local.mode == "hangs":
                local.ended.wait(60)
            elif local.mode == "drips":
                self._drip()
            elif local.mode != "drops":
                self._answer(_reply(got, local))
            self.close_connection = True

        do_GET = do_POST

        def _drip(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not local.ended.wait(0.05):
                self.wfile.write(b"x")
                self.wfile.flush()

        def _answer(self, reply: Reply) -> None:
            raw = reply.body.encode()
            self.send_response(reply.status)
            for name, value in (reply.headers | {"Content-Length": str(len(raw))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

    return Handler


def _reply(got: Got, local: Local) -> Reply:
    if local.mode == "broken":
        return Reply(500, "<html><h1>Internal Server Error</h1></html>", {"Content-Type": "text/html"})
    reply = local.protocol(got, local)
    if local.mode == "busy":
        return Reply(429, json.dumps({"ok": False, "error": "ratelimited"}), {"Retry-After": str(WAIT)})
    if reply.status < 300 and got.method == "POST":
        local.got.append(got)
    return reply
