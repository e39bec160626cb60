"""The same commands against a server: its API on a real port, its platform in memory."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from commands import CommandLine
from fakes import NOON, SHOP, FakePlatform, platforms, replica, workload
from fastapi import FastAPI
from story import StoryApp, settings_of

from accelerapp.access.model import Role
from accelerapp.api import routes
from accelerapp.base import clock as clocks
from accelerapp.web import problems


@pytest.fixture
def platform():
    made = FakePlatform(workload(replica(1), replica(2)))
    made.usages[SHOP] = [platforms.ReplicaUsage(replica(1).name, 0.5, 2**20, None, NOON)]
    return made


@pytest.fixture
def app(tmp_path, platform):
    made = StoryApp(settings_of(tmp_path), platform, clocks.MovingClock(NOON))
    yield made
    made.database.engine.dispose()


@pytest.fixture
def address(app) -> Iterator[str]:
    site = FastAPI()
    site.state.access = app.access
    site.state.stopping = threading.Event()
    problems.install(site)
    site.include_router(routes.router(app))
    server = uvicorn.Server(uvicorn.Config(site, log_config=None, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(30)


@pytest.fixture
def accelerapp(monkeypatch, capsys, tmp_path, app, address):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ACCELERAPP_TOKEN", app.access.add_token("ci", Role.RESPONDER, "test").key)
    return CommandLine(monkeypatch, capsys, server=address)


@pytest.mark.parametrize(
    "arguments",
    [("health",), ("health", "--all"), *(("service", name) for name in ("list", "show", "replicas", "events"))]
    + [("service", name) for name in ("history", "usage", "nodes")],
)
def test_a_server_answers_the_same_nouns_as_this_machine(accelerapp, monkeypatch, capsys, app, arguments):
    there = accelerapp(*arguments, "--json")
    here = CommandLine(monkeypatch, capsys, app)(*arguments, "--json")
    assert (there.code, there.err) == (here.code, here.err)
    assert without_times(json.loads(there.out)) == without_times(json.loads(here.out))


def without_times(value: object) -> object:
    """The same without what differs from one run to the next."""
    if isinstance(value, dict):
        return {key: without_times(each) for key, each in value.items() if key != "seconds"}
    return [without_times(each) for each in value] if isinstance(value, list) else value


def test_changes_are_made_by_the_token_and_waited_for(accelerapp, platform):
    assert accelerapp("service", "scale", "shop", "3").code == 0
    assert accelerapp("service", "restart", "shop").code == 0
    assert accelerapp("service", "version", "shop", "1.1.0").code == 0
    ended = accelerapp("service", "undo", "shop", "--to", "1")
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "shop: done, 3 replicas of version 1.0.0 ready.")
    assert platform.revisions(SHOP)[0].by == "token ci"


def test_bytes_of_a_command_come_through(accelerapp, platform):
    platform.command_result = platforms.CommandResult(3, "Köln\n".encode(), b"")
    ended = accelerapp("service", "run", "shop-1", "--", "true")
    assert (ended.code, ended.out) == (3, "Köln\n")


def test_a_config_is_read_and_changed_there_and_only_by_who_may_operate(accelerapp, platform, app, monkeypatch):
    platform.config_maps = [platforms.Config("shop-config", "7", {"LIMIT": "5"}, ("environment",))]
    assert "LIMIT: '5'" in accelerapp("service", "config", "shop").out
    assert accelerapp("service", "config", "shop", "set", "LIMIT=6", "--yes", "--restart").code == 0
    assert platform.config_maps[0].values == {"LIMIT": "6"}
    monkeypatch.setenv("ACCELERAPP_TOKEN", app.access.add_token("eyes", Role.VIEWER, "test").key)
    ended = accelerapp("service", "config", "shop")
    assert (ended.code, "LIMIT" in ended.out) == (2, False)


def test_the_run_before_and_one_replica_are_read_there(accelerapp, platform):
    platform.log_lines = {"shop-1": [b"now"], "shop-2": [b"now too"]}
    platform.previous_lines = {"shop-1": [b"KeyError: PAYMENT"]}
    assert accelerapp("service", "logs", "shop", "--previous").out.strip() == "shop-1 KeyError: PAYMENT"
    assert accelerapp("service", "logs", "shop", "--replica", "shop-2", "--last", "1h").out.strip() == "shop-2 now too"


def test_a_port_is_not_forwarded_by_a_server(accelerapp):
    ended = accelerapp("service", "forward", "shop", "8000")
    assert (ended.code, "not by a server" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("health", "--service", "none"), 2),
        (("service", "version", "shop", "9.9.9"), 2),
        (("service", "undo", "shop", "--to", "9"), 2),
    ],
)
def test_errors_read_the_same_as_on_this_machine(accelerapp, monkeypatch, capsys, app, arguments, code):
    there = accelerapp(*arguments)
    here = CommandLine(monkeypatch, capsys, app)(*arguments)
    assert (there.code, there.err) == (here.code, here.err) == (code, there.err)


def test_a_platform_that_cannot_be_asked_ends_with_3_there_too(accelerapp, platform):
    platform.unreachable = True
    ended = accelerapp("service", "show")
    assert (ended.code, ended.out) == (3, "")
    assert "The supervisor does not run." in ended.err


def test_without_a_valid_token_nothing_is_told(accelerapp, monkeypatch):
    monkeypatch.setenv("ACCELERAPP_TOKEN", "wrong")
    ended = accelerapp("health")
    assert (ended.code, ended.out) == (2, "")


def test_a_server_that_is_not_there_cannot_tell(monkeypatch, capsys):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    ended = CommandLine(monkeypatch, capsys, server=f"http://127.0.0.1:{port}")("health")
    assert (ended.code, ended.out) == (3, "")
    assert f"http://127.0.0.1:{port}/api/v1/services cannot be reached." in ended.err
