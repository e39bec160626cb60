"""Measures the promises of the spine: start-up, idle cost, the speed of the health check.

Run it with `make bench` on a quiet machine. It prints the median of several runs beside each bound; it asserts nothing,
since machines differ. The figures of the last release stand in `benchmarks/README.md`.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ACCELERAPP = str(Path(sys.executable).with_name("accelerapp"))
EXAMPLE = Path(__file__).parent.parent / "examples" / "bookshop" / "accelerapp.toml"


def main() -> None:
    rows = [
        ("accelerapp --help, CPU ms", "150", _median(9, lambda: _cpu_of([ACCELERAPP, "--help"]) * 1000)),
        ("up answers /health after, ms", "3000", _median(3, lambda: _first_answer() * 1000)),
    ]
    cpu, memory = _idle()
    rows += [
        ("idle up, % of a core", "2", cpu),
        ("idle up, MB resident", "150", memory),
        ("health beyond its slowest check, ms", "1000", _health() * 1000),
    ]
    print(f"{'measured':40}{'bound':>8}{'median':>10}")
    for name, bound, value in rows:
        print(f"{name:40}{bound:>8}{value:>10.1f}")


def _median(runs: int, measure: Callable[[], float]) -> float:
    measure()
    return statistics.median(measure() for _ in range(runs))


def _cpu_of(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _up(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ACCELERAPP_DATA__FOLDER": folder, "ACCELERAPP_SERVER__PORT": str(port)}
        process = subprocess.Popen(
            [ACCELERAPP, *arguments, "up"], env=environment, cwd=folder, stdout=subprocess.DEVNULL
        )
        try:
            yield process, port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _first_answer() -> float:
    start = time.perf_counter()
    with _up() as (_, port):
        _wait_for(f"http://127.0.0.1:{port}/health")
        return time.perf_counter() - start


def _wait_for(url: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=2).read()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"{url} did not answer within {seconds:.0f} s")


def _idle(seconds: float = 20) -> tuple[float, float]:
    with _up() as (process, port):
        _wait_for(f"http://127.0.0.1:{port}/health")
        time.sleep(5)
        watched = psutil.Process(process.pid)
        before = sum(watched.cpu_times()[:2])
        time.sleep(seconds)
        used = sum(watched.cpu_times()[:2]) - before
        return 100 * used / seconds, watched.memory_info().rss / 1e6


def _health() -> float:
    """Wall time of the command less the time of its slowest check, on the running example; the median of five."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        environment = {**os.environ, "ACCELERAPP_CONFIG": str(EXAMPLE), "ACCELERAPP_DATA__FOLDER": folder}
        process = subprocess.Popen(
            [ACCELERAPP, "up", "--port", str(_free_port())], env=environment, stdout=subprocess.DEVNULL
        )
        try:
            _wait_for("http://127.0.0.1:8080/health", 120)
            time.sleep(15)
            return _median(5, lambda: _overhead(environment))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(120)


def _overhead(environment: dict[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run([ACCELERAPP, "health", "--json"], env=environment, stdout=subprocess.PIPE, check=False)
    took = time.perf_counter() - start
    return took - max(check["seconds"] for check in json.loads(done.stdout)["checks"])


if __name__ == "__main__":
    main()
