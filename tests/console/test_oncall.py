"""The console's page of on-call: the calendar, gaps, forms for overrides and swaps, and who may use them."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime, timedelta

import pytest
from tests import sites
from tests.oncall.stories import BERLIN, BOOK_TOML, at, book

from accelerapp.access.model import Role
from accelerapp.base.clock import MovingClock
from accelerapp.console import calendar
from accelerapp.flows.oncall import By
from accelerapp.oncall import service
from accelerapp.oncall.model import Rank

HOSTILE = "<script>alert(1)</script>\u202e"
ROOT = By("root", is_admin=True)


@pytest.fixture
def app(tmp_path):
    made = sites.product(tmp_path)
    made.clock = MovingClock(at("2026-03-20 12:00"))
    yield made
    made.database.engine.dispose()


@pytest.fixture
def browser(app):
    app.oncall.take(tomllib.loads(BOOK_TOML), ROOT)
    return sites.signed_in(app)


def post(browser, path, **form):
    page, csrf = browser
    return page.post(path, data={"csrf": csrf, "schedule": "shop", **form}, follow_redirects=False)


def test_before_the_first_schedule_the_page_says_how_to_make_one(app):
    page = sites.signed_in(app)[0].get("/oncall")
    assert (page.status_code, "accelerapp oncall schedule add" in page.text) == (200, True)


def test_the_page_shows_who_is_on_call_the_month_and_the_gaps(browser):
    page = browser[0].get("/oncall").text
    assert "March 2026" in page
    assert "Fri 20 Mar, 17:00" in page
    assert re.search(r'aria-current="date"><span><strong>20, today', page)
    assert "no secondary" in page
    assert "no primary" not in page
    assert "No contact method is verified" in page
    later = browser[0].get("/oncall?schedule=shop&month=2026-12").text
    assert ("December 2026" in later, "Christmas Day" in later) == (True, True)


@pytest.mark.parametrize("month", ["nonsense", "9999-12", "0001-01", "2026-13", "\x00"])
def test_a_month_that_is_none_shows_the_present_one(browser, month):
    page = browser[0].get("/oncall", params={"month": month})
    assert (page.status_code, "March 2026" in page.text) == (200, True)


def test_a_schedule_that_is_not_there_is_said(browser):
    page = browser[0].get("/oncall?schedule=bar")
    assert "There is no schedule &#39;bar&#39;" in page.text


def test_an_override_is_put_and_ended_by_forms(app, browser):
    assert post(browser, "/oncall/overrides", person="cy", ends="2026-03-21T12:00", reason=HOSTILE).status_code == 303
    (made,) = app.oncall.overrides("shop")
    assert (made.ends_at, made.made_by) == (at("2026-03-21 12:00"), "test-admin")
    page = browser[0].get("/oncall").text
    assert ("<script>alert" in page, "\u202e" in page, "End the override" in page) == (False, False, True)
    assert post(browser, f"/oncall/overrides/{made.id}/end").status_code == 303
    assert app.oncall.overrides("shop") == []


def test_a_form_that_is_wrong_comes_back_filled_in_with_what_is_wrong(browser):
    page = post(browser, "/oncall/overrides", person="cy", ends="2026-03-19T12:00", reason="dentist")
    assert page.status_code == 422
    assert "must be later than the start and than now" in page.text
    assert 'value="dentist"' in page.text
    for ends in ("", "soon", "9999-12-31T23:59", "0001-01-01T00:00"):
        assert post(browser, "/oncall/overrides", person="cy", ends=ends).status_code == 422
    assert post(browser, "/oncall/overrides", person="cy", ends="2026-03-21T12:00", rank="boss").status_code == 422


def test_a_swap_is_asked_and_accepted_by_forms(app, browser):
    page = browser[0].get("/oncall").text
    gives = re.search(r'<option value="(primary [^"]+)">ann', page)[1]
    assert post(browser, "/oncall/swaps", taker="cy", gives=gives).status_code == 303
    (swap,) = app.oncall.swaps()
    assert (swap.giver, swap.gives.starts_at) == ("ann", at("2026-03-27 17:00"))
    assert "Accept the swap" in browser[0].get("/oncall").text
    assert post(browser, f"/oncall/swaps/{swap.id}/accept").status_code == 303
    assert app.oncall.overrides("shop")[0].person == "cy"
    assert post(browser, f"/oncall/swaps/{swap.id}/accept").status_code == 400
    assert post(browser, f"/oncall/swaps/{swap.id}/eat").status_code == 404
    assert post(browser, "/oncall/swaps", taker="cy", gives="primary").status_code == 422


def test_viewers_look_and_change_nothing(app, browser):
    viewer = sites.signed_in(app, Role.VIEWER)
    assert viewer[0].get("/oncall").status_code == 200
    for path in ("/oncall/overrides", "/oncall/swaps", "/oncall/overrides/x/end", "/oncall/swaps/x/accept"):
        assert post(viewer, path).status_code == 403
    responder = sites.signed_in(app, Role.RESPONDER)
    shift = at("2026-03-27 17:00").isoformat()
    assert post(responder, "/oncall/swaps", taker="cy", gives=f"primary {shift}").status_code == 403


# -- the month ---------------------------------------------------------------------------------------------------------


def test_a_month_is_whole_weeks_and_each_day_says_who_begins_and_who_goes_on():
    schedule = book().schedules["shop"]
    first = date(2026, 3, 1)
    start, end = calendar.span(first, BERLIN)
    assert (start, end) == (at("2026-02-23 00:00"), at("2026-04-06 00:00"))
    shifts = [each for rank in Rank for each in service.shifts(schedule, (), rank, start, end)]
    month = calendar.month(schedule, shifts, first, at("2026-03-29 12:00"))
    assert [len(week) for week in month.weeks] == [7] * 6
    assert (month.before, month.after) == ("2026-02", "2026-04")
    days = {day.on: day for week in month.weeks for day in week}
    assert [each.on for each in days.values() if each.is_today] == [date(2026, 3, 29)]
    handoff = [
        (part.person, part.begins, part.ends) for part in days[date(2026, 3, 27)].parts if part.rank is Rank.PRIMARY
    ]
    assert handoff == [("ben", "", "17:00"), ("ann", "17:00", "")]
    backup = [
        (part.person, part.begins, part.ends) for part in days[date(2026, 3, 28)].parts if part.rank is Rank.SECONDARY
    ]
    assert backup == [("", "", "10:00"), ("ben", "10:00", "14:00"), ("", "14:00", "")]


def test_a_form_means_the_clock_of_the_schedule():
    assert calendar.moment("2026-07-01T12:00", "Europe/Berlin") == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert calendar.moment("2026-07-01T12:00+00:00", "Europe/Berlin") == datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert (
        calendar.wall(datetime(2026, 7, 1, 10, tzinfo=UTC) + timedelta(days=1), "Europe/Berlin") == "Thu 2 Jul, 12:00"
    )
