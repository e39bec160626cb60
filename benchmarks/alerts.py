"""Bursts of 10,000 alerts at `/api/v2/alerts`: ours, committed to SQLite, beside the real Alertmanager, in the same run.

The same bytes go to both, in Prometheus' batches of 64 over four connections that are kept, each batch sent again until
it is answered. Before each burst the server has come to rest. Printed are alerts per second until all were answered, the same
a second time (repeats), alerts per second of the server's CPU until it rests again (ours has then decided who would be
paged), and how many are known after `kill -9` in the middle of another burst, a new start and the sender's retries. Run it as `python benchmarks/alerts.py` on a quiet machine;
`prometheus-alertmanager` (or `alertmanager`) has to be on the PATH for the comparison.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

ACCELERAPP = str(Path(sys.executable).with_name("accelerapp"))
BURST, BATCH, CONNECTIONS, ROUNDS = 10_000, 64, 4, 3


class Server:
    """A process that takes alerts at `path`."""

    def __init__(self, name: str, command: Sequence[str], port: int, environment: dict[str, str]) -> None:
        self.name = name
        self.command = command
        self.port = port
        self.environment = environment
        self.path = "/api/v2/alerts"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _until(self._answers)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False

    def cpu(self) -> float:
        assert self.process is not None
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def end(self, number: int = signal.SIGTERM) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(30)


def bodies(name: str, count: int = BURST) -> list[bytes]:
    """Batches as Prometheus sends them."""
    now = time.time()
    stamp = lambda at: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))  # noqa: E731
    alerts = [
        {
            "labels": {
                "alertname": "HighErrorRate",
                "service": f"{name}-{number % 200}",
                "instance": f"10.0.{number // 250}.{number % 250}:8080",
                "job": "shop",
                "severity": "warning",
                "cluster": "production-eu-1",
            },
            "annotations": {"summary": f"{number % 13 + 5} % of requests fail", "runbook_url": "https://wiki/errors"},
            "startsAt": stamp(now - 60),
            "endsAt": stamp(now + 3600),
            "generatorURL": "http://prometheus:9090/graph?g0.expr=rate%28http_requests_total%5B5m%5D%29&g0.tab=1",
        }
        for number in range(count)
    ]
    return [json.dumps(alerts[start : start + BATCH]).encode() for start in range(0, count, BATCH)]


def send(server: Server, batches: Sequence[bytes], on_answer: Callable[[], None] = lambda: None) -> float:
    """Seconds until every batch was answered well."""
    rest = list(batches)
    lock = threading.Lock()

    def work() -> None:
        connection: http.client.HTTPConnection | None = None
        while True:
            with lock:
                if not rest:
                    return
                batch = rest.pop()
            while True:
                try:
                    connection = connection or http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
                    connection.request("POST", server.path, batch, {"Content-Type": "application/json"})
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status < 300:
                        on_answer()
                        break
                    if answer.status < 500:
                        raise SystemExit(f"{server.name} refused with {answer.status}")
                except OSError:
                    pass
                except http.client.HTTPException:
                    pass
                connection = None
                time.sleep(0.05)

    begun = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        for each in [threads.submit(work) for _ in range(CONNECTIONS)]:
            each.result()
    return time.perf_counter() - begun


def rest(server: Server) -> None:
    """Wait until it does next to nothing, for longer than a new alert waits for others of its group."""
    deadline, calm = time.monotonic() + 60, 0
    while calm < 12 and time.monotonic() < deadline:
        before = server.cpu()
        time.sleep(1)
        calm = calm + 1 if server.cpu() - before < 0.1 else 0


def ours(folder: Path) -> tuple[Server, Callable[[], int]]:
    port = _free_port()
    (folder / "accelerapp.toml").write_text("[alerts]\nmost_open = 200000\n")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ACCELERAPP_")},
        "ACCELERAPP_CONFIG": str(folder / "accelerapp.toml"),
        "ACCELERAPP_DATA__FOLDER": str(folder / "data"),
        "ACCELERAPP_SERVER__PORT": str(port),
    }
    server = Server("accelerapp, SQLite", [ACCELERAPP, "up"], port, environment)
    made = subprocess.run(
        [ACCELERAPP, "alert", "integration", "add", "alertmanager", "--json"],
        env=environment,
        check=True,
        capture_output=True,
    )
    server.path = f"/hooks/alertmanager/{json.loads(made.stdout)['key']}/api/v2/alerts"

    def known() -> int:
        import sqlite3

        with sqlite3.connect(folder / "data" / "accelerapp.db") as database:
            return int(database.execute("SELECT count(DISTINCT fingerprint) FROM alerts").fetchone()[0])

    return server, known


def alertmanager(folder: Path) -> tuple[Server, Callable[[], int]] | None:
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        return None
    port = _free_port()
    (folder / "alertmanager.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    command = [
        program,
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=error",
    ]
    server = Server("Alertmanager, memory", command, port, dict(os.environ))

    def known() -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/alerts", timeout=60) as answer:
            return len(json.load(answer))

    return server, known


def killed(server: Server, known: Callable[[], int], *, retry: bool) -> tuple[int, int]:
    """Kill it in the middle of a burst: how many alerts of those answered, and of all, are known after a new start.

    With `retry` whoever was not answered sends again; without, the sender ends with the process.
    """
    before, batches, answered = known(), bodies("killed"), threading.Event()
    count = [0]

    def note() -> None:
        count[0] += 1
        if count[0] == len(batches) // 3:
            answered.set()

    sender = threading.Thread(target=lambda: send(server, batches, note), daemon=True)
    sender.start()
    answered.wait(60)
    server.end(signal.SIGKILL)
    told = count[0] * BATCH
    server.start()
    if retry:
        sender.join()
        told = BURST
    return told, known() - (before if known() >= before else 0)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = [pair for pair in (ours(folder), alertmanager(folder)) if pair is not None]
        rates = []
        print(f"{'':24}{'alerts/s':>10}{'per CPU s':>11}{'again/s':>10}{'sent':>8}{'after kill -9':>15}")
        for server, known in pairs:
            server.start()
            send(server, bodies("warm", 640))
            times, cpus, again = [], [], []
            for number in range(ROUNDS):
                rest(server)
                batches, cpu = bodies(f"round{number}"), server.cpu()
                times.append(send(server, batches))
                rest(server)
                cpus.append(server.cpu() - cpu)
                again.append(send(server, batches))
            assert known() >= ROUNDS * BURST
            sent, found = killed(server, known, retry=True)
            rates.append((BURST / sorted(times)[1], BURST / sorted(cpus)[1]))
            rate, per_cpu = rates[-1]
            print(
                f"{server.name:24}{rate:>10,.0f}{per_cpu:>11,.0f}{BURST / sorted(again)[1]:>10,.0f}{sent:>8,}{found:>15,}"
            )
            server.end()
        print(f"bound: 2,000 alerts/s committed, none lost; reached {rates[0][0] / 2000:.1f} times")
        if len(rates) == 2:
            print(
                f"ours / Alertmanager: {rates[0][0] / rates[1][0]:.2f} by time, {rates[0][1] / rates[1][1]:.2f} by CPU"
            )


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit("it did not start")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
