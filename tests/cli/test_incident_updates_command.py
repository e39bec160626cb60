"""`accelerapp incident update --inside` and `incident updates`: in a data folder, and over a server."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def id(accelerapp):
    opened = accelerapp("incident", "open", "Nobody can pay", "-p", "P1", "-s", "shop")
    assert opened.code == 0, opened.err
    return opened.out.split()[0]


def test_what_is_due_is_told_with_a_draft(accelerapp, id):
    told = accelerapp("incident", "updates", id)
    assert told.code == 0, told.err
    assert "Inside: told nothing yet; the next update by" in told.out
    assert "Outside: told nothing yet; no update is wanted." in told.out
    assert "Draft: Investigating since" in told.out
    assert "We are investigating a problem with shop." in told.out


def test_the_team_is_told_and_without_a_channel_that_is_said(accelerapp, id):
    given = accelerapp("incident", "update", id, "--inside", "We go back. \x1b[31m")
    assert (given.code, given.out.splitlines()[0]) == (0, "Nobody was told.")
    assert "[notify] names no channel for P1" in given.out
    assert "told last at" in accelerapp("incident", "updates", id).out
    shown = accelerapp("incident", "show", id).out
    assert "Told nobody but those who read this: We go back." in shown
    assert "\x1b" not in shown


def test_json_has_the_nouns(accelerapp, id):
    given = json.loads(accelerapp("incident", "update", id, "--inside", "x", "--json").out)
    assert given["entry"]["kind"] == "update"
    inside, outside = json.loads(accelerapp("incident", "updates", id, "--json").out)
    assert (inside["audience"], inside["told_at"] is not None, outside["due_at"]) == ("inside", True, None)


def test_an_update_is_for_one_audience(accelerapp, id):
    assert accelerapp("incident", "update", id).code == 2
    both = accelerapp("incident", "update", id, "--inside", "x", "-m", "y")
    assert both.code == 2
    assert '--inside "…"' in both.err


def test_what_is_over_or_does_not_exist_takes_none(accelerapp, id):
    accelerapp("incident", "resolve", id)
    late = accelerapp("incident", "update", id, "--inside", "x")
    assert late.code == 2
    assert "incident reopen" in late.err
    assert accelerapp("incident", "update", "inc_nothing", "--inside", "x").code == 2
    assert accelerapp("incident", "updates", "inc_nothing").code == 2
