"""The bookshop's PostgreSQL: made once and whole, ended, killed, started twice, and away while the shop is open."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from tests.examples.shops import Program, environment, postgres, program, shop, status
from tests.ports import free_port
from tests.running import eventually

from bookshop import database

pytestmark = pytest.mark.xdist_group("bookshop-database")
READY = "database system is ready to accept connections"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database in it that no server uses."""
    folder = tmp_path_factory.mktemp("database")
    with server(folder, free_port()) as (running, _):
        assert running.stop(signal.SIGINT) == 0
    return folder


@contextmanager
def server(folder: Path, port: int, *, ready: bool = True) -> Iterator[tuple[Program, str]]:
    """The database on a folder, and its address."""
    log = folder / f"log-{free_port()}"
    with program(log, postgres(folder, port)) as running:
        if ready:
            running.says(READY)
        yield running, f"postgresql://postgres@127.0.0.1:{port}/postgres"


def test_the_process_that_was_started_is_postgresql_and_what_it_kept_is_there_again(kept: Path) -> None:
    with server(kept, free_port()) as (running, url):
        assert Path(f"/proc/{running.process.pid}/comm").read_text().strip() == "postgres"
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('here')")
        assert running.stop(signal.SIGINT) == 0
    with server(kept, free_port()) as (running, url):
        with psycopg.connect(url, autocommit=True) as connection:
            assert connection.execute("SELECT word FROM kept").fetchone() == ("here",)
            connection.execute("DROP TABLE kept")
        assert running.stop(signal.SIGINT) == 0


def test_after_a_kill_it_starts_again(kept: Path) -> None:
    with server(kept, free_port()) as (running, _):
        assert running.stop(signal.SIGKILL) == -signal.SIGKILL
    assert (kept / "postgres" / "postmaster.pid").exists()
    with server(kept, free_port()) as (running, _):
        assert running.stop(signal.SIGINT) == 0


def test_a_note_of_a_dead_server_whose_pid_another_process_has_now_is_no_obstacle(kept: Path) -> None:
    prefix = database.as_ordinary_user(kept / "postgres")
    with program(kept / "other.log", [*prefix, "sleep", "600"]) as other:
        eventually(lambda: Path(f"/proc/{other.process.pid}/comm").read_text().strip() == "sleep")
        note = kept / "postgres" / "postmaster.pid"
        note.write_text(f"{other.process.pid}\n{kept / 'postgres'}\n1700000000\n54329\n\n127.0.0.1\n\nready\n")
        with server(kept, free_port()) as (running, _):
            assert running.stop(signal.SIGINT) == 0


def test_a_second_server_takes_over_when_the_first_ends(kept: Path) -> None:
    port = free_port()
    with server(kept, port) as (first, _), server(kept, port, ready=False) as (second, url):
        second.says(f"waiting for the PostgreSQL with pid {first.process.pid} to end")
        assert first.stop(signal.SIGINT) == 0
        second.says(READY)
        psycopg.connect(url).close()
        assert second.stop(signal.SIGINT) == 0


def test_a_second_server_that_waits_ends_when_asked(kept: Path) -> None:
    port = free_port()
    with server(kept, port) as (first, _), server(kept, port, ready=False) as (second, _):
        second.says("waiting for")
        assert second.stop(signal.SIGINT) == -signal.SIGINT
        assert first.stop(signal.SIGINT) == 0


def test_a_port_that_is_taken_is_named(kept: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with server(kept, taken.getsockname()[1], ready=False) as (running, _):
            assert running.process.wait(60) == 1
            assert "Address already in use" in running.written()


def test_a_database_that_was_only_half_made_is_made_anew(tmp_path: Path) -> None:
    with server(tmp_path, free_port(), ready=False) as (running, _):
        eventually(lambda: (tmp_path / "postgres.new" / "PG_VERSION").exists())
        os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()
    assert not (tmp_path / "postgres" / "PG_VERSION").exists()
    with server(tmp_path, free_port()) as (running, _):
        assert running.stop(signal.SIGINT) == 0
    assert not (tmp_path / "postgres.new").exists()


def test_what_is_not_a_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "thesis.txt").write_text("precious")
    done = subprocess.run(postgres(tmp_path, free_port()), env=environment(), capture_output=True, check=False)
    assert done.returncode == 1
    assert "holds something that is not a database" in done.stderr.decode()
    assert (tmp_path / "postgres" / "thesis.txt").read_text() == "precious"
    assert (tmp_path / "postgres" / "thesis.txt").stat().st_uid == os.geteuid()


def test_an_ordinary_user_needs_no_other(tmp_path: Path) -> None:
    prefix = tuple(database.as_ordinary_user(tmp_path / "home"))
    command = postgres(tmp_path / "home", free_port(), prefix)
    with program(tmp_path / "log", command) as running:
        running.says(READY)
        assert running.stop(signal.SIGINT) == 0


def test_without_its_database_the_shop_says_so_and_recovers(kept: Path, tmp_path: Path) -> None:
    port = free_port()
    with server(kept, port) as (first, url), shop("1.0.0", url, tmp_path) as running:
        assert first.stop(signal.SIGINT) == 0
        answer = httpx.get(f"{running.url}/health", timeout=30)
        assert answer.status_code == 503
        assert "Connection refused" in answer.json()["reason"]
        assert httpx.get(f"{running.url}/books", timeout=30).status_code == 503
        assert "Traceback" not in running.written()
        with server(kept, port) as (second, _):
            eventually(lambda: status(running) == 200)
            assert httpx.get(f"{running.url}/books", timeout=30).status_code == 200
            assert running.stop() == 0
            assert second.stop(signal.SIGINT) == 0
