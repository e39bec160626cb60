"""Commands on a service whose cluster is in trouble: one sentence with the mend, exit code 2 or 3, never an empty list."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import CommandLine
from tests.platforms.kubernetes.fake_api import FakeApi

SETTINGS = """
[health]
timeout = "5s"
[services.web]
platform = "kubernetes"
[services.web.kubernetes]
namespace = "shop"
workload = "deployment/web"
kubeconfig = "%s"
context = "%s"
"""
COMMANDS = {
    "show": ("service", "show", "web"),
    "replicas": ("service", "replicas", "web"),
    "events": ("service", "events", "web"),
    "scale": ("service", "scale", "web", "2"),
    "restart": ("service", "restart", "web"),
    "undo": ("service", "undo", "web"),
    "run": ("service", "run", "web", "--", "true"),
    "tail": ("logs", "tail", "--service", "web"),
    "review": ("logs", "review", "--service", "web"),
}
FORBIDDEN = 'deployments.apps is forbidden: User "me" cannot list resource "deployments" in API group "apps"'


@pytest.fixture
def fake():
    made = FakeApi()
    made.live()
    yield made
    if not made.stopping:
        made.die()


@pytest.fixture
def accelerapp(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return CommandLine(monkeypatch, capsys)


def settings(folder: Path, kubeconfig: str, context: str = "") -> None:
    (folder / "accelerapp.toml").write_text(SETTINGS % (kubeconfig, context))


def broken(code: int, message: str = "it is so") -> Callable[[FakeApi], None]:
    return lambda fake: fake.refuse(code, message)


def one_sentence(ended, *words: str) -> None:
    """On the standard error: the sentence, the mend under it, the causes; nothing that looks like an answer."""
    first, *rest = ended.err.splitlines()
    assert first.startswith("accelerapp: ")
    assert first.endswith(".")
    assert rest, "there is no mend"
    assert all(line.startswith("  ") for line in rest)
    for word in words:
        assert word in ended.err
    assert "mistake in Accelerapp" not in ended.err


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("trouble", "code", "words"),
    [
        (broken(401), 3, ("does not accept the credentials", "Sign in to the cluster again")),
        (broken(403, FORBIDDEN), 2, ("may not", "deployments in shop", "Role in namespace shop")),
        (broken(500), 3, ("failed at", "500")),
        (broken(429), 3, ("too busy",)),
        (FakeApi.die, 3, ("cannot be reached at http://127.0.0.1", "cluster-info")),
    ],
    ids=["expired token", "forbidden", "broken", "too busy", "down"],
)
def test_a_cluster_in_trouble_is_one_sentence_with_the_mend(accelerapp, tmp_path, fake, command, trouble, code, words):
    settings(tmp_path, fake.kubeconfig(tmp_path))
    trouble(fake)
    ended = accelerapp(*COMMANDS[command])
    assert (ended.code, ended.out) == (code, "")
    one_sentence(ended, *words)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_context_names_those_that_there_are(accelerapp, tmp_path, fake, command):
    settings(tmp_path, fake.kubeconfig(tmp_path), "prodution")
    ended = accelerapp(*COMMANDS[command])
    assert (ended.code, ended.out) == (2, "")
    one_sentence(ended, "no context 'prodution'", "Contexts: fake")


def test_without_a_kubeconfig_it_is_said_where_one_is_looked_for(accelerapp, tmp_path):
    settings(tmp_path, "")
    ended = accelerapp(*COMMANDS["show"])
    assert (ended.code, ended.out) == (2, "")
    one_sentence(ended, "no kubeconfig", "KUBECONFIG")


@pytest.mark.parametrize("trouble", [broken(401), broken(500), FakeApi.die], ids=["expired", "broken", "down"])
def test_the_health_is_then_unknown_with_the_reason_and_never_fine(accelerapp, tmp_path, fake, trouble):
    settings(tmp_path, fake.kubeconfig(tmp_path))
    trouble(fake)
    ended = accelerapp("health", "--service", "web")
    assert ended.code == 3
    assert "web is unknown" in ended.out
    assert "context 'fake'" in ended.out


def test_a_cluster_that_takes_connections_and_says_nothing_is_given_up(accelerapp, tmp_path, fake):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fake.die()
        fake.port = silent.getsockname()[1]
        settings(tmp_path, fake.kubeconfig(tmp_path))
        ended = accelerapp("health", "--service", "web")
        assert ended.code == 3
        assert "web is unknown" in ended.out


def test_doctor_says_of_each_part_that_it_cannot_tell(accelerapp, tmp_path, fake):
    settings(tmp_path, fake.kubeconfig(tmp_path))
    fake.refuse(401)
    ended = accelerapp("doctor")
    assert ended.code in (1, 3)
    lines = [line for line in ended.out.splitlines() if "access." in line]
    assert len(lines) == 7
    assert all(line.startswith("cannot tell") for line in lines)
