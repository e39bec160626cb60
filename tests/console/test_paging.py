"""The pages of pages: who is called by what and how that went, acknowledge and resolve, and how quickly that was."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.console import books
from tests.console.books import post
from tests.console.test_scenes import checked

from accelerapp.access.model import Role
from accelerapp.base import errors
from accelerapp.console import paging
from accelerapp.paging.model import OutgoingState, PagingState, Verb

HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture
def desk(tmp_path):
    made = books.Desk(tmp_path)
    yield made
    made.app.database.engine.dispose()


@pytest.fixture
def app(desk):
    return desk.app


@pytest.fixture
def ann(desk):
    return desk.browser("ann")


def send(app, reason=""):
    """Every message that is due arrives, or fails for this reason."""
    with app.pager.writing() as stores:
        for each in stores.outbox.claim("test", app.clock.now(), timedelta(minutes=1), 100):
            state = OutgoingState.FAILED if reason else OutgoingState.DELIVERED
            stores.outbox.end(replace(each, state=state, ended_at=app.clock.now(), reason=reason))


def text_of(html, id):
    part = html[html.index(f'id="{id}"') :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", part[: part.index("</section>")]))


def test_before_the_first_page_it_says_what_will_stand_there(ann):
    page = ann.get("/pages").text
    checked(page)
    assert "accelerapp alert test" in page
    assert "P1 15 min" in page


def test_without_people_it_says_that_nobody_can_be_called(desk):
    desk.begin(books.Book())
    assert "Nobody is paged: there is no person" in desk.browser("ann").get("/pages").text


def test_an_open_page_stands_there_with_who_was_called_and_how_that_went(app, ann):
    books.alarm(app)
    send(app, "ntfy answers 403: the token was revoked.")
    page = ann.get("/pages").text
    checked(page)
    shown = text_of(page, "pages-open")
    assert "P1 calling" in shown
    assert "6 % of requests fail" in shown
    assert "ann by email : failed, ntfy answers 403: the token was revoked." in shown
    assert "ntfy answers 403" in text_of(page, "pages-unreached")


def test_a_page_shows_each_message_with_its_reason_the_chain_and_the_alerts(app, ann):
    id = books.alarm(app)
    send(app)
    app.clock.move(timedelta(minutes=2))
    send(app, "the number does not exist")
    page = ann.get(f"/pages/{id}").text
    checked(page)
    for words in (
        "delivered",
        "the number does not exist",
        "waits",
        "+4…78",
        "secondary shop",
        "due <time",
        "/alerts/alr_",
    ):
        assert words in page
    assert "+4915112345678" not in page
    assert 'aria-current="step"' in page


def test_it_is_acknowledged_with_a_word_then_resolved_and_the_time_is_kept(app, ann):
    id = books.alarm(app)
    app.clock.move(timedelta(minutes=3))
    assert post(ann, f"/pages/{id}/acknowledge", note="on my way").headers["location"] == f"/pages/{id}"
    found = app.pager.detail(id).paging
    assert (found.state, found.acknowledged_by) == (PagingState.ACKNOWLEDGED, "ann")
    page = ann.get(f"/pages/{id}").text
    assert "P1 seen" in page
    assert "Acknowledge the page" not in page
    assert "on my way" in ann.get(re.search(r'href="(/alerts/alr_[^"]+)"', page)[1]).text
    assert post(ann, f"/pages/{id}/resolve").status_code == 303
    shown = ann.get("/pages").text
    assert "resolved by ann" in text_of(shown, "pages-over")
    assert "P1 1 1 3 min" in text_of(shown, "pages-responses")


def test_a_page_that_was_answered_too_late_is_marked(app, ann):
    id = books.alarm(app)
    app.clock.move(timedelta(minutes=20))
    assert "late" in text_of(ann.get("/pages").text, "pages-open")
    post(ann, f"/pages/{id}/acknowledge")
    row = ann.get("/pages").text
    assert 'data-tone="warning">20 min' in row


def test_whoever_is_slower_is_told_who_was_quicker_and_nothing_changes(app, desk, ann):
    id = books.alarm(app)
    post(desk.browser("ben"), f"/pages/{id}/acknowledge")
    answer = post(ann, f"/pages/{id}/acknowledge")
    assert answer.status_code == 400
    assert "is acknowledged already, by ben" in answer.text
    assert "Resolve the page" in answer.text
    assert app.pager.detail(id).paging.acknowledged_by == "ben"


def test_the_buttons_of_the_list_belong_to_a_form_that_carries_the_token(app, ann):
    id = books.alarm(app)
    page = ann.get("/pages").text
    assert f'form="act" formaction="/pages/{id}/acknowledge"' in page
    assert re.search(r'<form id="act" method="post"><input type="hidden" name="csrf" value="token">', page)
    assert books.CSRF not in str(paging.load_frame(_shared(app)).parts)


def _shared(app):
    from accelerapp.console.desk import Desk

    return Desk(app)


def test_what_is_watched_is_made_by_the_same_lines_as_the_page(app, ann):
    books.alarm(app)
    frame = paging.load_frame(_shared(app))
    page = ann.get("/pages").text
    for html in frame.parts.values():
        assert html in page


def test_viewers_look_and_answer_nothing(app, desk):
    id = books.alarm(app)
    viewer = desk.browser("ann", Role.VIEWER)
    assert viewer.get(f"/pages/{id}").status_code == 200
    for verb in Verb:
        assert post(viewer, f"/pages/{id}/{verb}").status_code == 403
        assert desk.browser("ann").post(f"/pages/{id}/{verb}", data={"csrf": "x"}).status_code == 403
    assert app.pager.detail(id).paging.state is PagingState.TRIGGERED


def test_a_page_that_is_not_there_is_said(ann):
    for id in ("pgg_nobody", "%00", "x" * 300, "%F0%9F%92%A9"):
        assert ann.get(f"/pages/{id}").status_code == 404
        assert post(ann, f"/pages/{id}/acknowledge").status_code == 404


def test_hostile_titles_and_reasons_stay_text(app, ann):
    id = books.alarm(app, HOSTILE.removesuffix("\u202e"))
    send(app, HOSTILE * 30)
    for path in ("/pages", f"/pages/{id}"):
        page = ann.get(path).text
        checked(page)
        assert "<script>alert" not in page
        assert "\u202e" not in page


def test_in_a_storm_the_list_stays_small_and_none_is_missing(app, ann):
    for number in range(40):
        books.alarm(app, f"alarm {number:03}")
    answer = ann.get("/pages")
    assert len(answer.content) < 200_000
    assert all(f"alarm {number:03}" in answer.text for number in range(40))


def test_a_database_that_does_not_answer_is_said_and_is_no_empty_list(app, ann):
    def away():
        raise errors.CannotTellError("The database does not answer.", mend="Look whether it runs.")

    app.__dict__["pager"] = replace(app.pager, reading=away)
    page = ann.get("/pages").text
    assert page.count("The database does not answer.") >= 4
    assert "Nobody is called" not in page
    assert ann.get("/pages/pgg_x").status_code == 503
