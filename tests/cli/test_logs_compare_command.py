"""`accelerapp logs compare` and `logs patterns`: on files, on a service here, and against a server."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from commands import CommandLine
from fakes import NOON, SHOP, FakePlatform
from starlette.testclient import TestClient
from story import settings_of
from tests import sites

from accelerapp.access.model import Role
from accelerapp.app import App
from accelerapp.base import clock as clocks
from accelerapp.base import jsons
from accelerapp.logs.comparison import LogComparison


def lines(hours_ago: float, served: int, failed: int) -> list[bytes]:
    """An hour of a log."""
    start = NOON - timedelta(hours=hours_ago)
    times = [start + timedelta(seconds=3000 * n / (served + failed)) for n in range(served + failed)]
    return [
        f"{at.isoformat()} {f'ERROR order {n} failed: no stock' if n < failed else f'INFO GET /books/{n} served'}".encode()
        for n, at in enumerate(times)
    ]


@pytest.fixture
def app(tmp_path):
    platform = FakePlatform()
    platform.log_lines[platform.workload(SHOP).replicas[0].name] = [*lines(2, 900, 2), *lines(1, 900, 40)]
    made = App(settings_of(tmp_path), clocks.MovingClock(NOON))
    made.__dict__["local_platform"] = platform
    return made


@pytest.fixture
def accelerapp(monkeypatch, capsys, tmp_path, app):
    monkeypatch.chdir(tmp_path)
    return CommandLine(monkeypatch, capsys, app=app)


def test_two_windows_of_a_service_are_compared(accelerapp):
    ended = accelerapp("logs", "compare", "--before", "2h..1h", "--after", "1h..now")
    assert ended.code == 1
    assert "order <*> failed: no stock  (2 and 40)" in ended.out
    same = accelerapp("logs", "compare", "--before", "1h..now", "--after", "2h..1h")
    assert same.code == 0
    assert "less" in same.out


def test_two_files_are_compared_and_json_is_the_noun(accelerapp, tmp_path):
    (tmp_path / "a.log").write_bytes(b"\n".join(lines(2, 900, 2)))
    (tmp_path / "b.log").write_bytes(b"\n".join(lines(1, 900, 40)))
    ended = accelerapp("logs", "compare", "--before", "a.log", "--after", "b.log", "--json")
    found = jsons.from_json(LogComparison, ended.out)
    assert (ended.code, found.after.error_count, len(found.worse)) == (1, 40, 1)


def test_a_file_is_compared_with_the_service_now(accelerapp, tmp_path):
    (tmp_path / "a.log").write_bytes(b"\n".join(lines(2, 900, 2)))
    ended = accelerapp("logs", "compare", "--before", "a.log", "--after", "1h..now")
    assert (ended.code, "(2 and 40)" in ended.out) == (1, True)


def test_two_releases_are_compared_by_their_time_and_replicas(accelerapp, app, tmp_path):
    platform: FakePlatform = app.local_platform
    platform._revisions[SHOP] = []
    for version, hours in (("1.0.0", 2), ("1.1.0", 1)):
        at = NOON - timedelta(hours=hours)
        platform._revisions[SHOP].append(_revision(version, at))
    ended = accelerapp("logs", "compare", "--before-release", "1.0.0", "--after-release", "1.1.0", "--json")
    found = json.loads(ended.out)
    # The replica that logs runs 1.0.0 still: its log is not that of 1.1.0.
    assert (found["before"]["record_count"], found["after"]["record_count"]) == (902, 0)
    assert found["before"]["name"] == "release 1.0.0"


def _revision(version, at):
    from accelerapp.platforms.interface import Revision

    return Revision(1, version, at, "ana")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--before", "2h..1h"], 2, "'after' needs either"),
        (["--before", "2h..1h", "--before-release", "1", "--after", "1h..now"], 2, "'before' needs either"),
        (["--before", "2h..1h", "--before", "a.log", "--after", "1h..now"], 2, "nothing else can be on it"),
        (["--before", "1h..2h", "--after", "1h..now"], 2, "ends before it begins"),
        (["--before-release", "7.0", "--after", "1h..now"], 2, "never wanted"),
        (["--before", "no.log", "--after", "1h..now"], 3, ""),
    ],
)
def test_wrong_use_is_told_and_what_is_not_read_is_3(accelerapp, arguments, code, words):
    ended = accelerapp("logs", "compare", *arguments)
    assert ended.code == code
    assert words in ended.err
    assert code != 3 or "Not read: no.log: there is no such file." in ended.out


def test_patterns_are_listed_with_shares_most_frequent_first(accelerapp):
    ended = accelerapp("logs", "patterns", "--last", "3h")
    assert ended.code == 0
    first, example = ended.out.splitlines()[:2]
    assert "1,800 × 97.72% info GET <*> served" in first
    assert example.strip() == "GET /books/2 served"
    errors = json.loads(accelerapp("logs", "patterns", "--last", "3h", "--level", "error", "--json").out)
    assert [(one["message"], one["count"]) for one in errors["patterns"]] == [("order <*> failed: no stock", 42)]
    assert errors["record_count"] == 1842


def test_patterns_of_files_need_no_settings(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("a.log").write_bytes(b"\n".join(lines(2, 90, 2)))
    assert "GET <*> served" in CommandLine(monkeypatch, capsys)("logs", "patterns", "a.log").out


def test_a_server_answers_the_same(tmp_path):
    app = sites.product(tmp_path)
    app.clock = clocks.MovingClock(NOON)
    platform = app.local_platform
    platform.log_lines[platform.workload(SHOP).replicas[0].name] = [*lines(2, 900, 2), *lines(1, 900, 40)]
    api: TestClient = sites.client(app)
    viewer = sites.key(app, Role.VIEWER)
    path = "/api/v1/services/shop/logs"
    found = jsons.from_json(
        LogComparison, api.get(f"{path}/compare?before=2h..1h&after=1h..now", headers=viewer).content
    )
    assert [one.after for one in found.worse] == [40]
    listed = api.get(f"{path}/patterns?minutes=180&level=error", headers=viewer).json()
    assert [one["count"] for one in listed["patterns"]] == [42]
    wrong = api.get(f"{path}/compare?before=1h..2h&after=1h..now", headers=viewer)
    assert (wrong.status_code, "ends before it begins" in wrong.json()["message"]) == (400, True)
    assert api.get(f"{path}/compare?before=2h..1h&after=1h..now").status_code == 401
