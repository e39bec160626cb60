"""Reactions in Slack come in when Slack has signed them, and wait to be read."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from pydantic import SecretStr
from tests import sites
from tests.fakes import NOON

from accelerapp.app import App
from accelerapp.base.clock import MovingClock
from accelerapp.base.ids import IncidentId
from accelerapp.base.settings.channels import Slack
from accelerapp.base.settings.people import Incidents
from accelerapp.base.severity import Severity
from accelerapp.incidents.chats import Chat
from accelerapp.incidents.model import Viewer, Wanted

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
ANN = Viewer("ann")


class Site:
    """An incident with a channel, and a Slack that speaks of it."""

    def __init__(self, folder, slack="ops") -> None:
        known = Slack(kind="slack", token=SecretStr("xoxb-1"), signing_secret=SecretStr(SECRET))
        wanted = {"channels": {"ops": known}, "incidents": Incidents(slack=slack)}
        self.app = App(sites.product(folder).settings.model_copy(update=wanted), MovingClock(NOON))
        self.incident = self.app.incidents.open(Wanted("x", Severity.P1), ANN)
        if self.app.chatting:
            with self.app.chatting.writing() as stores:
                stores.chats.put(Chat(IncidentId(self.incident.id), "C123ABC456", "inc-x"))
        self.client = sites.client(self.app)

    def send(self, whole, *, secret=SECRET, age=timedelta(0)):
        body = whole if isinstance(whole, bytes) else json.dumps(whole).encode()
        stamp = str(int((NOON - age).timestamp()))
        signed = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signed}"}
        return self.client.post("/hooks/slack/events", content=body, headers=headers)

    def waiting(self):
        return self.app.chatting.show(self.incident.id, ANN).waiting


def reaction(name="pushpin", channel="C123ABC456", ts="1360782400.498405"):
    """As Slack's documentation shows it."""
    return {
        "token": "XXYYZZ",
        "team_id": "T123ABC456",
        "api_app_id": "A123ABC456",
        "event": {
            "type": "reaction_added",
            "user": "U123ABC456",
            "reaction": name,
            "item_user": "U222222222",
            "item": {"type": "message", "channel": channel, "ts": ts, "channel_type": "channel"},
            "event_ts": "1360782804.083113",
        },
        "type": "event_callback",
        "event_id": "Ev123ABC456",
        "event_time": 123456789,
    }


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def test_slack_may_ask_whether_the_address_is_ours(site):
    answer = site.send({"type": "url_verification", "challenge": "3eZbrw1aB"})
    assert (answer.status_code, answer.text) == (200, "3eZbrw1aB")


def test_a_marked_message_waits_to_be_read_once(site):
    assert site.send(reaction()).status_code == 200
    assert site.send(reaction()).status_code == 200
    assert site.waiting() == 1


@pytest.mark.parametrize("wrong", [{"secret": "another"}, {"age": timedelta(minutes=6)}])
def test_what_is_not_signed_or_too_old_is_refused(site, wrong):
    assert site.send(reaction(), **wrong).status_code == 401
    assert site.send({"type": "url_verification", "challenge": "x"}, **wrong).status_code == 401
    assert site.waiting() == 0


def test_other_reactions_and_other_channels_change_nothing(site):
    for each in (reaction("eyes"), reaction(channel="C999"), {"type": "event_callback", "event": {"type": "message"}}):
        assert site.send(each).status_code == 200
    assert site.waiting() == 0


def test_what_cannot_be_read_is_refused(site):
    for each in (b"", b"[]", b"{", b"\xff", b"[" * 100_000, b"x" * 1_100_000):
        assert 400 <= site.send(each).status_code < 500


def test_without_channels_of_incidents_a_reaction_changes_nothing(tmp_path):
    site = Site(tmp_path, slack="")
    assert site.send(reaction()).status_code == 200
    assert site.app.chatting is None
