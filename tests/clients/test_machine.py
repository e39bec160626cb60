"""What the settings check asks of this machine, on real folders, ports and repositories."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys

import pytest

from accelerapp.base import errors
from accelerapp.clients import machine, processes


def test_a_folder_is_looked_at_and_not_made(tmp_path):
    assert machine.folder(tmp_path).startswith(f"{tmp_path} is writable, ")
    assert machine.folder(tmp_path / "a" / "b").endswith("is made at the first start.")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.WrongUseError, match="is a file"):
        machine.folder(tmp_path / "file" / "below")


def test_a_port_is_free_or_held_by_somebody_who_is_named():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(errors.WrongUseError, match=f"Port {port} is taken by process {os.getpid()} "):
            machine.port("127.0.0.1", port)
    assert machine.port("127.0.0.1", port) == f"Port {port} of 127.0.0.1 is free."
    with pytest.raises(errors.WrongUseError, match="cannot be listened on"):
        machine.port("192.0.2.1", 8000)


@pytest.mark.parametrize(
    "command", ["/venv/bin/python /venv/bin/accelerapp up", "python -m accelerapp.platforms.local.supervisor /data"]
)
def test_a_port_held_by_the_product_itself_is_fine(command):
    assert machine.held(8000, machine.Listener(7, command)) == "Port 8000 is held by the running product (process 7)."


@pytest.mark.parametrize("by", [None, machine.Listener(0, ""), machine.Listener(9, "nginx")])
def test_a_port_held_by_another_is_a_problem(by):
    with pytest.raises(errors.WrongUseError, match="Port 80 is taken by "):
        machine.held(80, by)


def test_a_release_is_there_or_the_others_are_named(tmp_path):
    (tmp_path / "1.0.0").mkdir()
    assert machine.release(tmp_path, "1.0.0") == f"{tmp_path / '1.0.0'} is there."
    with pytest.raises(errors.WrongUseError, match=r"no release 2\.0\.0") as caught:
        machine.release(tmp_path, "2.0.0")
    assert caught.value.mend == "Releases there: 1.0.0."
    with pytest.raises(errors.WrongUseError, match="There is no folder"):
        machine.release(tmp_path / "none", "1.0.0")


def test_a_program_is_found_as_a_replica_would_find_it(tmp_path):
    start = tmp_path / "start"
    start.write_text("#!/bin/sh\n")
    for name in ("./start", "{release}/start"):
        with pytest.raises(errors.WrongUseError, match="not found or not executable"):
            machine.program(name, tmp_path)
    start.chmod(0o755)
    for name in ("./start", "{release}/start", "{python}", "sh"):
        assert machine.program(name, tmp_path).endswith(" is there.")
    for name in ("surely-not-a-program", "{release}", "/etc"):
        with pytest.raises(errors.WrongUseError):
            machine.program(name, tmp_path)
    with pytest.raises(errors.CannotTellError):
        machine.program("{data}/start", tmp_path)


def test_log_paths_match_or_not(tmp_path):
    (tmp_path / "a.log").write_text("")
    assert machine.log(str(tmp_path / "*.log")).endswith("matches 1 path.")
    assert machine.log(str(tmp_path)).endswith("matches 1 path.")
    with pytest.raises(errors.WrongUseError, match="matches no file"):
        machine.log(str(tmp_path / "*.txt"))
    with pytest.raises(errors.CannotTellError):
        machine.log("s3://bucket/log")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_repository_is_one_in_a_folder_or_at_an_address(tmp_path):
    plain, code = tmp_path / "plain", tmp_path / "code"
    plain.mkdir()
    subprocess.run(["git", "init", "-q", str(code)], check=True)
    assert machine.repository(str(code)) == f"{code} is a git repository."
    assert machine.repository(f"file://{code}").endswith("can be read.")
    for place in (str(plain), str(tmp_path / "none"), f"file://{plain}", "--upload-pack=touch /tmp/x"):
        with pytest.raises(errors.WrongUseError):
            machine.repository(place)


def test_a_tool_is_installed_or_to_be_installed():
    assert machine.tool("sh").endswith(" is there.")
    with pytest.raises(processes.ProgramMissingError) as caught:
        machine.tool("surely-not-a-tool")
    assert caught.value.mend == "Install surely-not-a-tool."


def test_a_program_is_run_to_its_end_without_input():
    ended = processes.run(
        (sys.executable, "-c", "import os, sys; print(os.environ['X'] + sys.stdin.read()); sys.exit(3)"), 30, {"X": "y"}
    )
    assert (ended.exit_code, ended.stdout) == (3, b"y\n")


def test_a_program_that_hangs_is_ended_and_one_that_is_missing_is_named():
    with pytest.raises(errors.CannotTellError, match=r"did not end within 0\.2 s"):
        processes.run((sys.executable, "-c", "import time; time.sleep(600)"), 0.2)
    with pytest.raises(processes.ProgramMissingError):
        processes.run(("surely-not-a-program",), 1)
    with pytest.raises(errors.WrongUseError, match="cannot be started"):
        processes.run(("/etc",), 1)
