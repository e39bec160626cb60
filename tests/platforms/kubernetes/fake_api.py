"""A small API server: pods of one namespace, lists in pages, watches from a version, and the ways in which it fails."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

NAMESPACE = "shop"
GONE = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Expired", "code": 410}


class FakeApi:
    """`put` and `remove` pods; break it with `refuse`, `hang`, `cut` and `forget`."""

    def __init__(self) -> None:
        self.pods: dict[str, dict[str, Any]] = {}
        self.version = 10
        self.history: list[tuple[int, str, dict[str, Any]]] = []
        self.floor = 0
        self.refusal: tuple[int, str] | None = None
        self.body: bytes | None = None
        self.hanging = False
        self.cut_pages = False
        self.requests: list[str] = []
        self.changed = threading.Condition()
        self.open: set[socket.socket] = set()
        self.stopping = False
        self.port = 0
        self._server: ThreadingHTTPServer | None = None

    # -- what there is ---------------------------------------------------------------------------------------------

    def put(self, name: str, image: str = "registry.local/app:v1") -> None:
        """Make a pod, or change it."""
        with self.changed:
            self.version += 1
            kind = "MODIFIED" if name in self.pods else "ADDED"
            metadata = {
                "name": name,
                "namespace": NAMESPACE,
                "uid": f"uid-{name}",
                "resourceVersion": str(self.version),
            }
            pod = {"metadata": metadata, "spec": {"containers": [{"name": "web", "image": image}]}}
            self.pods[name] = pod
            self._note(kind, pod)

    def remove(self, name: str) -> None:
        """Delete a pod."""
        with self.changed:
            self.version += 1
            pod = self.pods.pop(name)
            pod = {**pod, "metadata": {**pod["metadata"], "resourceVersion": str(self.version)}}
            self._note("DELETED", pod)

    def _note(self, kind: str, pod: dict[str, Any]) -> None:
        self.history.append((self.version, kind, {"kind": "Pod", "apiVersion": "v1", **pod}))
        self.changed.notify_all()

    # -- how it fails ----------------------------------------------------------------------------------------------

    def refuse(self, code: int, message: str = "no") -> None:
        """Answer everything so from now on."""
        self.refusal = (code, message)

    def forget(self) -> None:
        """Compact: no watch can begin at a version of before."""
        with self.changed:
            self.floor, self.history = self.version, []

    def cut(self) -> None:
        """Break every connection in the middle."""
        with self.changed:
            for one in list(self.open):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            self.changed.notify_all()

    def die(self) -> None:
        """Stop listening, and break every connection."""
        assert self._server is not None
        self.stopping = True
        self._server.shutdown()
        self._server.server_close()
        self.cut()

    def live(self) -> None:
        """Listen, on the port of before."""
        self.stopping = False
        api = self

        class Handler(_Handler):
            fake = api

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def kubeconfig(self, folder: Path) -> str:
        """A file that leads here."""
        path = folder / "kubeconfig"
        content = {
            "current-context": "fake",
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "me"}}],
            "clusters": [{"name": "fake", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "me", "user": {"token": "secret"}}],
        }
        path.write_text(json.dumps(content))
        return str(path)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeApi

    def log_message(self, *_: object) -> None:
        pass

    def setup(self) -> None:
        super().setup()
        self.fake.open.add(self.connection)

    def finish(self) -> None:
        self.fake.open.discard(self.connection)
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            super().handle()

    def do_GET(self) -> None:
        fake, url = self.fake, urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        fake.requests.append(self.path)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        while fake.hanging:
            time.sleep(0.02)
        if fake.refusal:
            code, message = fake.refusal
            status = {"kind": "Status", "status": "Failure", "metadata": {}, "message": message, "code": code}
            self._answer(status, code)
        elif fake.body is not None:
            self._send(fake.body, 200)
        elif url.path == "/version":
            self._answer({"gitVersion": "v1.30.0"})
        elif asked.get("watch") == "true":
            self._watch(int(asked["resourceVersion"]))
        else:
            self._list(int(asked.get("limit", 0)), int(asked.get("continue", 0)))

    do_POST = do_PATCH = do_DELETE = do_GET

    def _list(self, limit: int, start: int) -> None:
        fake = self.fake
        if start and fake.cut_pages:
            self._answer(GONE, 410)
            return
        with fake.changed:
            names = sorted(fake.pods)
            page = names[start : start + limit] if limit else names
            more = str(start + limit) if limit and start + limit < len(names) else ""
            metadata = {"resourceVersion": str(fake.version), "continue": more}
            self._answer({"kind": "PodList", "metadata": metadata, "items": [fake.pods[name] for name in page]})

    def _watch(self, version: int) -> None:
        fake = self.fake
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if version < fake.floor:
            self._chunk({"type": "ERROR", "object": GONE})
            return
        while not fake.stopping and self.connection in fake.open:
            with fake.changed:
                found = [entry for entry in fake.history if entry[0] > version]
                if not found:
                    fake.changed.wait(0.05)
            for number, kind, pod in found:
                self._chunk({"type": kind, "object": pod})
                version = number

    def _chunk(self, event: dict[str, Any]) -> None:
        line = json.dumps(event).encode() + b"\n"
        self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        self.wfile.flush()

    def _answer(self, body: dict[str, Any], code: int = 200) -> None:
        self._send(json.dumps(body).encode(), code)

    def _send(self, body: bytes, code: int) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running() -> Iterator[FakeApi]:
    """An API server that runs."""
    fake = FakeApi()
    fake.live()
    try:
        yield fake
    finally:
        fake.hanging = False
        fake.die()
