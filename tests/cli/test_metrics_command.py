"""`accelerapp metrics …` and its API: here and against a server, with data and without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sites
from commands import CommandLine
from fakes import NOON, SHOP, FakePlatform, platforms, replica, workload
from story import StoryApp, settings_of

from accelerapp.access.model import Role
from accelerapp.base import clock as clocks


@pytest.fixture
def app(tmp_path: Path) -> Iterator[StoryApp]:
    platform = FakePlatform(workload(replica(1, address="", restarts=2), replica(2, address="", ready=False)))
    platform.usages[SHOP] = [platforms.ReplicaUsage(replica(1).name, 0.5, 2**20, 2**21, NOON)]
    made = StoryApp(settings_of(tmp_path), platform, clocks.MovingClock(NOON))
    for _ in range(8):
        made.metrics.collect("shop", made.clock.now())
        made.metrics.collect_nodes(made.clock.now())
        made.clock.sleep(15)
    yield made
    made.database.engine.dispose()


@pytest.fixture
def accelerapp(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], app: StoryApp) -> CommandLine:
    return CommandLine(monkeypatch, capsys, app)


def test_what_the_platform_says_can_be_asked_in_promql(accelerapp: CommandLine) -> None:
    ended = accelerapp("metrics", "query", "accelerapp_replica_memory_bytes / accelerapp_replica_memory_limit_bytes")
    assert (ended.code, ended.err) == (0, "")
    assert '{replica="shop-1", service="shop"}    0.5' in ended.out
    assert accelerapp("metrics", "query", "sum(accelerapp_replica_ready)").out.split()[-1] == "1"
    assert accelerapp("metrics", "query", "accelerapp_replica_restarts_total").out.count("2") >= 1
    assert accelerapp("metrics", "query", "1 + 1").out == "2\n"


def test_a_stretch_is_a_line_of_bars_with_its_numbers(accelerapp: CommandLine) -> None:
    ended = accelerapp("metrics", "query", "accelerapp_workload_ready * time()", "--range", "2m", "--step", "15s")
    assert ended.code == 0
    assert "▁" in ended.out
    assert "█" in ended.out
    assert "last" in ended.out


def test_no_data_is_said_and_nothing_known_is_exit_3(accelerapp: CommandLine) -> None:
    assert accelerapp("metrics", "query", "nothing").out == "No data.\n"
    assert accelerapp("metrics", "query", "nothing", "--range", "1h").out == "No data.\n"
    ended = accelerapp("metrics", "query", "nothing", "--at", "2020-01-01T00:00:00Z")
    assert ended.code == 3
    assert "Nothing was scraped" in ended.err
    assert accelerapp("metrics", "targets").out.endswith("no service serves metrics.\n")


def test_a_wrong_expression_or_time_is_exit_2(accelerapp: CommandLine) -> None:
    for arguments in (
        ("sum(",),
        ("up", "--at", "noon"),
        ("up", "--range", "1h", "--step", "1ms"),
        ("up", "--range", "x"),
    ):
        ended = accelerapp("metrics", "query", *arguments)
        assert ended.code == 2, arguments
        assert ended.err.startswith("accelerapp: ")


@pytest.mark.parametrize("more", [(), ("--range", "2m")])
def test_a_server_answers_the_same(
    accelerapp: CommandLine,
    app: StoryApp,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
) -> None:
    arguments = ("metrics", "query", "accelerapp_node_cpu_cores", "--at", str(NOON.timestamp() + 100), *more, "--json")
    here = accelerapp(*arguments)
    with sites.served(app) as address:
        monkeypatch.setenv("ACCELERAPP_TOKEN", app.access.add_token("ci", Role.VIEWER, "test").key)
        there = CommandLine(monkeypatch, capsys, server=address)(*arguments)
    assert there == here
    assert json.loads(here.out)["data"]["result"]


def test_the_api_answers_in_the_shape_of_prometheus(app: StoryApp) -> None:
    browser, headers = sites.client(app), sites.key(app, Role.VIEWER)
    at = (NOON + timedelta(seconds=100)).timestamp()
    told = browser.get(
        "/api/v1/metrics/query", params={"query": "accelerapp_workload_ready", "time": at}, headers=headers
    )
    assert told.json() == {
        "status": "success",
        "data": {
            "resultType": "vector",
            "result": [{"metric": {"__name__": "accelerapp_workload_ready", "service": "shop"}, "value": [at, "1"]}],
        },
    }
    window = {"query": "accelerapp_workload_ready", "start": NOON.isoformat(), "end": at, "step": "30s"}
    told = browser.get("/api/v1/metrics/query_range", params=window, headers=headers)
    assert [value for _, value in told.json()["data"]["result"][0]["values"]] == ["1"] * 4
    for wrong in ({"query": "sum("}, {"query": "up", "time": "noon"}, {"query": ""}, {"query": "up", "time": "inf"}):
        assert browser.get("/api/v1/metrics/query", params=wrong, headers=headers).status_code in (400, 422)
    for step in ("0", "-5", "nan", "x", "1e300"):
        answer = browser.get("/api/v1/metrics/query_range", params={**window, "step": step}, headers=headers)
        assert answer.status_code in (400, 422), step
    assert browser.get("/api/v1/metrics/query", params={"query": "up"}).status_code == 401
