"""`accelerapp explain`, as a person and as a script read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import CommandLine
from tests import sites
from tests.fakes import NOON, SHOP, FakePlatform, replica, workload

from accelerapp.access.model import Role
from accelerapp.app import App
from accelerapp.base.settings.model import Kubernetes, Service, Settings
from accelerapp.platforms.interface import LastExit, ReplicaState


def crashing() -> FakePlatform:
    ended = LastExit(NOON, 1, "Error")
    sick = replica(1, ready=False, state=ReplicaState.CRASH_LOOP, restarts=3, last_exit=ended)
    platform = FakePlatform(workload(sick, desired=1))
    platform.log_lines[sick.name] = [b"KeyError: 'PAYMENT_URL'\x1b[31m"]
    return platform


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    return CommandLine(monkeypatch, capsys, sites.product(tmp_path))


def on(command: CommandLine, platform: FakePlatform) -> CommandLine:
    assert command.app is not None
    command.app.__dict__["local_platform"] = platform
    return command


def test_a_service_that_runs_ends_with_0_and_says_what_was_looked_at(command: CommandLine) -> None:
    ended = command("explain")
    assert ended.code == 0
    assert "shop: Nothing is wrong. 2 of 2 replicas are ready" in ended.out
    assert "Looked at 2 replicas" in ended.out


def test_the_cause_is_a_sentence_with_evidence_and_mend_and_ends_with_1(command: CommandLine) -> None:
    ended = on(command, crashing())("explain", "shop")
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert lines[0] == "shop: 1 cause."
    assert lines[2].startswith("1. The replica does not accept its configuration and keeps ending with exit code 1")
    assert any(line.startswith("   - log: KeyError: 'PAYMENT_URL'") for line in lines)
    assert any(line.startswith("   Mend: ") for line in lines)
    assert "What follows from it:" in lines
    assert "\x1b[31m" not in ended.out


def test_json_has_the_same_with_stable_names(command: CommandLine) -> None:
    ended = on(command, crashing())("explain", "--json")
    found = json.loads(ended.out)
    assert ended.code == 1
    assert set(found) >= {"subject", "outcome", "summary", "causes", "risks", "looked_at", "unread"}
    assert set(found["causes"][0]) >= {"kind", "subject", "sentence", "evidence", "mend", "depth", "also"}


def test_a_platform_that_cannot_be_asked_ends_with_3(command: CommandLine) -> None:
    platform = crashing()
    platform.unreachable = True
    assert on(command, platform)("explain").code == 3


def test_a_service_that_does_not_exist_ends_with_2_and_names_those_that_do(command: CommandLine) -> None:
    ended = command("explain", "shopp")
    assert ended.code == 2
    assert "shop" in ended.err


def test_a_cluster_without_kubeconfig_ends_with_2(command: CommandLine) -> None:
    ended = command("explain", "deploy/shop", "--namespace", "web")
    assert ended.code == 2
    assert "There is no kubeconfig" in ended.err


def test_a_cluster_that_does_not_answer_ends_with_3(command: CommandLine, tmp_path: Path) -> None:
    config = tmp_path / "kubeconfig"
    config.write_text(
        '{"apiVersion": "v1", "kind": "Config", "current-context": "dead", '
        '"contexts": [{"name": "dead", "context": {"cluster": "dead", "user": "u"}}], '
        '"clusters": [{"name": "dead", "cluster": {"server": "http://127.0.0.1:9"}}], '
        '"users": [{"name": "u", "user": {}}]}'
    )
    settings = Settings(
        services={
            "shop": Service(platform="kubernetes", kubernetes=Kubernetes(kubeconfig=str(config), namespace="web"))
        }
    )
    command.app = App(settings)
    for arguments in (["explain"], ["explain", "-n", "web"], ["explain", "deploy/x"]):
        ended = command(*arguments)
        assert (ended.code, ended.out) == (3, "")
        assert "cannot be reached" in ended.err


def test_a_server_explains_its_services_and_nothing_else(command: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    app = on(command, crashing()).app
    assert app is not None
    with sites.served(app) as command.server:
        monkeypatch.setenv("ACCELERAPP_TOKEN", app.access.add_token("script", Role.VIEWER, "test").key)
        there = command("explain", str(SHOP))
        assert there.code == 1
        assert "does not accept its configuration" in there.out
        refused = command("explain", "--namespace", "web")
        assert refused.code == 2
        assert "the services of its settings only" in refused.err
