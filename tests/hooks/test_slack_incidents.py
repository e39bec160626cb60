"""`/incident` in Slack: what is typed there is done, when Slack has signed it."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from tests import sites
from tests.fakes import NOON
from tests.paging import stories

from accelerapp.app import App
from accelerapp.base.clock import MovingClock
from accelerapp.base.settings.channels import Slack
from accelerapp.base.severity import Severity
from accelerapp.incidents.model import Role, Status, Viewer, Wanted
from accelerapp.notifications.channels import slack_commands

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
ROOT = Viewer("root", is_administrator=True)


class Typed:
    """A Slack in which ann types."""

    def __init__(self, folder) -> None:
        slack = Slack(kind="slack", token=SecretStr("xoxb-1"), signing_secret=SecretStr(SECRET))
        bare = sites.product(folder)
        self.app = App(bare.settings.model_copy(update={"channels": {"ops": slack}}), MovingClock(NOON))
        stories.Story(self.app.pager.writing, self.app.clock).describe(stories.book())
        self.client = sites.client(self.app)

    def send(self, words, *, secret=SECRET, trigger="t1", **more):
        fields = {"command": "/incident", "text": words, "user_id": "U1", "user_name": "ann", "trigger_id": trigger}
        body = urlencode({**fields, **more}).encode()
        stamp = str(int(NOON.timestamp()))
        signed = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signed}"}
        return self.client.post("/hooks/slack/commands", content=body, headers=headers)

    def says(self, words, **more):
        answer = self.send(words, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def incident(self):
        (found,) = self.app.incidents.find(ROOT)
        return found


@pytest.fixture
def typed(tmp_path):
    made = Typed(tmp_path)
    yield made
    made.app.database.engine.dispose()


def test_an_incident_from_its_opening_to_its_end(typed):
    said = typed.says("open P1 Nobody can pay &amp; search is slow")
    one = typed.incident
    assert (one.severity, one.title, one.opened_by) == ("P1", "Nobody can pay & search is slow", "ann (Slack)")
    assert said["response_type"] == "in_channel"
    assert f"/incident ack {one.id}" in said["text"]
    assert [each.person for each in typed.app.pager.detail(one.id).outgoing] == ["ann"]
    for words in (
        f"ack {one.id}",
        f"assign {one.id} commander",
        f"assign {one.id} scribe <@U2|ben>",
        f"severity {one.id} p2 not all shops",
        f"status {one.id} identified release 1.1.0",
        f"resolve {one.id} undone",
    ):
        assert typed.says(words)["response_type"] == "in_channel", words
    after = typed.incident
    assert (after.status, after.resolution, after.acknowledged_by) == (Status.RESOLVED, "undone", "ann (Slack)")
    assert dict(after.roles) == {Role.COMMANDER: "ann (Slack)", Role.SCRIBE: "ben"}
    assert typed.says(f"note {one.id} afterwards")["response_type"] == "ephemeral"
    assert "afterwards" in typed.says(f"show {one.id}")["text"]
    assert typed.says("list")["text"] == "No incident is open."
    assert "investigating" in typed.says(f"reopen {one.id} it is back")["text"]


def test_the_same_command_twice_opens_one(typed):
    typed.says("open P2 x")
    typed.says("open P2 x")
    assert typed.incident.title == "x"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("", "/incident open"),
        ("dance", "/incident open"),
        ("open", "title: is missing"),
        ("ack inc_nobody", "There is no incident"),
        ("show", "There is no incident"),
        ("severity inc_1 P9", "is none of p1, p2, p3, p4"),
        ("assign inc_1 king", "is none of commander"),
    ],
)
def test_what_cannot_be_done_is_said_to_who_typed_it(typed, words, answer):
    said = typed.says(words)
    assert said["response_type"] == "ephemeral"
    assert answer in said["text"]


def test_what_is_not_signed_changes_nothing(typed):
    assert typed.send("open P1 x", secret="another").status_code == 401
    assert typed.client.post("/hooks/slack/commands", content=b"command=/incident").status_code == 401
    assert typed.app.incidents.find(ROOT) == []


def test_a_signed_body_that_is_no_command_is_refused(typed):
    assert typed.send("open P1 x", user_id="").status_code in (400, 422)


def test_private_ones_are_not_there(typed):
    hidden = typed.app.incidents.open(Wanted("secret", Severity.P1, is_private=True), ROOT)
    assert "secret" not in typed.says("list")["text"]
    assert "There is no incident" in typed.says(f"show {hidden.id}")["text"]


def test_titles_can_neither_mention_nor_link(typed):
    typed.says("open P2 &lt;!channel&gt; &lt;https://evil.example|click&gt;")
    assert "<!channel>" not in typed.says("list")["text"]


def test_people_and_links_read_as_they_were_typed():
    body = urlencode({"command": "/incident", "user_id": "U1", "text": "note x <https://a.example/1|a> <@U2|ben>"})
    assert slack_commands.of_form(body.encode()).words == "note x https://a.example/1 ben"


def test_the_team_is_told_from_slack(typed):
    typed.says("open P1 Nobody can pay")
    id = typed.incident.id
    told = typed.says(f"update {id} We go back to 1.0.0.")
    assert told["text"] == "[notify] names no channel for P1: it stands on the time line alone."
    assert typed.app.informing.standing(id, ROOT)[0].told_at == NOON
    assert "The update has 1 mistake" in typed.says(f"update {id}")["text"]
