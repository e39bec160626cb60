"""Websockets: whoever closes one leaves no thread behind that reads from it, and from whatever comes after it."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from accelerapp.base import errors
from accelerapp.clients import websockets
from accelerapp.clients.kubernetes import cluster as clusters

_ACCEPTS = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: c
clusters: [{{name: c, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
contexts: [{{name: c, context: {{cluster: c, user: u}}}}]
users: [{{name: u, user: {{token: t}}}}]
"""


@contextmanager
def silent_server() -> Iterator[int]:
    """The port of a server that shakes hands, and then says nothing and holds the connection."""
    held: list[socket.socket] = []

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                held.append(connection)
                asked = connection.recv(64 * 1024)
                (key,) = re.findall(rb"(?i)sec-websocket-key: *(\S+)", asked)
                accepts = base64.b64encode(hashlib.sha1(key + _ACCEPTS).digest())
                chosen = re.findall(rb"(?i)(sec-websocket-protocol: *[^\s,]+)", asked)
                lines = [b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade", *chosen]
                connection.sendall(b"\r\n".join([*lines, b"Sec-WebSocket-Accept: " + accepts, b"", b""]))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            for each in held:
                each.close()


def listen(port: int, folder: Path) -> None:
    with websockets.opened(f"ws://127.0.0.1:{port}/") as opened:
        assert opened.receive(0.1) is None


def run(port: int, folder: Path) -> None:
    path = folder / "kubeconfig"
    path.write_text(_KUBECONFIG.format(port=port))
    cluster = clusters.connect(str(path))
    with pytest.raises(errors.CannotTellError, match="did not end within"):
        cluster.exec("p", "n", ["sleep", "1"], timeout=0.1)


@pytest.mark.parametrize("use", [listen, run])
def test_nobody_reads_from_a_connection_that_was_closed(use: Callable[[int, Path], None], tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with silent_server() as port:
        serving = set(threading.enumerate()) - before
        use(port, tmp_path)
        deadline = time.monotonic() + 10
        while left := set(threading.enumerate()) - before - serving:
            assert time.monotonic() < deadline, f"still there: {left}"
            time.sleep(0.02)
