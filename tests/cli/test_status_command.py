"""`accelerapp status …` and `incident update`: here, and over a server."""

from __future__ import annotations

import json

import pytest
from tests import sites
from tests.commands import CommandLine

from accelerapp.access.model import Role


@pytest.fixture(params=["here", "server"])
def run(request, tmp_path, monkeypatch, capsys):
    """The command line on a product, once directly and once over its server."""
    app = sites.product(tmp_path)
    if request.param == "here":
        yield CommandLine(monkeypatch, capsys, app)
        return
    monkeypatch.setenv("ACCELERAPP_TOKEN", app.access.add_token("test", Role.ADMIN, "test").key)
    with sites.served(app) as address:
        yield CommandLine(monkeypatch, capsys, app, address)


def test_the_manuals_story_from_the_first_word_to_the_last(run):
    assert "No system is listed here yet" in run("status", "show").out
    assert run("status", "component", "add", "Shop", "--service", "shop", "-d", "Books").code == 0
    first = run("status", "update", "Investigating service disruption", "-c", "shop=down")
    assert (first.code, "Shop: operational -> major outage" in first.out) == (0, True)
    shown = run("status", "show")
    assert (shown.code, "Some systems are down." in shown.out) == (1, True)
    id = json.loads(run("status", "show", "--json").out)["open_incidents"][0]
    seen = run("incident", "update", id, "-m", "**Going back.**", "--status", "identified", "--preview")
    assert "nothing is published" in seen.out
    assert "identified" not in run("incident", "list").out
    assert run("incident", "update", id, "-m", "**Going back.**", "--status", "identified").code == 0
    assert "identified" in run("incident", "list").out
    over = run("status", "update", "Issue resolved")
    assert "Some systems are down -> All systems are operational" in over.out
    late = run("incident", "update", id, "-m", "One more.")
    assert (late.code, f"accelerapp incident reopen {id}" in late.err) == (2, True)
    assert run("status", "show").code == 0


def test_components_groups_and_maintenance(run):
    assert run("status", "component", "add", "Checkout", "-g", "Money").code == 0
    assert run("status", "component", "edit", "checkout", "--name", "Check-out", "--no-uptime").code == 0
    twice = run("status", "component", "add", "CHECK-OUT")
    assert (twice.code, "is there already" in twice.err) == (2, True)
    unknown = run("status", "component", "set", "Chekout", "major_outage")
    assert (unknown.code, "There are: Check-out." in unknown.err) == (2, True)
    work = run("status", "maintenance", "add", "Disks", "--from", "2h", "--for", "90m", "-c", "Check-out", "--json")
    id = json.loads(work.out)["id"]
    assert "Disks" in run("status", "show").out
    assert "in progress" in run("status", "maintenance", "start", id).out
    assert "completed" in run("status", "maintenance", "complete", id, "-m", "Done.").out
    refused = run("status", "maintenance", "extend", id, "--to", "3h")
    assert (refused.code, "is over" in refused.err) == (2, True)
    past = run("status", "outage", "add", "Check-out", "--from", "2026-11-20 14:00", "--to", "2026-11-20 15:30")
    assert "major outage of 1 h 30 min" in past.out
    assert run("status", "component", "remove", "Check-out", "--yes").code == 0
    assert "No system is listed" in run("status", "show").out


@pytest.mark.parametrize("given", ["Shop", "=down", "Shop=fine", "Shop=under_maintenance"])
def test_what_does_not_say_how_a_component_is_is_refused(run, given):
    ended = run("incident", "update", "inc_1", "-m", "x", "-c", given)
    assert (ended.code, "Shop=partial_outage" in ended.err) == (2, True)


def test_the_page_is_written_as_files(tmp_path, monkeypatch, capsys):
    run = CommandLine(monkeypatch, capsys, sites.product(tmp_path))
    run("status", "component", "add", "Shop")
    ended = run("status", "export", str(tmp_path / "public"))
    assert (ended.code, "files in" in ended.out) == (0, True)
    assert "All systems are operational" in (tmp_path / "public" / "index.html").read_text()
    assert json.loads((tmp_path / "public/api/v2/summary.json").read_text())["status"]["indicator"] == "none"


def test_an_address_that_gets_json_is_added_listed_and_removed(run):
    made = json.loads(run("status", "subscriber", "add", "https://hooks.example.com/x", "--json").out)
    assert made["secret"]
    assert "https://hooks.example.com/x" in run("status", "subscriber", "list").out
    assert "told nothing more" in run("status", "subscriber", "remove", made["subscriber"]["id"]).out
    refused = run("status", "subscriber", "add", "ftp://x")
    assert (refused.code, "begins with https://" in refused.err) == (2, True)
