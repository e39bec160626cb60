"""A real PostgreSQL for the tests: one server per test process, from the wheel that the example uses."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fastapi._compat import v2 as fastapi_fields
from tests.ports import free_port

from bookshop import database


@pytest.fixture(scope="session", autouse=True)
def _validators_are_made_once() -> Iterator[None]:
    """Sites are built by the hundred here; what serializes their answers, always the same, is most of it."""
    field, known = fastapi_fields.ModelField, {}
    make = field.__post_init__

    def once(self: fastapi_fields.ModelField) -> None:
        key = (repr(self.field_info.annotation), repr(self.field_info), self.mode)
        if self.mode != "serialization" or " at 0x" in key[1] or self.config:
            make(self)
            return
        kept = known.get(key)
        if kept is None or kept[0] != self.field_info.annotation:
            make(self)
            known[key] = (self.field_info.annotation, self._type_adapter)
        else:
            self._type_adapter = kept[1]

    field.__post_init__ = once  # type: ignore[method-assign]
    yield
    field.__post_init__ = make  # type: ignore[method-assign]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests that share a server or a browser are a group for one worker: a runner that spreads them is not for us."""
    is_grouped = item.get_closest_marker("xdist_group") is not None
    if is_grouped and getattr(item.config.option, "loadgroup", False) and "@" not in item.nodeid:
        pytest.fail(
            "pytest-xdist does not keep the tests of a group together: see the bounds of pytest in pyproject.toml."
        )


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a running PostgreSQL server; `tests.databases` makes a database of its own for each test."""
    folder = Path(tempfile.mkdtemp(prefix="accelerapp-postgres-"))
    folder.chmod(0o755)
    data, port = folder / "postgres", free_port()
    prefix = database.as_ordinary_user(data)
    database.initialise(data, prefix)
    command = [*prefix, *database.server_command(data, str(port)), "-c", "fsync=off"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=(folder / "log").open("wb"))
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    try:
        _wait(url, server, folder / "log")
        yield url
    finally:
        _end(server)
        shutil.rmtree(folder)


def _end(server: subprocess.Popen[bytes]) -> None:
    """Surely: asked first, killed after."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.05)
