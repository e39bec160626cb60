"""The status page under load: requests for each second of CPU of one server process.

A real `accelerapp`-like site in a process of its own, with 20 components, 90 days of outages and an open incident; two
clients with kept connections. CPU seconds are those of the server alone, so that other work on the machine changes
little. The bar: 1,000 requests a second and core.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
BAR = 1000
CLIENTS, EACH = 2, 1500


def serve(folder: Path) -> None:
    """The server: prints its port and answers until it is ended."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    import uvicorn
    from tests import sites
    from tests.ports import free_port
    from tests.statuspage import scenes

    from accelerapp.engine.runner import Engine
    from accelerapp.server import listening, site

    app = sites.product(folder)
    board = scenes.broken()
    many = [replace(scenes.SHOP, id=f"cmp_{number}", name=f"System {number}") for number in range(20)]
    with app.status_editing.writing() as stores:
        stores.status.lock()
        for each in (*board.components, *many):
            stores.status.put_component(each)
        for each in board.reports:
            stores.status.put_report(each)
        stores.status.put_outages(board.outages)
    server = uvicorn.Server(uvicorn.Config(site.build(app, Engine(app, ())), log_config=None, lifespan="off"))
    listener = listening.listen("127.0.0.1", free_port())
    print(listener.getsockname()[1], flush=True)
    server.run(sockets=[listener])


def ask(port: int, path: str, headers: dict[str, str], count: int) -> http.client.HTTPResponse:
    """`count` requests over one connection; the last answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(count):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
    connection.close()
    return answer


def measure(server: psutil.Process, port: int, path: str, headers: dict[str, str]) -> float:
    """Requests for each CPU second of the server."""
    before = server.cpu_times()
    threads = [threading.Thread(target=ask, args=(port, path, headers, EACH)) for _ in range(CLIENTS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    after = server.cpu_times()
    return CLIENTS * EACH / (after.user + after.system - before.user - before.system)


def main() -> int:
    """Print the figures; 1 when one is under the bar."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "serve", folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            server = psutil.Process(process.pid)
            packed = {"Accept-Encoding": "gzip"}
            tag = ask(port, "/status", packed, 20).getheader("ETag") or ""
            found = {
                "page, packed": measure(server, port, "/status", packed),
                "page, not changed (304)": measure(server, port, "/status", {**packed, "If-None-Match": tag}),
                "summary.json": measure(server, port, "/api/v2/summary.json", {}),
                "history.atom, packed": measure(server, port, "/history.atom", packed),
            }
        finally:
            process.terminate()
            process.wait(30)
    for name, rate in found.items():
        print(f"{name:<28} {rate:>8,.0f} requests per CPU second  ({rate / BAR:.1f} x the bar)")
    return 0 if min(found.values()) >= BAR else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(Path(sys.argv[2]))
    else:
        sys.exit(main())
