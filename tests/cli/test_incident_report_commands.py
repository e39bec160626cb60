"""`accelerapp incident report|postmortem|actions|statistics`: in a data folder, and over a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

HOSTILE = "\x1b[31mred\u202e <script>alert(1)</script>"


@pytest.fixture
def id(accelerapp):
    opened = accelerapp("incident", "open", "Nobody can pay", "-p", "P1", "-s", "shop", "--started", "30m", "--no-page")
    id = opened.out.split()[0]
    assert accelerapp("incident", "ack", id).code == 0
    assert accelerapp("incident", "resolve", id, "-m", "rolled back").code == 0
    return id


def told(accelerapp, *command):
    done = accelerapp("incident", *command)
    assert done.code == 0, done.err
    return done.out


def test_the_report_is_markdown_html_or_json(accelerapp, id):
    markdown = told(accelerapp, "report", id)
    assert markdown.startswith(f"# Incident Report: {id}\n")
    assert "- **Duration**: 0 hours 31 minutes" in markdown or "- **Duration**: 0 hours 30 minutes" in markdown
    assert told(accelerapp, "report", id, "--format", "html").startswith("<!doctype html>")
    found = json.loads(told(accelerapp, "report", id, "--json"))
    assert (found["severity"], found["owner"], found["users"]) == ("P1", "ann", None)
    assert json.loads(told(accelerapp, "report", id, "--format", "json")).keys() == found.keys()


def test_the_report_is_written_to_a_file(accelerapp, id):
    assert told(accelerapp, "report", id, "-o", "report.md") == "Written to report.md.\n"
    assert Path("report.md").read_text().startswith("# Incident Report")
    assert accelerapp("incident", "report", id, "-o", "nowhere/report.md").code == 2


def test_times_go_by_the_zone_that_is_asked_for(accelerapp, id):
    assert "_Times: Asia/Tokyo, from" in told(accelerapp, "report", id, "--zone", "Asia/Tokyo")
    assert "is not a time zone" in accelerapp("incident", "report", id, "--zone", "Mars").err


def test_sections_are_written_and_published(accelerapp, id):
    assert "is its version 1" in told(accelerapp, "postmortem", "write", id, "root-cause", f"A lock. {HOSTILE}")
    assert "A lock." in told(accelerapp, "report", id)
    assert "\x1b" not in told(accelerapp, "report", id)
    assert id in told(accelerapp, "postmortem", "list")
    assert "cannot become published" in accelerapp("incident", "postmortem", "publish", id).err
    assert "ben sees to" in told(accelerapp, "postmortem", "owner", id, "ben")
    assert "is in review" in told(accelerapp, "postmortem", "review", id)
    assert "is published" in told(accelerapp, "postmortem", "publish", id)
    assert told(accelerapp, "postmortem", "list") == "No post-mortem is to be written.\n"
    refused = accelerapp("incident", "postmortem", "write", id, "lessons", "x")
    assert (refused.code, f"postmortem draft {id}" in refused.err) == (2, True)
    assert "is draft" in told(accelerapp, "postmortem", "draft", id)


def test_whoever_comes_second_is_told_and_keeps_the_text(accelerapp, id, monkeypatch):
    told(accelerapp, "postmortem", "write", id, "lessons", "first")
    monkeypatch.setattr("click.edit", lambda *given, **named: "second\n")  # an editor needs a terminal
    refused = accelerapp("incident", "postmortem", "write", id, "lessons", "--version", "0")
    assert refused.code == 2
    assert "ann has written the section lessons" in refused.err
    assert "first" in refused.err
    assert Path(f"{id}-lessons-1.md").read_text() == "second\n"
    again = accelerapp("incident", "postmortem", "write", id, "lessons", "--version", "0")
    assert f"{id}-lessons-2.md" in again.err
    assert "version 2" in told(accelerapp, "postmortem", "write", id, "lessons", "--version", "1")


def test_action_items_from_tasks_and_by_hand_until_they_are_done(accelerapp, id):
    assert accelerapp("incident", "actions").out == "No action item.\n"
    told(accelerapp, "task", "add", id, "test it", "--owner", "ben")
    assert "1 task taken over" in told(accelerapp, "actions", "take", id)
    made = told(accelerapp, "actions", "add", id, "watch it", "--owner", "ann", "--due", "2026-01-05").split()[0]
    listed = accelerapp("incident", "actions")
    assert listed.code == 1
    assert "2026-01-05" in listed.out
    assert "overdue" in listed.out
    assert "test it" not in accelerapp("incident", "actions", "--owner", "ann").out
    assert "is changed" in told(accelerapp, "actions", "edit", made, "--due", "2999-01-05")
    assert "2999-01-05" in told(accelerapp, "actions")
    told(accelerapp, "actions", "done", made)
    assert accelerapp("incident", "actions", "done", made).code == 2
    assert made not in told(accelerapp, "actions")
    assert "done 20" in told(accelerapp, "actions", "--all")
    assert "is to be done" in told(accelerapp, "actions", "undone", made)
    (one, _) = json.loads(told(accelerapp, "actions", "--json"))
    assert one["action"]["id"] == made


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("actions", "done", "act_0"), "There is no action item"),
        (("actions", "done", "x" * 40), "There is no action item"),
        (("actions", "add", "inc_0", "x"), "There is no incident"),
        (("report", "inc_0"), "There is no incident"),
        (("postmortem", "review", "inc_0"), "There is no incident"),
    ],
)
def test_what_is_not_there_is_said_to_be_so(accelerapp, command, words):
    refused = accelerapp("incident", *command)
    assert (refused.code, words in refused.err) == (2, True), refused.err


def test_a_day_that_is_none_is_refused(accelerapp, id):
    assert "is not a day" in accelerapp("incident", "actions", "add", id, "x", "--due", "soon").err


def test_without_a_tracker_it_says_what_to_set(accelerapp, id):
    made = told(accelerapp, "actions", "add", id, "x").split()[0]
    refused = accelerapp("incident", "actions", "export", made)
    assert "[issues] of the settings" in refused.err


def test_figures_of_incidents(accelerapp, id):
    shown = told(accelerapp, "statistics", "--days", "14")
    assert shown.startswith("1 incident from ")
    assert "Nothing came more than once." in shown
    found = json.loads(told(accelerapp, "statistics", "--json"))
    assert (found["incidents"], found["resolve"]["count"], len(found["weeks"])) == (1, 1, len(found["weeks"]))
    assert found["without_cause"] == 1
