"""Buttons in Slack acknowledge and resolve pages, when Slack has signed them."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from tests import sites
from tests.fakes import NOON
from tests.paging import stories

from accelerapp.app import App
from accelerapp.base.clock import MovingClock
from accelerapp.base.settings.channels import Slack
from accelerapp.paging.model import PagingState

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


class Button:
    """A page, and a Slack that speaks of it."""

    def __init__(self, folder) -> None:
        slack = Slack(kind="slack", token=SecretStr("xoxb-1"), signing_secret=SecretStr(SECRET))
        bare = sites.product(folder)
        self.app = App(bare.settings.model_copy(update={"channels": {"ops": slack}}), MovingClock(NOON))
        story = stories.Story(self.app.pager.writing, self.app.clock)
        story.describe(stories.book())
        story.page()
        self.client = sites.client(self.app)

    def press(self, act="acknowledge", *, secret=SECRET, age=timedelta(0), subject=""):
        action = {"action_id": act, "value": subject or self.paging.id}
        user = {"id": "U1", "username": "ann"}
        payload = {"type": "block_actions", "user": user, "actions": [action]}
        body = urlencode({"payload": json.dumps(payload)}).encode()
        stamp = str(int((NOON - age).timestamp()))
        signed = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signed}"}
        return self.client.post("/hooks/slack", content=body, headers=headers)

    @property
    def paging(self):
        return self.app.pager.detail("pag_1").paging


@pytest.fixture
def button(tmp_path):
    return Button(tmp_path)


def test_a_button_acknowledges_and_another_resolves(button):
    answer = button.press()
    assert (answer.status_code, answer.text) == (200, "High error rate: acknowledged.")
    assert button.paging.acknowledged_by == "ann (Slack)"
    assert button.press("resolve").status_code == 200
    assert button.paging.state is PagingState.RESOLVED


def test_a_second_press_says_who_was_quicker(button):
    button.press()
    answer = button.press()
    assert answer.status_code == 200
    assert "acknowledged already, by ann (Slack)" in answer.text


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"secret": "another"}, "It is not signed by a Slack app that the settings know (signing_secret)."),
        ({"age": timedelta(minutes=6)}, "The clocks differ by 6 min: set the clock of this server"),
        ({"age": -timedelta(hours=1)}, "The clocks differ by 1 h: set the clock of this server"),
    ],
)
def test_what_is_not_signed_by_slack_or_too_old_is_refused_with_the_reason(button, wrong, reason):
    answer = button.press(**wrong)
    assert (answer.status_code, answer.text.startswith(reason)) == (401, True)
    assert button.paging.state is PagingState.TRIGGERED


def test_a_time_that_is_none_says_nothing_of_clocks(button):
    headers = {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": "v0=00"}
    answer = button.client.post("/hooks/slack", content=b"payload={}", headers=headers)
    assert (answer.status_code, "clocks" in answer.text) == (401, False)


def test_without_a_signature_nothing_happens(button):
    assert button.client.post("/hooks/slack", content=b"payload={}").status_code == 401


def test_a_button_of_something_else_changes_nothing(button):
    assert "There is no page" in button.press(subject="note_1").text
    assert button.paging.state is PagingState.TRIGGERED
