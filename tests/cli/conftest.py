"""The command line on a whole product, in this process and over a server; a module may make a product of its own."""

from __future__ import annotations

import pytest
from commands import CommandLine
from fakes import FakePlatform, replica, workload
from story import StoryApp, settings_of
from tests import databases, sites

from accelerapp.access.model import Role
from accelerapp.base import clock as clocks


@pytest.fixture
def app(tmp_path):
    databases.lay(tmp_path / ".accelerapp")
    made = StoryApp(settings_of(tmp_path), FakePlatform(workload(replica(1))), clocks.SystemClock())
    yield made
    made.database.engine.dispose()


@pytest.fixture(params=["here", "there"])
def accelerapp(request, monkeypatch, capsys, tmp_path, app):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("getpass.getuser", lambda: "ann")  # whoever runs the tests
    if request.param == "here":
        yield CommandLine(monkeypatch, capsys, app)
        return
    with sites.served(app) as address:
        monkeypatch.setenv("ACCELERAPP_TOKEN", app.access.add_token("ann", Role.ADMIN, "test").key)
        yield CommandLine(monkeypatch, capsys, server=address)
