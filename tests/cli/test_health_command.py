"""`accelerapp health`, as a person and as a script read it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from commands import CommandLine
from fakes import NOON, SHOP, FakePlatform, platforms, replica, workload
from story import SHOP as SHOP_SETTINGS
from story import StoryApp, settings_of

from accelerapp.base import clock as clocks

DISK = platforms.Disk("/", 100 * 1024**3, 10 * 1024**3)


@pytest.fixture
def platform():
    made = FakePlatform(workload(replica(1), replica(2)))
    made.machines = [replace(made.machines[0], disks=(DISK,))]
    made.usages[SHOP] = [platforms.ReplicaUsage(replica(n).name, 0.25, 2**28, 2**30, NOON) for n in (1, 2)]
    return made


@pytest.fixture
def app(tmp_path, platform):
    made = StoryApp(settings_of(tmp_path), platform, clocks.MovingClock(NOON))
    made.records = 1000
    return made


@pytest.fixture
def accelerapp(monkeypatch, capsys, app):
    return CommandLine(monkeypatch, capsys, app)


def test_a_healthy_service_ends_with_0_and_a_line_per_check(accelerapp):
    ended = accelerapp("health")
    lines = ended.out.splitlines()
    assert (ended.code, ended.err, lines[0]) == (0, "", "shop is healthy.")
    assert "  Replicas           healthy    2 of 2 replicas ready, version 1.0.0" in lines
    assert "  Database           skipped    the settings name no database of the service" in lines
    assert any(line.startswith("shop-1   Running") and "256 MiB (25 %)" in line for line in lines)


def test_the_verdict_and_its_reasons_come_first_and_the_exit_code_is_1(accelerapp, app):
    app.errors = 400
    ended = accelerapp("health", "--service", "shop")
    assert ended.code == 1
    assert ended.out.splitlines()[:2] == [
        "shop is degraded.",
        "  - 40 % of the log records of the last 1 h are errors (400 of 1,000), most often 400 times: "
        "order <*> failed: no stock",
    ]


def test_a_platform_that_cannot_be_asked_is_unknown_and_ends_with_3(accelerapp, platform):
    platform.unreachable = True
    ended = accelerapp("health")
    assert ended.code == 3
    assert ended.out.startswith("shop is unknown.\n  - Replicas: The supervisor does not run. Start it with")


def test_json_has_the_reports_stable_names(accelerapp):
    report = json.loads(accelerapp("health", "--json").out)
    assert (report["service"], report["verdict"], report["at"]) == ("shop", "healthy", "2026-03-02T12:00:00Z")
    checks = {check["name"]: check for check in report["checks"]}
    assert list(checks) == ["replicas", "usage", "errors", "database", "url", "certificate", "host", "disk"]
    assert set(checks["replicas"]) == {
        "name",
        "title",
        "verdict",
        "summary",
        "reasons",
        "facts",
        "seconds",
        "skipped",
    }
    assert checks["usage"]["facts"]["memory_bytes"] == 2**29


def test_all_services_are_checked_and_the_worst_decides(monkeypatch, capsys, tmp_path, platform):
    platform.known["web"] = workload(service="web", desired=1)
    known = settings_of(tmp_path, SHOP_SETTINGS + SHOP_SETTINGS.replace("shop", "web"))
    app = StoryApp(known, platform, clocks.MovingClock(NOON))
    ended = CommandLine(monkeypatch, capsys, app)("health", "--all", "--json")
    assert ended.code == 1
    assert [(each["service"], each["verdict"]) for each in json.loads(ended.out)] == [
        ("shop", "healthy"),
        ("web", "down"),
    ]


def test_the_daily_check_has_the_manuals_six_headings_with_content(accelerapp, app, platform):
    app.errors = 3
    ended = accelerapp("health", "--daily")
    lines = ended.out.splitlines()
    assert (ended.code, lines[0], lines[-1]) == (
        0,
        "=== Accelerapp Daily Health Check ===",
        "=== Health Check Complete ===",
    )
    headings = [line for line in lines if line[:1].isdigit() and line.endswith(":")]
    assert headings == [
        "1. Service Status:",
        "2. Resource Usage:",
        "3. Recent Errors (last hour):",
        "4. Database Status:",
        "5. Disk Space:",
        "6. Summary:",
    ]
    for content in ("shop-2", "3  error  order <*> failed: no stock", "Database: not configured", "10 %"):
        assert content in ended.out
    platform.unreachable = True
    assert accelerapp("health", "--daily").code == 3


def test_text_from_outside_cannot_move_the_cursor(accelerapp, platform):
    evil = replica(1, ready=False, state=platforms.ReplicaState.ERROR, reason="\x1b[2J\u202eowned")
    platform.known[SHOP] = workload(evil)
    ended = accelerapp("health")
    assert ended.code == 1
    assert "\x1b" not in ended.out and "\u202e" not in ended.out


@pytest.mark.parametrize(
    "arguments", [("--service", "none"), ("--service", "shop", "--all"), ("--daily", "--json"), ("--nonsense",)]
)
def test_wrong_use_ends_with_2_and_says_why(accelerapp, arguments):
    ended = accelerapp("health", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err


def test_watching_ends_with_what_was_last_seen(accelerapp, monkeypatch, platform):
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)  # a patch: ctrl-C in the middle of the waiting
    platform.known[SHOP] = workload(replica(1), desired=2)
    ended = accelerapp("health", "--watch")
    assert ended.code == 1
    assert ended.out.startswith("shop is degraded.")
