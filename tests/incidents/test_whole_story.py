"""The manual's P1 on the whole product, from the alert to the published post-mortem, with the engine's own jobs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import sites
from tests.fakes import NOON
from tests.paging import stories

from accelerapp.alerts.model import Signal, SignalState
from accelerapp.base.clock import MovingClock
from accelerapp.engine.jobs.follow_alerts import FollowAlerts
from accelerapp.engine.jobs.follow_incidents import FollowCalls
from accelerapp.engine.jobs.inform import RemindOfUpdates
from accelerapp.engine.jobs.paging import CallPeople
from accelerapp.engine.jobs.remind import Remind
from accelerapp.engine.runner import Engine
from accelerapp.incidents.model import Role, Status, Viewer
from accelerapp.paging.model import PagingState, Purpose, Verb
from accelerapp.postmortems.model import Part
from accelerapp.postmortems.model import State as Written
from accelerapp.statuspage.components import Edited
from accelerapp.statuspage.model import ComponentState, Progress
from accelerapp.statuspage.publishing import Wanted

ANN, BEN = Viewer("ann"), Viewer("ben")
SIGNAL = Signal({"alertname": "ServiceDown", "service": "shop", "severity": "P1"}, {"summary": "Nobody can order"})


class Night:
    """A product with its jobs and its sender, on a clock that moves in steps of ten seconds."""

    def __init__(self, folder) -> None:
        self.app = sites.product(folder)
        self.app.clock = self.clock = MovingClock(NOON)
        self.story = stories.Story(self.app.pager.writing, self.clock)
        self.story.describe(stories.book())
        self.sent = self.story.sent
        jobs = (FollowAlerts, CallPeople, FollowCalls, RemindOfUpdates, Remind)
        self.engine = Engine(self.app, tuple(job(self.app) for job in jobs))

    def wait(self, length: timedelta, step: timedelta = timedelta(seconds=10)) -> None:
        until = self.clock.now() + length
        while self.clock.now() < until:
            self.clock.move(min(step, until - self.clock.now()))
            self.engine.turn()
            self.story.send()

    def said(self, since: int, purpose: Purpose) -> list[str]:
        """`ann: title`, of what went out after the first so many messages."""
        return [f"{each.person}: {each.title}" for _, each in self.sent[since:] if each.purpose is purpose]


@pytest.fixture
def night(tmp_path):
    made = Night(tmp_path)
    yield made
    made.app.database.engine.dispose()


def test_the_manuals_p1_from_the_alert_to_the_post_mortem(night):
    app, minute = night.app, timedelta(minutes=1)
    app.status_editing.add_component("Ordering", Edited())

    app.alerting.take([SIGNAL])
    night.wait(minute)
    (incident,) = app.incidents.find(ANN)
    assert (incident.severity, incident.status) == ("P1", Status.INVESTIGATING)
    assert [f"{each.person} {each.method}" for _, each in night.sent] == ["ann ntfy"]

    token = app.pager.token(night.sent[0][1], timedelta(days=1))
    app.pager.follow(token, Verb.ACKNOWLEDGE)
    app.incidents.assign(incident.id, ANN, Role.COMMANDER, "ann")
    app.incidents.assign(incident.id, ANN, Role.COMMUNICATIONS, "ben")
    night.wait(10 * minute)
    assert night.said(1, Purpose.STEP) == [], "an answer ends the calls"

    before = len(night.sent)
    night.wait(25 * minute)
    assert any(each.startswith("ben: ") for each in night.said(before, Purpose.NOTICE)), "ben is reminded of an update"
    assert any(each.startswith("ann: ") for each in night.said(before, Purpose.STEP)), "ann is paged: none was given"

    partly = {"Ordering": ComponentState.PARTIAL_OUTAGE}
    app.status_updates.publish(incident.id, Wanted("We take it back.", Progress.IDENTIFIED, partly), BEN)
    app.informing.tell_team(incident.id, BEN, "Release 1.1.0 is taken back.")
    night.wait(minute)
    assert {each.state for each in app.pager.pages(is_open=True)} == {PagingState.ACKNOWLEDGED}
    page = sites.client(app).get("/status").text
    assert "We take it back." in page and "Partial outage" in page

    app.alerting.take([stories.replace(SIGNAL, state=SignalState.RESOLVED)])
    night.wait(minute)
    assert app.incidents.get(incident.id, ANN).status is Status.MONITORING, "people resolve what people work on"
    over = Wanted("It works again.", Progress.RESOLVED, {"Ordering": ComponentState.OPERATIONAL})
    app.status_updates.publish(incident.id, over, BEN)
    night.wait(minute)
    after = app.incidents.get(incident.id, ANN)
    assert (after.status, after.resolved_by) == (Status.RESOLVED, "ben")
    assert app.pager.pages(is_open=True) == []

    report = app.postmortems.report(incident.id, ANN)
    assert report.owner == "ann"
    night.wait(timedelta(days=3), timedelta(hours=1))
    late = [each for each in night.said(0, Purpose.NOTICE) if "post-mortem" in each.casefold()]
    assert late, "who had command is told that it is due"
    app.postmortems.write(incident.id, ANN, Part.ROOT_CAUSE, "Release 1.1.0 had no poetry.", 0)
    app.postmortems.move(incident.id, ANN, Written.IN_REVIEW)
    published = app.postmortems.move(incident.id, BEN, Written.PUBLISHED)
    assert published.sections[Part.ROOT_CAUSE].text == "Release 1.1.0 had no poetry."
    line = [f"{each.kind} {each.by}" for each in app.incidents.detail(incident.id, ANN).entries]
    assert {"opened alerts", "acknowledged ann", "update ben", "status alerts", "resolved ben"} <= set(line)
