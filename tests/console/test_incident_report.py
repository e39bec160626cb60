"""The console's pages of the report of an incident and of the figures of all."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from tests import sites
from tests.fakes import NOON

from accelerapp.access.model import Role
from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.base.severity import Severity
from accelerapp.incidents.model import Viewer, Wanted
from accelerapp.postmortems.model import Part, State

HOSTILE = "<script>alert(1)</script> [x](javascript:alert(2)) \u202e\x1b[31m"
BEN = Viewer("ben")


@pytest.fixture
def app(tmp_path):
    made = sites.product(tmp_path)
    made.clock = MovingClock(NOON)
    yield made
    made.database.engine.dispose()


@pytest.fixture
def id(app):
    made = app.incidents.open(Wanted(HOSTILE, Severity.P1, ("shop",), calls=False), BEN)
    app.incidents.acknowledge(made.id, BEN)
    app.incidents.add_task(made.id, BEN, HOSTILE, owner="ben")
    app.clock.move(timedelta(minutes=40))
    app.incidents.resolve(made.id, BEN, "rolled back")
    return made.id


def post(browser, path, **form):
    page, csrf = browser
    return page.post(path, data={"csrf": csrf, **form}, follow_redirects=False)


def shown(browser, id):
    answer = browser[0].get(f"/incidents/{id}/report")
    assert answer.status_code == 200
    return answer.text


def test_it_reads_like_the_template_and_says_what_is_not_known(app, id):
    page = shown(sites.signed_in(app), id)
    for words in (
        "Incident Report",
        "Service restored: rolled back",
        "0 hours 40 minutes",
        "Not known.",
        "Take over 1 task",
    ):
        assert words in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "\x1b" not in page


def test_a_section_is_written_in_a_form(app, id):
    browser = sites.signed_in(app)
    done = post(browser, f"/incidents/{id}/report/sections/root_cause", version="0", text=f"A **lock**.\r\n{HOSTILE}")
    assert (done.status_code, done.headers["location"]) == (303, f"/incidents/{id}/report#root_cause")
    page = shown(browser, id)
    assert "A <strong>lock</strong>." in page
    assert "<script>alert" not in page
    assert "version 1" in page


def test_whoever_comes_second_sees_both_texts_and_can_write_theirs(app, id):
    browser = sites.signed_in(app)
    app.postmortems.write(id, BEN, Part.LESSONS, "first of ben", 0)
    refused = post(browser, f"/incidents/{id}/report/sections/lessons", version="0", text="second of me")
    assert refused.status_code == 400
    assert "ben has written the section lessons" in refused.text
    assert "<p>first of ben</p>" in refused.text
    form = refused.text[refused.text.index("/report/sections/lessons") :]
    assert "second of me</textarea>" in form
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version
    again = post(browser, f"/incidents/{id}/report/sections/lessons", version=version[1], text="first and second")
    assert again.status_code == 303
    assert app.postmortems.report(id, BEN).sections[Part.LESSONS].text == "first and second"


def test_while_the_database_is_away_what_was_typed_comes_back(app, id, monkeypatch):
    browser = sites.signed_in(app)

    def away(*given):
        raise errors.CannotTellError("The database does not answer.")

    for verb in ("write", "report"):  # a database that goes away in the midst of one request
        monkeypatch.setattr(type(app.postmortems), verb, away)
    answer = post(browser, f"/incidents/{id}/report/sections/lessons", version="0", text="my long text")
    assert answer.status_code == 503
    assert "my long text</textarea>" in answer.text


def test_it_is_reviewed_and_published_and_then_not_written_on(app, id):
    browser = sites.signed_in(app)
    assert "Ask for a review" in shown(browser, id)
    for state in ("in_review", "published"):
        assert post(browser, f"/incidents/{id}/report/state", state=state).status_code == 303
    page = shown(browser, id)
    assert "Take it back to write on" in page
    assert "Write the section" not in page
    late = post(browser, f"/incidents/{id}/report/sections/lessons", version="0", text="x")
    assert (late.status_code, "is published" in late.text) == (400, True)
    assert post(browser, f"/incidents/{id}/report/state", state="in_review").status_code == 400
    assert app.postmortems.report(id, BEN).state is State.PUBLISHED


def test_action_items_are_taken_over_added_and_done(app, id):
    browser = sites.signed_in(app)
    assert post(browser, f"/incidents/{id}/report/take").status_code == 303
    added = post(browser, f"/incidents/{id}/report/actions", text="watch it", owner="ben", due="2026-02-27")
    assert added.status_code == 303
    assert "overdue" in shown(browser, id)
    for each in app.postmortems.report(id, BEN).actions:
        assert post(browser, f"/incidents/{id}/report/actions/{each.id}/done").status_code == 303
    page = shown(browser, id)
    assert "overdue" not in page
    assert page.count(">Not done<") == 2
    wrong = post(browser, f"/incidents/{id}/report/actions", text="x", due="soon")
    assert (wrong.status_code, "is not a day" in wrong.text) == (400, True)
    assert post(browser, f"/incidents/{id}/report/actions/act_0/done").status_code == 404


def test_a_viewer_reads_and_does_not_write(app, id):
    browser = sites.signed_in(app, Role.VIEWER)
    shown(browser, id)
    assert post(browser, f"/incidents/{id}/report/take").status_code == 403
    assert browser[0].post(f"/incidents/{id}/report/take").status_code == 403


def test_a_private_one_is_not_there_for_others(app):
    hidden = app.incidents.open(Wanted("the key leaked", Severity.P1, is_private=True, calls=False), BEN)
    answer = sites.signed_in(app, Role.RESPONDER)[0].get(f"/incidents/{hidden.id}/report")
    assert answer.status_code == 404
    assert "the key leaked" not in answer.text


def test_figures_stand_as_tiles_plots_and_tables(app, id):
    browser = sites.signed_in(app)
    page = browser[0].get("/incidents/statistics?days=30")
    assert page.status_code == 200
    drawn = json.loads(re.search(r'id="usage">(.*?)</script>', page.text, re.DOTALL)[1])
    assert [each["id"] for each in drawn["plots"]] == ["frequency", "times"]
    counts = drawn["plots"][0]["lines"][0]
    assert (counts["name"], counts["v"][-1], len(counts["t"])) == ("P1", 1, 6)
    assert drawn["plots"][1]["lines"][1]["v"] == [None] * 5 + [0.6667]
    assert all(0 <= at <= drawn["span"] for at in counts["t"])
    assert "Nothing came more than once." in page.text


def test_without_incidents_the_figures_teach(app):
    browser = sites.signed_in(app)[0]
    assert "will stand here" in browser.get("/incidents/statistics").text
    assert browser.get("/incidents/statistics?days=0").status_code == 422
