"""A small Loki: a real HTTP server that answers range queries as Loki's reference says."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Loki:
    """What it holds, and how it behaves."""

    entries: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    """When in nanoseconds, the labels, the text."""
    metadata: dict[str, str] | None = None
    """Structured metadata of each entry, as it comes when labels are told apart."""
    longest: int = 5000
    """Entries of one page that it gives at most."""
    scripted: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    """Answers to give before it works: status, headers, body."""
    is_hanging: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    port: int = 0

    def address(self, query: str = '{app="shop"}', more: str = "") -> str:
        """How people name it."""
        return f"loki+http://127.0.0.1:{self.port}/?query={query}{more}"

    def answer(self, path: str, given: dict[str, str]) -> tuple[int, bytes]:
        """The status and the body."""
        if path != "/loki/api/v1/query_range":
            return 404, b"404 page not found\n"
        limit = int(given.get("limit", "100"))
        if limit > self.longest:
            return (
                400,
                f"max entries limit per query exceeded, limit > max_entries_limit ({limit} > {self.longest})".encode(),
            )
        start, end = int(given["start"]), int(given["end"])
        inside = [one for one in self.entries if start <= one[0] < end]
        inside.sort(key=lambda one: one[0], reverse=given.get("direction", "backward") != "forward")
        return 200, json.dumps({"status": "success", "data": self._streams(inside[:limit])}).encode()

    def _streams(self, found: list[tuple[int, dict[str, str], str]]) -> dict[str, Any]:
        streams: dict[str, dict[str, Any]] = {}
        more = [{"structuredMetadata": self.metadata}] if self.metadata else []
        for at, labels, line in found:
            stream = streams.setdefault(json.dumps(labels, sort_keys=True), {"stream": labels, "values": []})
            stream["values"].append([str(at), line, *more])
        return {"resultType": "streams", "result": list(streams.values()), "stats": {}}


@contextmanager
def running(loki: Loki) -> Iterator[Loki]:
    """The server, until the block ends."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            given = {key: values[0] for key, values in parse_qs(parts.query).items()}
            loki.asked.append(given)
            loki.headers.append({key.lower(): value for key, value in self.headers.items()})
            if loki.is_hanging:
                ended.wait(60)
                return
            if loki.scripted:
                status, headers, body = loki.scripted.pop(0)
            else:
                (status, body), headers = loki.answer(parts.path, given), {}
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    loki.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield loki
    finally:
        ended.set()
        server.shutdown()
        server.server_close()


def nanos(seconds: float = 0) -> int:
    """So many seconds before now."""
    return time.time_ns() - int(seconds * 10**9)
