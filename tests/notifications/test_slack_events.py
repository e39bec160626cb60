"""Reactions: as events over HTTP, and over a real websocket in Socket Mode."""

from __future__ import annotations

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notifications.servers import serve
from notifications.socket_mode import APP_TOKEN, Listener, SocketMode, running

from accelerapp.base import errors
from accelerapp.clients.outgoing import Outgoing
from accelerapp.notifications.channels import slack_events, slack_socket
from accelerapp.notifications.channels.slack_events import Challenge, Reaction

ITEM = {"type": "message", "channel": "C1", "ts": "1360782400.498405"}
EVENT = {"type": "reaction_added", "user": "U1", "reaction": "pushpin", "item": ITEM}


def payload(**changes):
    return {"type": "event_callback", "event": {**EVENT, **changes}}


def test_a_reaction_says_which_under_what_and_by_whom():
    assert slack_events.of_body(json.dumps(payload()).encode()) == Reaction("pushpin", "C1", ITEM["ts"], "U1")
    assert slack_events.of_payload(payload(reaction="pushpin::skin-tone-2")).name == "pushpin"


def test_a_challenge_is_one():
    asked = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    assert slack_events.of_body(asked) == Challenge("abc")


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "reaction_removed"},
        {"item": {"type": "file", "file": "F1"}},
        {"item": {**ITEM, "ts": "1; drop"}},
        {"item": {**ITEM, "channel": "../x"}},
        {"user": None},
        {"reaction": 7},
        {"item": None},
    ],
)
def test_everything_else_is_nothing(changes):
    assert slack_events.of_payload(payload(**changes)) is None


@given(
    st.recursive(st.none() | st.text() | st.integers(), lambda each: st.lists(each) | st.dictionaries(st.text(), each))
)
def test_nothing_that_comes_breaks_it(found):
    assert slack_events.of_payload(found) is None
    assert slack_events.of_payload({"event": {**EVENT, "item": found}}) is None


def test_reactions_come_over_the_socket_and_come_again_while_the_database_is_away(tmp_path):
    side, stop, seen, troubles = SocketMode(), threading.Event(), [], []

    def react(reaction: Reaction) -> None:
        seen.append(reaction.ts)
        if len(seen) == 1:
            raise errors.CannotTellError("The database is away.")
        stop.set()

    side.queue.append({"type": "events_api", "envelope_id": "e-1", "payload": payload(type="message")})
    side.queue.append({"type": "events_api", "envelope_id": "e-2", "payload": payload()})
    with serve(side.answer, tmp_path) as api, running(side):
        way = slack_socket.SlackSocket(Outgoing(10), f"{api.url}/api", APP_TOKEN)
        way.run(Listener(react=react), stop, troubles.append)
    assert seen == [ITEM["ts"], ITEM["ts"]]
    assert troubles == ["The database is away."]
    assert side.confirmed[:1] == ["e-1"]
