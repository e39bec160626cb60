"""The product as a real process, for tests."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from accelerapp.platforms.local import processes

ACCELERAPP = str(Path(sys.executable).with_name("accelerapp"))
T = TypeVar("T")


def eventually(look: Callable[[], T], seconds: float = 30) -> T:
    """The first true thing that `look` gives; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"did not come true within {seconds} s"
        time.sleep(0.1)


class Running:
    """`accelerapp up` on a settings file, and commands beside it."""

    def __init__(self, folder: Path, settings: Path, port: int, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "up.log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ACCELERAPP_")},
            "ACCELERAPP_CONFIG": str(settings),
            "ACCELERAPP_DATA__FOLDER": str(folder / "data"),
            "ACCELERAPP_SERVER__PORT": str(port),
            "NO_COLOR": "1",
            **(environment or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def up(self) -> None:
        """Start it and wait until it answers."""
        self.begin()
        eventually(self.answers)

    def begin(self, output: int | None = None, arguments: Sequence[str] = ("up",)) -> None:
        """Start it. What it says goes into the log, or to another file descriptor."""
        with self.log.open("wb") as log:
            told = log if output is None else output
            self.process = subprocess.Popen([ACCELERAPP, *arguments], env=self.environment, stdout=told, stderr=log)

    def answers(self) -> bool:
        """Does it answer?"""
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            urllib.request.urlopen(f"{self.url}/health", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def link(self) -> str:
        """The one-time link that it printed."""
        found = eventually(lambda: re.search(r"http\S+/setup\?token=\S+", self.log.read_text()))
        return found[0]

    def run(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """A command of the command line."""
        return subprocess.run(
            [ACCELERAPP, *arguments], env=self.environment, input=stdin, capture_output=True, timeout=120, check=False
        )

    def json(self, *arguments: str) -> Any:
        """What a command answers with --json."""
        done = self.run(*arguments, "--json")
        assert done.stdout, done.stderr.decode()
        return json.loads(done.stdout)

    def left_over(self) -> list[int]:
        """The pids of everything that still runs for this folder."""
        prefix = f"{(self.folder / 'data' / 'local').resolve()}#"
        return [one.pid for found in processes.marked(lambda mark: mark.startswith(prefix)).values() for one in found]

    def end(self) -> None:
        """Whatever state a test left it in: end all of it."""
        if self.process is not None and self.process.poll() is None:
            self.stop()
        from accelerapp.base.clock import SystemClock
        from accelerapp.platforms.local.platform import LocalPlatform

        LocalPlatform(self.folder / "data" / "local", {}, SystemClock()).stop_supervisor()
        for pid in self.left_over():
            os.kill(pid, signal.SIGKILL)
