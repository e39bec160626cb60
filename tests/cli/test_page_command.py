"""`accelerapp page …` on a folder with people and a page."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from tests.paging import stories

from accelerapp import app as wiring
from accelerapp.cli.main import cli
from accelerapp.notifications.model import Failed


@pytest.fixture
def run(tmp_path, monkeypatch):
    file = tmp_path / "accelerapp.toml"
    file.write_text('[data]\nfolder = "data"\n')
    monkeypatch.delenv("ACCELERAPP_URL", raising=False)
    monkeypatch.setenv("ACCELERAPP_CONFIG", str(file))
    return lambda *arguments: CliRunner().invoke(cli, ["page", *arguments])


@pytest.fixture
def page(run):
    app = wiring.from_settings()
    story = stories.Story(app.pager.writing, app.clock)
    story.describe(stories.book())
    story.page()
    return app.pager.pages()[0]


def test_without_people_the_list_says_that_nobody_is_paged(run):
    ended = run("list")
    assert ended.exit_code == 0
    assert "No page is open." in ended.output
    assert "Nobody is paged: there is no person with a contact method yet." in ended.output


def test_while_somebody_is_called_the_list_ends_with_1(run, page):
    ended = run("list")
    assert (ended.exit_code, page.id in ended.output) == (1, True)


def test_show_tells_who_was_called_and_what_became_of_it(run, page):
    ended = run("show", page.id)
    assert ended.exit_code == 0
    assert "ann by ntfy: delivered" in ended.output
    assert json.loads(run("show", page.page, "--json").output)["paging"]["policy"] == "shop"


def test_acknowledged_then_resolved(run, page):
    assert f"{page.id} is acknowledged by" in run("ack", page.id, "--note", "on it").output
    again = run("ack", page.id)
    assert again.exit_code != 0
    assert "acknowledged already" in str(again.exception)
    assert "is resolved by" in run("resolve", page.id).output
    assert run("list").exit_code == 0
    assert page.id in run("list", "--over").output
    assert "P2" in run("responses").output


def test_one_that_is_not_there(run, page):
    assert "There is no page 'pgg_x'" in str(run("show", "pgg_x").exception)


def test_who_is_not_reached_is_named_with_the_mend(run):
    app = wiring.from_settings()
    story = stories.Story(app.pager.writing, app.clock)
    story.describe(stories.book())
    story.answers = lambda outgoing: Failed("ntfy answers 401.", "Make a new token.", is_permanent=True)
    story.page()
    said = run("list").output
    assert "Not reached by ntfy: ann, " in said
    assert "ntfy answers 401. Make a new token." in said
    [found] = app.pager.pages()
    assert "failed: ntfy answers 401. Make a new token." in run("show", found.id).output
