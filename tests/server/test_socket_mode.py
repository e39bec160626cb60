"""`accelerapp up` listens to Slack by Socket Mode: a pressed button acknowledges, `/incident` opens an incident."""

from __future__ import annotations

import threading

import pytest
from notifications.servers import serve
from notifications.socket_mode import APP_TOKEN, SocketMode, payload, running
from pydantic import SecretStr
from running import eventually
from tests import sites
from tests.paging import stories

from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.base.settings.channels import Slack
from accelerapp.base.severity import Severity
from accelerapp.engine.runner import Engine
from accelerapp.incidents.model import Viewer
from accelerapp.paging.model import PagingState
from accelerapp.server.work import Work


class Pressed:
    """A page that waits for an answer, and a Slack that has something to say."""

    def __init__(self, folder, api, side) -> None:
        bare = sites.product(folder)
        slack = Slack(kind="slack", token=SecretStr("xoxb-1"), app_token=SecretStr(APP_TOKEN), url=f"{api.url}/api")
        settings = bare.settings.model_copy(update={"channels": {"ops": slack}})
        self.app = App(settings, MovingClock(stories.NOON))
        self.app.__dict__["local_platform"] = bare.local_platform
        story = stories.Story(self.app.pager.writing, self.app.clock)
        story.describe(stories.book())
        story.page()
        self.side = side
        self.respond = f"{api.url}/respond"
        self.troubles: list[str] = []
        self.work = Work(self.app, Engine(self.app, ()), self.troubles.append)

    def say(self, id: str, act: str, subject: str) -> None:
        action = {"action_id": act, "value": subject}
        whole = payload(response_url=self.respond, actions=[action])
        self.side.queue.append({"type": "interactive", "envelope_id": id, "payload": whole})

    @property
    def paging(self):
        return self.app.pager.detail("pag_1").paging


@pytest.fixture
def pressed(tmp_path):
    side = SocketMode()
    with serve(side.answer, tmp_path) as api, running(side):
        made = Pressed(tmp_path, api, side)
        yield made
        made.work.end()


def listening() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "slack"]


def test_a_press_acknowledges_another_hears_who_was_quicker_and_the_thread_ends(pressed):
    pressed.work.begin()
    pressed.say("e-1", "acknowledge", pressed.paging.id)
    eventually(lambda: pressed.side.said)
    assert pressed.paging.acknowledged_by == "ann (Slack)"
    pressed.say("e-2", "acknowledge", pressed.paging.id)
    eventually(lambda: len(pressed.side.said) == 2)
    assert [each["text"] for each in pressed.side.said] == [
        "High error rate: acknowledged.",
        "'High error rate' is acknowledged already, by ann (Slack).",
    ]
    pressed.work.end()
    eventually(lambda: not listening())
    assert pressed.troubles == []


def test_incident_is_typed_and_answered_and_typed_twice_by_slack_it_is_one(pressed):
    pressed.work.begin()
    typed = {"command": "/incident", "user_id": "U1", "user_name": "ann", "trigger_id": "13.1", "channel_id": "C1"}
    for id, more in (("e-1", {"text": "open P1 Nobody can pay"}), ("e-2", {"text": "open P1 Nobody can pay"})):
        pressed.side.queue.append({"type": "slash_commands", "envelope_id": id, "payload": {**typed, **more}})
    pressed.side.queue.append({"type": "slash_commands", "envelope_id": "e-3", "payload": {"text": "list"}})
    eventually(lambda: "e-3" in pressed.side.confirmed)
    (incident,) = pressed.app.incidents.find(Viewer("root", is_administrator=True))
    assert (incident.title, incident.severity) == ("Nobody can pay", Severity.P1)
    assert [each["response_type"] for each in pressed.side.answers] == ["in_channel", "in_channel"]
    assert "Opened by ann." in pressed.side.answers[0]["text"]
    assert pressed.troubles == []


def test_a_press_while_the_database_is_away_comes_again_and_counts(pressed):
    pressed.work.begin()
    real, tries = pressed.app.pager, []

    class Away:
        def act(self, id, verb, by, note=""):
            tries.append(id)
            if len(tries) == 1:
                raise errors.CannotTellError("The database does not answer.")
            return real.act(id, verb, by, note)

    pressed.app.__dict__["pager"] = Away()
    pressed.say("e-1", "resolve", real.detail("pag_1").paging.id)
    eventually(lambda: pressed.side.said)
    assert real.detail("pag_1").paging.state is PagingState.RESOLVED
    assert pressed.troubles == ["The database does not answer."]


def test_something_unforeseen_is_told_and_the_next_press_is_heard(pressed):
    pressed.work.begin()
    real, tries = pressed.app.pager, []

    class Broken:
        def act(self, id, verb, by, note=""):
            tries.append(id)
            if len(tries) == 1:
                raise ZeroDivisionError("division by zero")
            return real.act(id, verb, by, note)

    pressed.app.__dict__["pager"] = Broken()
    pressed.say("e-1", "acknowledge", real.detail("pag_1").paging.id)
    eventually(lambda: pressed.side.said)
    assert real.detail("pag_1").paging.state is PagingState.ACKNOWLEDGED
    assert pressed.troubles == ["Slack's Socket Mode: ZeroDivisionError: division by zero"]
