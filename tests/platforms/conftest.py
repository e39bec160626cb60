"""A local platform with the tiny shop running on it."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.platforms.contract import SHOP
from tests.ports import free_port

from accelerapp.base.clock import SystemClock
from accelerapp.base.settings.model import Local
from accelerapp.platforms.local import processes
from accelerapp.platforms.local.platform import LocalPlatform

VERSIONS = ("1.0.0", "2.0.0", "crash-1", "never-1", "stubborn-1", "late-1")
Make = Callable[..., LocalPlatform]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes local platforms on one folder; afterwards nothing of them may be left running."""
    releases = tmp_path / "releases"
    for version in VERSIONS:
        (releases / version).mkdir(parents=True)
    folder = tmp_path / "local"
    port = free_port()

    def build(**changes: Any) -> LocalPlatform:
        settings = {
            "releases": releases,
            "release": "1.0.0",
            "command": [sys.executable, str(Path(__file__).parent / "shop.py")],
            "replicas": 2,
            "port": port,
            "environment": {"GREETING": "hello"},
            "settle": "200ms",
            "stop_grace": "3s",
            "ready_timeout": "10s",
        }
        return LocalPlatform(folder, {SHOP: Local.model_validate(settings | changes)}, SystemClock())

    yield build
    build().stop_supervisor()
    for found in left_over(folder).values():
        for process in found:
            process.kill()


def left_over(folder: Path) -> dict[str, list[psutil.Process]]:
    return processes.marked(lambda mark: mark.startswith(f"{folder.resolve()}#"))


@pytest.fixture
def platform(make: Make) -> LocalPlatform:
    started = make()
    started.start()
    return started


def kill_supervisor(folder: Path) -> None:
    pid = int((folder / "supervisor.lock").read_text())
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=5)
