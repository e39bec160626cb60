"""Pressed buttons: as a form, and over a real websocket in Socket Mode."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notifications.servers import serve
from notifications.socket_mode import APP_TOKEN, Listener, SocketMode, payload, running

from accelerapp.base import errors
from accelerapp.clients.outgoing import Outgoing
from accelerapp.notifications.channels import slack_inbound, slack_socket
from accelerapp.notifications.channels.slack_inbound import Press


def form(payload: object) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def test_a_pressed_button_says_what_about_what_and_by_whom():
    (press,) = slack_inbound.of_form(form(payload(response_url="https://hooks.slack.com/actions/1")))
    assert press == Press(
        "acknowledge", "page-17", "U012AB3CD", "ann", "https://hooks.slack.com/actions/1", "C1:1700000000.000001"
    )


@pytest.mark.parametrize(
    "changes", [{"type": "view_submission"}, {"actions": []}, {"actions": [{"action_id": "link-0"}]}]
)
def test_what_is_not_our_button_is_no_press(changes):
    assert slack_inbound.of_form(form(payload(**changes))) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"payload=", b"payload={", b"other=1", b"\xff\xfe", b"payload=1", b"payload=[]", b"payload=null&payload=null",
        b"payload=" + b"[" * 100_000, form(payload(actions=None)), form(payload(user=None)), form(payload(user="ann")),
        b"payload=" + b"x" * 2_000_000,
    ],
    ids=range(13),
)  # fmt: skip
def test_nonsense_is_refused_with_its_field(body):
    with pytest.raises(errors.InvalidInputError) as told:
        slack_inbound.of_form(body)
    assert told.value.problems[0].field == "payload"


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["type", "actions", "user", "id", "value", "action_id", "container"]), inner
            )
        ),
    )
)
def test_any_json_is_a_press_or_refused(found):
    with suppress(errors.InvalidInputError):
        assert all(isinstance(each, Press) for each in slack_inbound.of_payload(found))


def test_presses_come_over_the_socket_and_are_confirmed_once_handled(tmp_path):
    """One press, a requested reconnection, one that is refused, one while the database is away: that comes again."""
    side, stop, seen, troubles = SocketMode(), threading.Event(), [], []

    def handle(press: Press) -> str:
        seen.append(press.subject)
        if press.subject == "second" and seen.count("second") == 1:
            raise errors.CannotTellError("The database is away.")
        if press.subject == "third":
            stop.set()
            raise errors.WrongUseError("There is no such page.")
        return f"{press.user_name} has <seen> it."

    with serve(side.answer, tmp_path) as api, running(side):
        for name in ("first", "second", "third"):
            action = {"action_id": "acknowledge", "value": name}
            whole = payload(response_url=f"{api.url}/respond", actions=[action])
            side.queue.append({"type": "interactive", "envelope_id": f"e-{name}", "payload": whole})
        side.queue.insert(1, {"type": "interactive", "envelope_id": "e-nonsense", "payload": {"type": "block_actions"}})
        way = slack_socket.SlackSocket(Outgoing(10), f"{api.url}/api", APP_TOKEN)
        way.run(Listener(press=handle), stop, troubles.append)
    assert seen == ["first", "second", "second", "third"]
    assert side.connections >= 2
    assert troubles == ["The database is away."]
    assert [each["text"] for each in side.said] == [
        "ann has &lt;seen&gt; it.",
        "ann has &lt;seen&gt; it.",
        "There is no such page.",
    ]


def test_a_revoked_token_is_told_with_the_mend_and_tried_again(tmp_path):
    side, stop, troubles = SocketMode(), threading.Event(), []
    side.revoked = True

    def say(trouble: str) -> None:
        troubles.append(trouble)
        stop.set()

    with serve(side.answer, tmp_path) as api:
        slack_socket.SlackSocket(Outgoing(10), f"{api.url}/api", APP_TOKEN).run(Listener(), stop, say)
    assert troubles == ["Slack answers invalid_auth. Install the app to the workspace again and set its new token."]
