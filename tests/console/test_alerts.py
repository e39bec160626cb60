"""The console's pages of alerts, on a whole product: what a responder sees and does, and what hostile text does not."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests import sites
from tests.fakes import NOON

from accelerapp.access.model import Role
from accelerapp.alerts.model import Signal, SignalState
from accelerapp.base.clock import MovingClock

HOSTILE = "<script>alert(1)</script>\u202eevil\x1b[31m\x00\"'><img src=x onerror=alert(2)>"
FIRING = Signal(
    {"alertname": "HighErrorRate", "service": "shop", "severity": "critical"},
    {"summary": "6 % of requests fail", "runbook_url": "https://wiki.example.com/errors"},
    source="alertmanager",
    generator_url="http://prometheus:9090/graph",
)


@pytest.fixture
def app(tmp_path):
    made = sites.product(tmp_path)
    made.clock = MovingClock(NOON)
    return made


@pytest.fixture
def browser(app):
    return sites.signed_in(app)


def test_before_the_first_alert_the_page_says_how_to_get_one(browser):
    page = browser[0].get("/alerts")
    assert page.status_code == 200
    assert "accelerapp alert test" in page.text
    assert 'href="/alerts"' in browser[0].get("/").text


def test_open_alerts_are_listed_with_why_they_page_and_the_incident(app, browser):
    app.alerting.take([FIRING, replace(FIRING, labels={"alertname": "Other", "severity": "info"})])
    app.alerting.turn()
    page = browser[0].get("/alerts").text
    assert "6 % of requests fail" in page
    assert "paged: first of service=shop alertname=HighErrorRate" in page
    assert "waiting for others of its group" in page
    assert "Open incidents" in page
    app.alerting.take([replace(FIRING, state=SignalState.RESOLVED)])
    assert "P1 resolved" in browser[0].get("/alerts?resolved=1").text


def test_an_alert_shows_its_labels_links_and_every_decision(app, browser):
    (id,) = app.alerting.take([FIRING]).opened
    app.alerting.turn()
    page = browser[0].get(f"/alerts/{id}").text
    for words in (
        "HighErrorRate",
        "https://wiki.example.com/errors",
        "Opened",
        "Paged",
        "first of service=shop",
        "Incident",
    ):
        assert words in page
    assert 'href="http://prometheus:9090/graph"' in page
    assert browser[0].get("/alerts/alr_nobody").status_code == 404


def test_a_responder_acknowledges_and_a_viewer_may_not(app, browser):
    (id,) = app.alerting.take([FIRING]).opened
    viewer, viewers_csrf = sites.signed_in(app, Role.VIEWER)
    assert viewer.post(f"/alerts/{id}/acknowledge", data={"csrf": viewers_csrf}).status_code == 403
    client, csrf = browser
    assert client.post(f"/alerts/{id}/acknowledge", data={"csrf": "wrong"}).status_code == 403
    done = client.post(f"/alerts/{id}/acknowledge", data={"csrf": csrf}, follow_redirects=True)
    assert "Acknowledged by" in done.text
    assert client.post(f"/alerts/{id}/acknowledge", data={"csrf": csrf}).status_code == 400


def test_a_silence_is_put_from_an_alert_holds_it_back_and_is_ended(app, browser):
    client, csrf = browser
    (id,) = app.alerting.take([FIRING]).opened
    link = re.search(r'href="(/silences\?matchers=[^"]+)"', client.get(f"/alerts/{id}").text)
    form = client.get(link[1].replace("&amp;", "&")).text
    assert 'value="alertname=&#34;HighErrorRate&#34;, service=&#34;shop&#34;"' in form
    given = {"csrf": csrf, "matchers": 'alertname="HighErrorRate"', "length": "2h", "reason": "new disks"}
    page = client.post("/silences", data=given, follow_redirects=True).text
    app.alerting.turn()
    assert "silenced by test-admin until 14:00 UTC: new disks" in client.get("/alerts").text
    end = re.search(r'action="(/silences/[^"]+/end)"', page)[1]
    assert "Nothing is held back" in client.post(end, data={"csrf": csrf}, follow_redirects=True).text
    app.alerting.turn()
    assert "paged:" in client.get(f"/alerts/{id}").text


def test_a_silence_that_cannot_be_is_shown_again_with_what_is_wrong(browser):
    client, csrf = browser
    for given, words in (
        ({"matchers": 'a=~"("', "length": "1h", "reason": "r"}, "is not a regular expression"),
        ({"matchers": "", "length": "1h", "reason": "r"}, "match every alert"),
        ({"matchers": "a=b", "length": "soon", "reason": "r"}, "is not a duration"),
        ({"matchers": "a=b", "length": "1h", "reason": " "}, "say why"),
    ):
        answer = client.post("/silences", data={"csrf": csrf, **given})
        assert 400 <= answer.status_code < 500
        assert words in answer.text
        assert f'value="{given["matchers"].replace(chr(34), "&#34;")}"' in answer.text


def test_a_maintenance_is_begun_for_a_service_or_for_everything(app, browser):
    client, csrf = browser
    given = {"csrf": csrf, "length": "1h", "reason": "new disks"}
    assert (
        "Maintenance of shop"
        in client.post("/maintenance", data={**given, "service": "shop"}, follow_redirects=True).text
    )
    assert "Maintenance of everything" in client.post("/maintenance", data=given, follow_redirects=True).text
    assert client.post("/maintenance", data={**given, "service": "nobody"}).status_code == 404
    app.alerting.take([FIRING])
    app.alerting.turn()
    assert "in maintenance: maintenance of" in client.get("/alerts").text


def test_hostile_text_stays_text_on_every_page(app, browser):
    client, csrf = browser
    labels = {"alertname": HOSTILE, "service": HOSTILE, HOSTILE: HOSTILE}
    told = {"summary": HOSTILE, "runbook_url": "javascript:alert(1)", HOSTILE: HOSTILE}
    hostile = Signal({k.replace("\x00", ""): v.replace("\x00", "") for k, v in labels.items()}, told, source=HOSTILE)
    (id,) = app.alerting.take([replace(hostile, generator_url="javascript:alert(3)")]).opened
    client.post("/silences", data={"csrf": csrf, "matchers": "a=b", "length": "1h", "reason": HOSTILE})
    app.alerting.turn()
    for path in ("/alerts", f"/alerts/{id}", "/silences"):
        page = client.get(path).text
        assert "&lt;script&gt;" in page
        for trouble in ("<script>alert", "<img src=x", "\u202e", "\x1b", "\x00", 'href="javascript:'):
            assert trouble not in page, (path, trouble)


def test_a_database_that_does_not_answer_is_said_and_is_no_empty_list(app, browser, monkeypatch):
    from accelerapp.base import errors
    from accelerapp.console import alerts

    def silent(_self, _wanted=None):
        raise errors.CannotTellError("The database does not answer.")

    monkeypatch.setattr(type(app.alerting), "alerts", silent)  # a real one cannot be made to fail for one question only
    page = browser[0].get("/alerts").text
    assert "Cannot tell" in page
    assert "No alert is open" not in page
    assert alerts.MOST_SHOWN == 500
