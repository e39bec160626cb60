"""`accelerapp alert`, `maintenance` and `incident`: in a data folder, and over a server."""

from __future__ import annotations

import json

import pytest

from accelerapp.alerts.model import Signal
from accelerapp.incidents.model import ANYBODY

HOSTILE = "\x1b[31mred\u202eevil"


def test_an_alert_from_the_first_word_to_the_last(accelerapp, app):
    """Sent, listed, shown, acknowledged, silenced, let through, ended: what each command says."""
    assert "No alert is open." in accelerapp("alert", "list").out
    sent = accelerapp(
        "alert", "send", "Disk full", "-s", "shop", "--severity", "P2", "--rule", "DiskFull", "--label", "host=db1"
    )
    (id,) = json.loads(accelerapp("alert", "list", "--json").out)
    id = id["id"]
    assert sent.out == f"Opened {id}.\n"
    listed = accelerapp("alert", "list")
    assert (listed.code, "waiting: not decided yet" in listed.out) == (1, True)
    assert "nothing changed" in accelerapp(*SEND).out

    silenced = accelerapp("alert", "silence", 'alertname="DiskFull"', "--for", "2h", "--reason", "new disks")
    assert "holds until" in silenced.out
    app.alerting.turn()
    shown = accelerapp("alert", "show", id).out
    assert ("not paged: silenced by " in shown, "host: db1" in shown) == (True, True)
    silences = accelerapp("alert", "silences").out
    assert 'alertname="DiskFull"' in silences
    silence = json.loads(accelerapp("alert", "silences", "--json").out)[0]["silence"]["id"]
    assert accelerapp("alert", "unsilence", silence).out == f"{silence} is over.\n"
    app.alerting.turn()
    assert "paged: first of service=shop alertname=DiskFull" in accelerapp("alert", "list").out

    assert "is acknowledged by" in accelerapp("alert", "ack", id, "--note", "on it").out
    again = accelerapp("alert", "ack", id)
    assert (again.code, "has acknowledged" in again.err) == (2, True)
    assert accelerapp(*SEND, "--resolve").out == "Resolved.\n"
    assert accelerapp("alert", "list").code == 0
    assert "Disk full" in accelerapp("alert", "list", "--resolved").out


SEND = ("alert", "send", "Disk full", "-s", "shop", "--severity", "P2", "--rule", "DiskFull", "--label", "host=db1")


def test_a_trial_goes_the_whole_way_and_shows_each_station(accelerapp):
    done = accelerapp("alert", "test", "-s", "shop")
    assert done.code == 0
    assert [line.split()[:2] for line in done.out.splitlines()] == [
        ["ok", "read"],
        ["ok", "kept"],
        ["ok", "decided"],
        ["ok", "resolved"],
    ]
    assert "paged: first of service=shop alertname=AccelerappTrial" in done.out
    assert accelerapp("alert", "list").out == "No alert is open.\n"
    assert accelerapp("incident", "list").out == "No incident.\n"


def test_a_trial_within_a_maintenance_says_so(accelerapp):
    accelerapp("maintenance", "on", "-s", "shop", "--for", "1h", "--reason", "new disks")
    done = accelerapp("alert", "test", "-s", "shop")
    assert (done.code, "not paged: maintenance of shop by" in done.out) == (0, True)
    assert "is over" in accelerapp("maintenance", "off", "-s", "shop").out
    none = accelerapp("maintenance", "off", "-s", "shop")
    assert (none.code, "There is no maintenance of shop." in none.err) == (2, True)
    assert accelerapp("maintenance", "on", "--all", "--in", "1h", "--reason", "r").code == 0
    assert "begins in" in accelerapp("alert", "silences").out


def test_senders_are_made_listed_and_removed(accelerapp):
    assert "No sender yet" in accelerapp("alert", "integration", "list").out
    made = accelerapp("alert", "integration", "add", "alertmanager", "--service", "shop")
    assert made.out.startswith("/hooks/alertmanager/")
    assert made.out.strip().rpartition("/")[2] in made.err
    beat = json.loads(
        accelerapp("alert", "integration", "add", "heartbeat", "--name", "backup", "--every", "1d", "--json").out
    )
    assert (beat["every_seconds"], beat["kind"]) == (86400.0, "heartbeat")
    listed = accelerapp("alert", "integration", "list")
    assert "backup" in listed.out
    assert beat["key"] not in listed.out
    wrong = accelerapp("alert", "integration", "add", "pagerduty", "--secret", "hunter2", "--every", "1d")
    assert wrong.code == 2
    for words in ("never the secret itself", "pagerduty does not sign", "is for heartbeats alone"):
        assert words in wrong.err
    assert accelerapp("alert", "integration", "remove", beat["id"]).code == 0
    assert accelerapp("alert", "integration", "remove", beat["id"]).code == 2
    assert accelerapp("alert", "integration", "changes", beat["id"]).out == ""


def test_incidents_are_listed_and_shown(accelerapp, app):
    app.alerting.take([Signal({"alertname": "ServiceDown", "service": "shop", "severity": "critical"})])
    app.alerting.turn()
    listed = accelerapp("incident", "list", "--open")
    assert (listed.code, "ServiceDown" in listed.out) == (1, True)
    (one,) = json.loads(accelerapp("incident", "list", "--json").out)
    assert "P1, at once." in accelerapp("incident", "show", one["id"]).out
    assert accelerapp("incident", "show", "inc_nobody").code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("alert", "show", "alr_nobody"), "There is no alert 'alr_nobody'."),
        (("alert", "ack", "a/../b"), "There is no"),
        (("alert", "silence", "x", "--for", "1h", "--reason", "r"), "is not a matcher"),
        (("alert", "silence", "a=b", "--for", "soon", "--reason", "r"), "is not a duration"),
        (("alert", "unsilence", "sil_nobody"), "There is no silence"),
        (("alert", "send", "t", "--label", "x"), "is not a label"),
        (("alert", "send"), "needs a title"),
        (("maintenance", "on", "-s", "nobody", "--reason", "r"), "There is no service"),
    ],
)
def test_wrong_use_is_said(accelerapp, arguments, words):
    ended = accelerapp(*arguments)
    assert (ended.code, words in ended.err) == (2, True), ended.err


def test_hostile_text_cannot_touch_the_terminal(accelerapp, app):
    labels = {"alertname": HOSTILE, "service": HOSTILE, HOSTILE: HOSTILE, "severity": "critical"}
    (id,) = app.alerting.take([Signal(labels, {"summary": HOSTILE, HOSTILE: f"a\n{HOSTILE}"}, source=HOSTILE)]).opened
    app.alerting.turn()
    (incident,) = app.incidents.find(ANYBODY)
    commands = [("alert", "list"), ("alert", "show", id), ("incident", "list"), ("incident", "show", incident.id)]
    for command in commands:
        told = accelerapp(*command).out
        assert "red" in told
        assert "\x1b[31m" not in told
        assert "\u202e" not in told
