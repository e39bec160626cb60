"""`accelerapp doctor` on real settings files and a real machine."""

from __future__ import annotations

import json
import socket

import pytest
from commands import CommandLine

GOOD = """
[server]
port = {free}
[services.shop.local]
releases = "releases"
release = "1.0.0"
command = ["{{python}}", "shop.py"]
"""


@pytest.fixture
def free():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def accelerapp(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return CommandLine(monkeypatch, capsys)


def test_when_all_is_well_every_line_says_ok_and_nothing_was_made(accelerapp, tmp_path, free):
    (tmp_path / "accelerapp.toml").write_text(GOOD.format(free=free))
    (tmp_path / "releases" / "1.0.0").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    ended = accelerapp("doctor")
    assert (ended.code, ended.err) == (0, "")
    told = [line for line in ended.out.splitlines() if not line.startswith("ok ")]
    assert len(told) <= 2, told  # nobody is described who could be paged, which is said with the mend
    assert "Nobody is paged" in told[0]
    assert sorted(tmp_path.rglob("*")) == before


def test_problems_end_with_1_and_name_the_mend(accelerapp, tmp_path, free):
    (tmp_path / "accelerapp.toml").write_text(GOOD.format(free=free))
    (tmp_path / "releases" / "0.9").mkdir(parents=True)
    ended = accelerapp("doctor", "--json")
    assert ended.code == 1
    problems = [each for each in json.loads(ended.out) if each["judgement"] == "problem"]
    assert [(each["setting"], each["mend"]) for each in problems] == [
        ("services.shop.local.release", "Releases there: 0.9.")
    ]


def test_settings_with_mistakes_end_with_2_and_name_all(accelerapp, tmp_path):
    (tmp_path / "accelerapp.toml").write_text("[server]\nport = 0\nhots = 'x'\n")
    ended = accelerapp("doctor")
    assert (ended.code, ended.out) == (2, "")
    assert "server.port" in ended.err and "server.hots" in ended.err


def test_a_database_that_is_down_is_a_problem(accelerapp, tmp_path, free, monkeypatch):
    (tmp_path / "accelerapp.toml").write_text(GOOD.format(free=free))
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hunter2@127.0.0.1:1/x")
    ended = accelerapp("doctor")
    assert ended.code == 1
    assert "data.database_url" in ended.out and "does not answer" in ended.out
    assert "hunter2" not in ended.out + ended.err
