"""Keeping people informed on the whole product: the engine's jobs, the sender, a Slack, and ntfy for people."""

from __future__ import annotations

import fakes
import pytest
from story import SHOP, StoryApp, settings_of
from tests.fakes import NOON
from tests.notifications import protocols, servers
from tests.notifications.slack_workspace import Workspace
from tests.paging import stories

from accelerapp.base import clock as clocks
from accelerapp.base.ids import PersonName
from accelerapp.base.severity import Severity
from accelerapp.engine import jobs
from accelerapp.engine.runner import Engine
from accelerapp.incidents.model import Role, Viewer, Wanted
from accelerapp.oncall.model import ContactMethod, MethodKind, Person

ANN = Viewer("ann", is_administrator=True)
SETTINGS = """
[channels.push]
kind = "ntfy"
url = "{ntfy}"
token = "file:ntfy"

[channels.ops]
kind = "slack"
url = "{slack}/api"
token = "file:slack"

[notify]
P1 = ["push:team"]

[incidents]
slack = "ops"
conference = "https://meet.example.com/{{id}}"
"""
JOBS = ("remind_of_updates", "follow_chats", "call_people")


@pytest.fixture
def product(tmp_path):
    slack = Workspace()
    for name, token in (("ntfy", protocols.NTFY_TOKEN), ("slack", protocols.SLACK_TOKEN)):
        (tmp_path / name).write_text(token)
    with servers.serve(protocols.ntfy, tmp_path) as ntfy, servers.serve(slack.answer, tmp_path) as local:
        known = settings_of(tmp_path, SHOP + SETTINGS.format(ntfy=ntfy.url, slack=local.url))
        app = StoryApp(known, fakes.FakePlatform(), clocks.MovingClock(NOON))
        story = stories.Story(app.pager.writing, app.clock)
        story.describe(stories.book(*[person(name) for name in ("ann", "ben")]))
        yield app, slack, ntfy
        app.database.engine.dispose()


def person(name):
    """With a topic of ntfy."""
    method = ContactMethod("push", MethodKind.NTFY, f"{name}-phone", NOON)
    return Person(PersonName(name), methods=(method,))


def run(app, minutes):
    """The engine and the sender, minute by minute."""
    engine = Engine(app, [each for each in jobs.of_app(app) if each.name in JOBS])
    for _ in range(minutes):
        engine.turn()
        for claimed, held in app.sending.claim(10):
            app.sending.send(claimed, held)
        app.clock.sleep(60)
    assert [each.last_error for each in engine.status()] == ["", "", ""]


def heard(ntfy):
    """`team: [UPDATE P1] …`."""
    return [f"{each.json['topic']}: {each.json['title']}" for each in ntfy.got]


def test_an_update_that_stays_away_is_reminded_of_then_paged_for_until_it_comes(product):
    app, slack, ntfy = product
    incident = app.incidents.open(Wanted("Nobody can pay", Severity.P1, ("shop",), calls=False), ANN)
    app.incidents.assign(incident.id, ANN, Role.COMMANDER, "ann")
    app.incidents.assign(incident.id, ANN, Role.COMMUNICATIONS, "ben")
    run(app, 32)
    (room,) = slack.rooms
    assert room.topic.startswith("P1 · investigating · commander: ann")
    assert app.incidents.get(incident.id, ANN).conference == f"https://meet.example.com/{incident.id}"
    run(app, 10)
    app.informing.tell_team(incident.id, ANN, "We go back.")
    run(app, 20)
    told = [each.split(": ", 1)[1] for each in heard(ntfy)]
    assert told[0] == "[NOTICE] shop: Update inside is due: Nobody can pay"
    assert told[1].startswith("[P1] shop: No update inside for 4")
    assert told[2:] == ["[UPDATE P1] shop: Nobody can pay"]
    assert "We go back." in ntfy.got[-1].json["message"]
    assert any("We go back." in each for each in room.texts())
    assert app.pager.pages() == []
