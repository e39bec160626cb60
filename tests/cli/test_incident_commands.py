"""`accelerapp incident`: in a data folder, and over a server."""

from __future__ import annotations

import json

import pytest

from accelerapp.base import clock as clocks
from accelerapp.cli import incident_asking
from accelerapp.incidents.model import ANYBODY

HOSTILE = "\x1b[31mred\u202e"


@pytest.fixture
def id(accelerapp):
    opened = accelerapp("incident", "open", "Nobody can pay", "-p", "p2", "-s", "shop", "-m", "cards are refused")
    assert opened.code == 0, opened.err
    return opened.out.split()[0]


def shown(accelerapp, id, *more):
    found = accelerapp("incident", "show", id, *more)
    assert found.code == 0, found.err
    return found.out


def test_an_incident_from_its_opening_to_its_end(accelerapp, id):
    assert "is acknowledged by ann" in accelerapp("incident", "ack", id).out
    for command in (
        ("assign", id, "commander", "ann"),
        ("assign", id, "responder", "ben"),
        ("severity", id, "P1", "--why", "all shops"),
        ("status", id, "identified", "-m", "release 1.1.0"),
        ("note", id, "pods crash", "--at", "5m", "--evidence", "plot", "https://plots.example"),
        ("link", id, "https://wiki.example/1", "--title", "Plan"),
        ("impact", id, "Nobody can order", "--from", "10m", "--users", "120"),
        ("edit", id, "--cause", "a lock", "--tag", "pay", "--conference", "https://meet.example/1"),
        ("resolve", id, "-m", "1.0.0 runs again"),
    ):
        done = accelerapp("incident", *command)
        assert done.code == 0, (command, done.err)
    told = shown(accelerapp, id)
    for words in (
        "P1 Nobody can pay  (resolved)",
        "commander: ann",
        "responders: ben",
        "cause: a lock",
        "resolution: 1.0.0 runs again",
        "120 users: Nobody can order",
        "Plan: https://wiki.example/1",
        "P2 became P1 (all shops).",
        "investigating became identified: release 1.1.0",
        "cards are refused",
    ):
        assert words in told
    assert accelerapp("incident", "list", "--open").out == "No incident.\n"
    assert "is investigating again" in accelerapp("incident", "reopen", id, "-m", "it is back").out


def test_json_has_the_whole_noun(accelerapp, id):
    found = json.loads(shown(accelerapp, id, "--json"))
    assert (found["incident"]["severity"], found["incident"]["services"]) == ("P2", ["shop"])
    assert [each["kind"] for each in found["entries"]] == ["opened", "page"]
    (listed,) = json.loads(accelerapp("incident", "list", "--json").out)
    assert listed == found["incident"]


def test_tasks_are_added_and_done(accelerapp, id):
    task = accelerapp("incident", "task", "add", id, "undo it", "--owner", "ben", "--due", "2h").out.split()[0]
    assert "to do, until" in shown(accelerapp, id)
    assert accelerapp("incident", "task", "done", id, task).code == 0
    assert f"{task}  done by ann  undo it (ben)" in shown(accelerapp, id)
    assert accelerapp("incident", "task", "done", id, task).code == 2


def test_a_correction_keeps_what_was_said_before(accelerapp, id, app):
    entry = json.loads(accelerapp("incident", "note", id, "at three", "--json").out)["id"]
    assert "its version 2" in accelerapp("incident", "correct", id, entry, "at four", "--why", "misread").out
    told = shown(accelerapp, id)
    assert ("at four" in told, "at three" in told, "corrected by ann" in told) == (True, False, True)
    assert [each.text for each in app.incidents.versions(id, entry, ANYBODY)] == ["at three", "at four"]


def test_two_are_related_and_one_is_merged(accelerapp, id):
    other = accelerapp("incident", "open", "Search is slow", "--no-page").out.split()[0]
    assert accelerapp("incident", "relate", id, other).code == 0
    assert accelerapp("incident", "merge", other, id).code == 0
    assert f"merged into: {id}" in shown(accelerapp, other)
    assert f"duplicates: {other}" in shown(accelerapp, id)
    for wrong, words in (((id, id), "with itself"), ((id, other), "is a circle"), ((other, id), "was merged into")):
        refused = accelerapp("incident", "merge", *wrong)
        assert (refused.code, words in refused.err) == (2, True), refused.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "inc_nobody"), "There is no incident 'inc_nobody'."),
        (("ack", "a/../b"), "There is no"),
        (("open", " "), "title: is missing"),
        (("open", "x", "-s", "nobody"), "There is no service"),
        (("open", "x", "--started", "soon"), "is not a time"),
        (("open", "x", "--zone", "Mars/Base"), "is not a time zone"),
    ],
)
def test_wrong_use_is_said(accelerapp, arguments, words):
    ended = accelerapp("incident", *arguments)
    assert (ended.code, words in ended.err) == (2, True), ended.err


def test_an_update_on_a_resolved_one_is_refused_with_what_to_do(accelerapp, id):
    accelerapp("incident", "resolve", id)
    refused = accelerapp("incident", "status", id, "monitoring")
    assert (refused.code, f"incident reopen {id}" in refused.err) == (2, True)
    assert accelerapp("incident", "note", id, "afterwards").code == 0


def test_hostile_text_cannot_touch_the_terminal(accelerapp, id):
    accelerapp("incident", "note", id, f"{HOSTILE}\n{HOSTILE}")
    accelerapp("incident", "edit", id, "--title", HOSTILE, "--tag", HOSTILE, "--cause", HOSTILE)
    for told in (shown(accelerapp, id), accelerapp("incident", "list").out):
        assert ("\x1b[31m" in told, "\u202e" in told, "red" in told) == (False, False, True)


def test_a_night_with_the_change_of_the_clock_reads_without_doubt():
    from datetime import UTC, datetime

    early, late = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    told = [incident_asking.shown(at, "Europe/Berlin") for at in (early, late)]
    assert told == ["2026-10-25 02:30:00 CEST", "2026-10-25 02:30:00 CET"]
    assert incident_asking.moment("2026-10-25 02:30", "Europe/Berlin") == early
    assert incident_asking.moment("2026-10-25T02:30+01:00", "Europe/Berlin") == late


def test_a_time_of_day_is_the_last_one_or_the_next():
    now = clocks.SystemClock().now()
    last, coming = (incident_asking.moment("9:05", "Asia/Tokyo", is_past=past) for past in (True, False))
    assert last <= now < coming
    assert (coming - last).total_seconds() == 86_400
