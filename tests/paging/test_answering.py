"""Acknowledge and resolve: by the link of a message, over the API, by the command, on the console."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests import sites
from tests.fakes import NOON
from tests.paging import stories
from tests.paging.stories import person

from accelerapp.access.model import Role
from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.base.ids import OutgoingId
from accelerapp.flows import reaching
from accelerapp.notifications.model import Failed
from accelerapp.paging import links
from accelerapp.paging.model import PagingState


class Page:
    """A product with people, one of whom was called."""

    def __init__(self, folder) -> None:
        self.app = sites.product(folder)
        self.clock = MovingClock(NOON)
        self.app.clock = self.clock
        self.story = stories.Story(self.app.pager.writing, self.clock)
        self.story.describe(stories.book(person("ann"), person("ben")))
        self.story.page()
        self.client = sites.client(self.app)
        [(_, self.outgoing)] = self.story.sent
        self.link = f"/ack/{self.app.pager.token(self.outgoing, timedelta(days=1))}"

    @property
    def paging(self):
        return self.app.pager.detail("pag_1").paging


@pytest.fixture
def page(tmp_path):
    return Page(tmp_path)


def test_to_look_at_the_link_shows_a_button_and_acknowledges_nothing(page):
    for _ in range(3):
        answer = page.client.get(page.link)
        assert answer.status_code == 200
        assert "Acknowledge as ann" in answer.text
    assert page.paging.state is PagingState.TRIGGERED


def test_the_button_acknowledges_and_stops_the_escalation(page):
    answer = page.client.post(page.link, data={"verb": "acknowledge"})
    assert answer.status_code == 200
    assert "It is acknowledged" in answer.text
    assert page.paging.acknowledged_by == "ann"
    page.story.wait(timedelta(minutes=30))
    assert len(page.story.sent) == 1


def test_a_replayed_link_is_answered_clearly_and_changes_nothing(page):
    page.client.post(page.link, data={"verb": "acknowledge"})
    answer = page.client.post(page.link, data={"verb": "resolve"})
    assert answer.status_code == 400
    assert "This link was used already" in answer.text
    assert page.paging.state is PagingState.ACKNOWLEDGED
    assert "This link was used already, to acknowledge" in page.client.get(page.link).text


def test_an_expired_link_says_so(page):
    page.clock.move(timedelta(days=1, seconds=1))
    for answer in (page.client.get(page.link), page.client.post(page.link)):
        assert answer.status_code == 400
        assert "This link ended on 2026-03-03 at 12:00 UTC." in answer.text
    assert page.paging.state is PagingState.TRIGGERED


@pytest.mark.parametrize("token", ["x", "a.b.c", "%00", "é" * 40, "a" * 5000, "out_1.ffffffff."])
def test_a_link_that_was_not_made_here_is_not_known(page, token):
    assert page.client.post(f"/ack/{token}").status_code in (404, 414)
    assert page.paging.state is PagingState.TRIGGERED


def test_a_link_with_another_expiry_or_for_another_message_does_not_hold():
    made = links.make("key", OutgoingId("out_1"), NOON)
    assert links.read("key", made, NOON - timedelta(seconds=1)) == "out_1"
    id, expiry, signature = made.split(".")
    for forged in (f"2.{expiry}.{signature}", f"{id}.ffffffff.{signature}", made[:-1], made + "a"):
        with pytest.raises(links.WrongLinkError):
            links.read("key", forged, NOON)
    with pytest.raises(links.WrongLinkError):
        links.read("another key", made, NOON)


def test_whoever_is_late_is_told_who_was_quicker(page):
    page.app.pager.act("pag_1", stories.Verb.ACKNOWLEDGE, "ben")
    answer = page.client.post(page.link, data={"verb": "acknowledge"})
    assert answer.status_code == 400
    assert "acknowledged already, by ben" in answer.text


def test_the_link_of_a_message_is_the_same_however_often_it_is_sent(page):
    reach = reaching.Reaching({}, page.app.channel, "https://ops.example.com", page.app.pager.token, timedelta(days=1))
    first, second = reach.message(page.outgoing), reach.message(page.outgoing)
    assert first == second
    assert first.ack_link == f"https://ops.example.com{page.link}"


def test_a_method_that_no_channel_carries_has_failed_and_the_mend_is_named(page):
    reach = reaching.Reaching({}, page.app.channel, "https://ops.example.com", page.app.pager.token, timedelta(days=1))
    found = reach.post(page.outgoing, NOON)
    assert isinstance(found, Failed)
    assert found.mend == 'Describe one in the settings: [channels.NAME] with kind = "ntfy".'


def test_the_api_lists_shows_acknowledges_and_resolves(page):
    reader, operator = sites.key(page.app, Role.VIEWER), sites.key(page.app, Role.RESPONDER)
    [listed] = page.client.get("/api/v1/pages", headers=reader).json()
    shown = page.client.get(f"/api/v1/pages/{listed['id']}", headers=reader).json()
    assert [each["address"] for each in shown["outgoing"]] == ["an…fy"]
    path = f"/api/v1/pages/{listed['id']}"
    assert page.client.post(f"{path}/acknowledge", json={}, headers=reader).status_code == 403
    assert page.client.post(f"{path}/acknowledge", json={}, headers=operator).json()["state"] == "acknowledged"
    assert page.client.post(f"{path}/acknowledge", json={}, headers=operator).status_code == 400
    assert page.client.post(f"{path}/resolve", json={}, headers=operator).json()["state"] == "resolved"
    assert page.client.get("/api/v1/pages", headers=reader).json() == []
    assert page.client.get("/api/v1/pages/responses", headers=reader).json()[0]["acknowledged"] == 1
    assert page.client.get("/api/v1/pages/nothing", headers=reader).status_code == 404


def test_health_tells_how_old_the_oldest_due_call_is(page):
    page.clock.move(timedelta(minutes=8))
    found = page.client.get("/health").json()
    assert (found["status"], found["paging"]["oldest_due_seconds"]) == ("degraded", 180)


def test_health_says_that_nobody_is_paged(tmp_path):
    found = sites.client(sites.product(tmp_path)).get("/health").json()
    assert found["paging"]["is_configured"] is False
    assert "Nobody is paged" in found["paging"]["said"]


def test_an_alert_that_is_acknowledged_acknowledges_its_page_and_the_other_way_round(tmp_path):
    from accelerapp.alerts.model import Signal

    app = sites.product(tmp_path)
    app.clock = MovingClock(NOON)
    stories.Story(app.pager.writing, app.clock).describe(stories.book())
    for rule in ("A", "B"):
        app.alerting.take([Signal({"alertname": rule, "service": "shop", "severity": "critical"})])
    app.clock.move(timedelta(seconds=15))
    app.alerting.turn()
    first, second = app.pager.pages()
    alert_of = {alert.page: alert.id for alert in app.alerting.alerts()}
    app.alerting.acknowledge(alert_of[first.page], "ann")
    assert app.pager.detail(first.id).paging.acknowledged_by == "ann"
    app.pager.act(second.id, stories.Verb.ACKNOWLEDGE, "ben")
    assert app.alerting.detail(alert_of[second.page]).alert.acknowledged_by == "ben"


def test_the_console_shows_who_was_called_and_acknowledges(tmp_path):
    from accelerapp.alerts.model import Signal

    app = sites.product(tmp_path)
    app.access.set_up(app.access.new_setup_link(), "ann", sites.PASSWORD)
    story = stories.Story(app.pager.writing, app.clock)
    browser = sites.client(app)
    browser.post("/login", data={"name": "ann", "password": sites.PASSWORD})
    app.alerting.take([Signal({"alertname": "A", "service": "shop", "severity": "critical"})])
    app.alerting.turn()
    [alert] = app.alerting.alerts()
    assert "Nobody is paged" in browser.get(f"/alerts/{alert.id}").text
    story.describe(stories.book())
    with app.pager.writing() as stores:
        stories.flow.page(stores, [alert.page], app.clock.now())
    shown = browser.get(f"/alerts/{alert.id}").text
    assert "Who was called" in shown
    csrf = re.search(r'name="csrf" value="([^"]+)"', shown)[1]
    [found] = app.pager.pages()
    answer = browser.post(f"/pages/{found.id}/acknowledge", data={"csrf": csrf, "alert": alert.id})
    assert answer.status_code == 200
    assert app.pager.detail(found.id).paging.acknowledged_by == "ann"


def test_what_is_not_there_is_said_with_the_mend(page):
    with pytest.raises(errors.NotFoundError, match="There is no page 'pgg_x'"):
        page.app.pager.act("pgg_x", stories.Verb.RESOLVE, "ann")
