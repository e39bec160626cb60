"""The bookshop's programs as real processes, without the platform."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.ports import free_port
from tests.running import eventually

EXAMPLE = Path(__file__).parents[2] / "examples" / "bookshop"


class Program:
    """A running process and what it has written."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, url: str = "") -> None:
        self.process = process
        self.log = log
        self.url = url

    def written(self) -> str:
        """Everything so far."""
        return self.log.read_text()

    def says(self, words: str, seconds: float = 60) -> None:
        """Waits until it has written these words; fails at once when it ends without them."""

        def look() -> bool:
            ended = self.process.poll() is not None
            found = words in self.written()
            assert found or not ended, self.written()
            return found

        eventually(look, seconds)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


def environment(**more: str) -> dict[str, str]:
    """What the settings give each program."""
    return {**os.environ, "PYTHONPATH": str(EXAMPLE), "PYTHONUNBUFFERED": "1", **more}


@contextmanager
def program(log: Path, command: list[str], folder: Path = EXAMPLE, **variables: str) -> Iterator[Program]:
    """A process, ended in any case."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(**variables), stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield Program(process, log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@contextmanager
def shop(version: str, database: str, folder: Path, *, wait: bool = True) -> Iterator[Program]:
    """One server of a release; waits until it is ready."""
    port = free_port()
    release, command = EXAMPLE / "releases" / version, [sys.executable, "main.py"]
    log = folder / f"shop-{version}-{port}.log"
    with program(log, command, release, PORT=str(port), DATABASE_URL=database) as running:
        running.url = f"http://127.0.0.1:{port}"
        if wait:
            eventually(lambda: status(running) == 200, 60)
        yield running


def status(running: Program) -> int:
    """What /health answers; 0 for no answer."""
    assert running.process.poll() is None, running.written()
    try:
        return httpx.get(f"{running.url}/health", timeout=10, trust_env=False).status_code
    except httpx.HTTPError:
        return 0


def postgres(folder: Path, port: int, prefix: tuple[str, ...] = ()) -> list[str]:
    """The command of the shop's database."""
    return [*prefix, sys.executable, "-m", "bookshop.database", str(folder), str(port)]
