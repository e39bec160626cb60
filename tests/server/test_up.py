"""`accelerapp up` as a process: it starts, refuses a second one, stops cleanly, survives being killed."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import databases
from tests.ports import free_port
from tests.running import Running, eventually

SETTINGS = """
[services.web.local]
releases = "releases"
release = "1"
command = ["{python}", "-m", "http.server", "{port}", "--bind", "127.0.0.1"]
health_path = "/"
port = %d
settle = "100ms"
stop_grace = "2s"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    (tmp_path / "releases" / "1").mkdir(parents=True)
    path = tmp_path / "accelerapp.toml"
    path.write_text(SETTINGS % free_port())
    return path


@pytest.fixture
def running(tmp_path: Path, settings: Path) -> Iterator[Running]:
    product = Running(tmp_path, settings, free_port())
    yield product
    product.end()


def ready(running: Running) -> list[int]:
    """The pids of the replicas once the service is ready."""

    def look() -> list[int]:
        workload = running.json("service", "show", "web")
        return [replica["pid"] for replica in workload["replicas"]] if workload["phase"] == "complete" else []

    return eventually(look)


def test_it_serves_operates_and_leaves_nothing_behind(running: Running) -> None:
    running.up()
    assert ready(running)
    assert "Operates: web." in running.log.read_text()
    page = urllib.request.urlopen(running.link(), timeout=5).read().decode()
    assert "administrator" in page
    assert running.stop() == 0
    assert running.left_over() == []
    assert "Stopping." in running.log.read_text()


def test_open_streams_do_not_hold_up_the_end(running: Running) -> None:
    running.up()
    ready(running)
    key = running.run("token", "create", "ci").stdout.decode().strip()
    streams = []
    for path in ("/live/services/web", "/live/services/web/logs", "/api/v1/services/web/logs?follow=true"):
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        streams.append(connection.getresponse())
    assert all(stream.status == 200 and stream.readline() for stream in streams)
    assert running.stop() == 0
    for stream in streams:
        stream.read()  # raises IncompleteRead for a stream that was torn off
    said = running.log.read_text()
    assert "exceeded" not in said  # nothing had to be waited for and then cancelled
    assert "ASGI" not in said  # what the HTTP server calls a request that failed


def test_told_to_end_while_it_starts_it_leaves_nothing_behind(running: Running) -> None:
    running.begin()
    eventually(lambda: "Operates" in running.log.read_text())
    assert running.stop() == 0
    assert running.left_over() == []


def test_a_second_signal_ends_it_at_once(running: Running, settings: Path) -> None:
    stubborn = (
        "import http.server, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "http.server.test(http.server.SimpleHTTPRequestHandler, port={port}, bind='127.0.0.1')"
    )
    text = settings.read_text().replace('"-m", "http.server", "{port}", "--bind", "127.0.0.1"', f'"-c", "{stubborn}"')
    settings.write_text(text.replace('stop_grace = "2s"', 'stop_grace = "100s"'))
    running.up()
    ready(running)
    assert running.process is not None
    running.process.send_signal(signal.SIGTERM)
    eventually(lambda: "Stopping." in running.log.read_text())
    assert running.process.poll() is None
    assert running.stop() == 130


def test_a_reader_that_is_gone_does_not_keep_it_from_ending_its_services(running: Running) -> None:
    reading, writing = os.pipe()
    running.begin(output=writing)
    os.close(writing)
    os.close(reading)
    eventually(running.answers)
    ready(running)
    assert running.stop() == 0
    assert running.left_over() == []


def test_a_second_one_on_the_same_folder_is_refused_with_the_pid_of_the_first(running: Running) -> None:
    running.up()
    assert running.process is not None
    second = running.run("up", "--port", str(free_port()))
    assert second.returncode == 2
    assert f"pid {running.process.pid}" in second.stderr.decode()
    assert running.process.poll() is None


def test_killed_at_once_it_starts_again_and_finds_its_replicas(running: Running) -> None:
    running.up()
    before = ready(running)
    running.stop(signal.SIGKILL)
    assert urllib.request.urlopen(running.json("service", "show", "web")["address"], timeout=5).status == 200
    running.up()
    assert ready(running) == before


def test_a_killed_supervisor_is_started_again_by_the_engine(running: Running) -> None:
    running.up()
    before = ready(running)
    pid = int((running.folder / "data" / "local" / "supervisor.lock").read_text())
    os.kill(pid, signal.SIGKILL)
    assert running.run("health", "--service", "web").returncode in (1, 3)
    eventually(lambda: running.run("service", "show", "web").returncode == 0)
    assert ready(running) == before


def test_a_taken_port_is_said(running: Running) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", running.port))
        holder.listen()
        refused = running.run("up")
    assert refused.returncode == 2
    assert f"Port {running.port}" in refused.stderr.decode()
    assert f"process {os.getpid()}" in refused.stderr.decode()


def test_a_database_of_a_newer_schema_is_refused(running: Running) -> None:
    running.up()
    running.stop()
    with sqlite3.connect(running.folder / "data" / "accelerapp.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    refused = running.run("up")
    assert refused.returncode == 2
    assert "newer Accelerapp" in refused.stderr.decode()
    assert running.left_over() == []


def test_a_database_that_is_down_is_cannot_tell(running: Running) -> None:
    running.environment["DATABASE_URL"] = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    refused = running.run("up")
    assert refused.returncode == 3
    assert "does not answer" in refused.stderr.decode()


def test_a_data_folder_that_cannot_be_made_is_said(running: Running) -> None:
    running.environment["ACCELERAPP_DATA__FOLDER"] = "/dev/full/data"
    refused = running.run("up")
    assert refused.returncode == 2
    assert "/dev/full/data" in refused.stderr.decode()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_said_and_work_goes_on_when_there_is_room_again(running: Running) -> None:
    data = running.folder / "data"
    data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(data)], check=True)
    try:
        running.up()
        before = ready(running)
        filler = data / "filler"
        with contextlib.suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(b"x" * 65536)
        full = running.run("token", "create", "ci")
        assert full.returncode in (1, 3)
        assert "full" in full.stderr.decode()
        filler.unlink()
        eventually(lambda: running.run("service", "show", "web").returncode == 0)
        assert ready(running) == before
        assert eventually(lambda: running.run("token", "create", "ci").returncode == 0)
        assert running.stop() == 0
        assert running.left_over() == []
    finally:
        running.end()
        subprocess.run(["umount", "-l", str(data)], check=True)


def test_settings_with_mistakes_name_them_all(running: Running, settings: Path) -> None:
    settings.write_text('[server]\nport = 99999\nhots = "x"\n[health]\ntimeout = "soon"\n[services.Web]\n[service]\n')
    refused = running.run("up")
    assert refused.returncode == 2
    for field in ("server.hots", "health.timeout", "services.Web", "service:"):
        assert field in refused.stderr.decode()


def test_with_postgresql_it_is_the_same(request: pytest.FixtureRequest, running: Running) -> None:
    with databases.new_postgres(request) as url:
        running.environment["DATABASE_URL"] = url
        running.up()
        ready(running)
        made = running.run("token", "create", "ci", "--role", "responder")
        remote = {"ACCELERAPP_URL": running.url, "ACCELERAPP_TOKEN": made.stdout.decode().strip()}
        running.environment.update(remote)
        assert running.json("service", "show", "web")["ready"] == 1
        assert not (running.folder / "data" / "accelerapp.db").exists()
        assert running.stop() == 0


def test_commands_over_a_server_say_when_the_token_is_wrong(running: Running) -> None:
    running.up()
    running.environment.update({"ACCELERAPP_URL": running.url, "ACCELERAPP_TOKEN": "wrong"})
    refused = running.run("health")
    assert refused.returncode == 2
    assert "token is not valid" in refused.stderr.decode()
    running.environment["ACCELERAPP_URL"] = f"http://127.0.0.1:{free_port()}"
    assert running.run("health").returncode == 3
