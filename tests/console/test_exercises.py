"""The console's page of test pages and drills: what it shows, what its buttons do, and for whom they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests import sites
from tests.paging import stories
from tests.paging.stories import HOUR, failing, person

from accelerapp.access.model import Role
from accelerapp.base.clock import MovingClock
from accelerapp.flows.drilling import Wanted
from accelerapp.paging.model import Verb

HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture
def app(tmp_path):
    made = sites.product(tmp_path)
    made.clock = MovingClock(stories.NOON)
    yield made
    made.database.engine.dispose()


@pytest.fixture
def story(app):
    made = stories.Story(app.pager.writing, app.clock)
    made.pager = app.pager
    made.describe(stories.book(person("test-admin"), person("ben"), person("cat")))
    return made


def post(browser, path, **form):
    page, csrf = browser
    return page.post(path, data={"csrf": csrf, **form}, follow_redirects=False)


def test_before_the_first_test_the_page_teaches_and_without_people_offers_nothing(app):
    page = sites.signed_in(app)[0].get("/oncall/tests")
    assert page.status_code == 200
    assert "accelerapp oncall drill POLICY" in page.text
    assert ("There is nobody to test yet" in page.text, "Test everyone" in page.text) == (True, False)


def test_the_newest_round_shows_who_answered_and_why_others_were_not_reached(app, story):
    browser = sites.signed_in(app)
    story.answers = lambda outgoing: failing()(outgoing) if outgoing.person == "ben" else failing("none")(outgoing)
    assert post(browser, "/oncall/tests/all").status_code == 303
    story.send()
    story.pager.turn()
    cat = next(each for _, each in story.sent if each.person == "cat")
    story.clock.move(timedelta(seconds=42))
    story.pager.follow(story.pager.token(cat, HOUR), Verb.ACKNOWLEDGE)
    page = browser[0].get("/oncall/tests?did=all").text
    assert "The test pages are on their way" in page
    assert "<bdi>ntfy</bdi> failed: <span" in page
    assert "The token was revoked." in page
    assert "42 s" in page
    calendar = browser[0].get("/oncall").text
    assert "There is no schedule yet" in calendar


def test_a_test_to_oneself_is_one_button_and_rounds_before_are_listed(app, story):
    browser = sites.signed_in(app)
    for _ in range(2):
        assert post(browser, "/oncall/tests").status_code == 303
        story.clock.move(HOUR)
    assert [each.people[0].person for each in app.proving.rounds()] == ["test-admin", "test-admin"]
    assert "Rounds before" in browser[0].get("/oncall/tests").text


def test_a_drill_asks_first_and_names_whom_it_calls(app, story):
    browser = sites.signed_in(app)
    asked = browser[0].get("/oncall/drill?policy=shop&severity=P1")
    assert (asked.status_code, "Begin the drill of shop" in asked.text) == (200, True)
    assert "then 5 min for an answer" in asked.text
    assert app.pager.pages(kind=None) == []
    assert post(browser, "/oncall/drill", policy="shop").status_code == 303
    again = post(browser, "/oncall/drill", policy="shop")
    assert (again.status_code, "runs already" in again.text) == (400, True)
    [running] = app.drilling.drills()
    assert "Stop the drill" in browser[0].get("/oncall/tests").text
    assert post(browser, f"/oncall/drill/{running.id}/stop").status_code == 303
    assert "it was stopped" in browser[0].get("/oncall/tests").text


def test_a_whole_drill_says_so_and_a_policy_that_is_not_there_is_said(app, story):
    browser = sites.signed_in(app)
    assert "at once?" in browser[0].get("/oncall/drill?policy=shop&whole=true").text
    missing = browser[0].get("/oncall/drill?policy=none")
    assert (missing.status_code, "There is no policy &#39;none&#39;" in missing.text) == (404, True)
    assert post(browser, "/oncall/drill", policy="shop", whole="true").status_code == 303
    assert app.drilling.drills()[0].is_whole


def test_what_comes_from_outside_is_shown_as_text(app, story):
    hostile = replace(person("ben"), title=HOSTILE)
    story.describe(stories.book(person("test-admin"), hostile, person("cat")))
    story.answers = lambda outgoing: replace(failing()(outgoing), reason=HOSTILE)
    app.proving.send([], is_everyone=True)
    app.drilling.begin(Wanted("shop"), HOSTILE)
    story.send()
    page = sites.signed_in(app)[0].get("/oncall/tests").text
    assert ("<script>alert" in page, "\u202e" in page) == (False, False)


def test_who_may_do_what(app, story):
    browsers = {role: sites.signed_in(app, role) for role in (Role.VIEWER, Role.RESPONDER)}
    asked = [
        (Role.VIEWER, "/oncall/tests", 403),
        (Role.RESPONDER, "/oncall/tests/all", 403),
        (Role.RESPONDER, "/oncall/drill", 403),
        (Role.VIEWER, "/oncall/drill/drl_x/stop", 403),
        (Role.RESPONDER, "/oncall/drill/drl_x/stop", 404),
        (Role.RESPONDER, "/oncall/tests", 404),
    ]
    for role, path, status in asked:
        assert (path, post(browsers[role], path).status_code) == (path, status)
    assert app.pager.pages(kind=None) == []


def test_without_the_csrf_token_nothing_is_sent(app, story):
    browser = sites.signed_in(app)[0]
    assert browser.post("/oncall/tests/all", data={}, follow_redirects=False).status_code == 403
    assert app.proving.rounds() == []


def test_the_link_in_a_test_page_offers_an_answer_and_says_that_this_was_all(app, story):
    app.proving.send(["ben"])
    story.send()
    link = f"/ack/{story.pager.token(story.sent[0][1], HOUR)}"
    browser = sites.client(app)
    asked = browser.get(link).text
    assert ("Acknowledge as ben" in asked, ">Resolve<" in asked) == (True, False)
    assert "That was all: this was an exercise" in browser.post(link, data={"verb": "acknowledge"}).text
    assert app.proving.rounds()[0].people[0].method == "ntfy"
