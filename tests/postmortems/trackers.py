"""A local server that speaks as much of the APIs of GitHub and GitLab as issues need, with its bad days."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MADE_AT = "2026-03-02T12:00:00Z"


class TrackerServer:
    """`answers` are given instead, one a request, while there are some: status, headers, body, and whether it is done."""

    def __init__(self) -> None:
        self.issues: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.answers: list[tuple[int, dict[str, str], bytes, bool]] = []
        self.url = ""

    def fail(self, status: int, body: bytes = b'{"message": "no"}', *, is_done: bool = False, **headers: str) -> None:
        """The next request is answered so; with `is_done` it is done all the same."""
        self.answers.append((status, {key.replace("_", "-"): value for key, value in headers.items()}, body, is_done))

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        parts = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if re.fullmatch(r"/repos/acme/shop/issues", parts.path):
            return self._github(method, query, body)
        if re.fullmatch(r"/api/v4/projects/acme%2Fteam%2Fshop/issues", parts.path):
            return self._gitlab(method, query, body)
        return 404, {"message": "Not Found"}

    def _github(self, method: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        if method == "GET":
            assert query["state"] == "all"
            return 200, self._page([each for each in self.issues if each["updated_at"] >= query["since"]], query)
        number = len(self.issues) + 1
        made = {
            "number": number,
            "html_url": f"https://github.example/acme/shop/issues/{number}",
            "updated_at": MADE_AT,
        }
        self.issues.append({**made, **body})
        return 201, self.issues[-1]

    def _gitlab(self, method: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        if method == "GET":
            return 200, self._page([each for each in self.issues if each["created_at"] > query["created_after"]], query)
        number = len(self.issues) + 1
        url = f"https://gitlab.example/acme/team/shop/-/issues/{number}"
        self.issues.append({"iid": number, "web_url": url, "created_at": MADE_AT, **body})
        return 201, self.issues[-1]

    def _page(self, found: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
        size, page = int(query["per_page"]), int(query["page"])
        return found[::-1][size * (page - 1) : size * page]


@contextmanager
def served() -> Iterator[TrackerServer]:
    """It listens on this machine."""
    state = TrackerServer()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            read = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            state.requests.append(
                (self.command, self.path, {key.lower(): value for key, value in self.headers.items()})
            )
            given = state.answers.pop(0) if state.answers else None
            status, headers = 200, dict[str, str]()
            body = b""
            if given is None or given[3]:
                status, found = state.answer(self.command, self.path, json.loads(read or b"{}"))
                body = json.dumps(found).encode()
            if given is not None:
                status, headers, body, _ = given
            if status == 0:  # the connection ends without an answer
                self.close_connection = True
                return
            self.send_response(status)
            for key, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = handle_any

        def log_message(self, *arguments: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
