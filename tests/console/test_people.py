"""The pages of people: who can be called, by what and when; each edits their own, administrators everybody's."""

from __future__ import annotations

import re

import pytest
from tests.console import books
from tests.console.books import post
from tests.console.test_scenes import checked
from tests.oncall import stories

from accelerapp.access.model import Role
from accelerapp.base import errors
from accelerapp.flows.oncall_links import Codes
from accelerapp.oncall import editing
from accelerapp.oncall.model import Book, Severity

HOSTILE = "<script>alert(1)</script>\u202e"
ANN = "/oncall/people/ann"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    made = books.Desk(tmp_path_factory.mktemp("product"))
    yield made
    made.app.database.engine.dispose()


@pytest.fixture
def app(desk):
    return desk.begin()


@pytest.fixture
def codes(app):
    """What was sent to prove methods."""
    sender = books.Codes()
    app.__dict__["oncall_codes"] = Codes(app.oncall, str, sender)
    return sender


@pytest.fixture
def ann(desk, app):
    return desk.browser("ann")


@pytest.fixture
def root(desk, app):
    return desk.browser("root", Role.ADMIN)


def method(app, person, name):
    return next(each for each in app.oncall.book().people[person].methods if each.name == name)


# -- the list ----------------------------------------------------------------------------------------------------------


def test_before_anybody_is_described_the_page_says_what_will_stand_there_and_how(desk):
    desk.begin(Book())
    page = desk.browser("root", Role.ADMIN).get("/oncall/people").text
    checked(page)
    assert "accelerapp oncall person add" in page
    assert "Add the person" in page


def test_the_list_says_who_can_be_called_by_what_and_who_is_on_call(root):
    page = root.get("/oncall/people").text
    checked(page)
    rows = {
        name: row
        for row in page[: page.index("Teams")].split("<tr")[1:]
        for name in ("ann", "ben", "cy")
        if f"/people/{name}" in row
    }
    assert "not verified" in rows["ann"]
    assert "ann@example.com" in rows["ann"]
    assert "no channel" in rows["ben"]  # there is one for mail only
    assert "primary" in rows["ann"]  # until the handoff at 17:00
    assert "platform" in page


def test_others_see_only_the_ends_of_addresses(app, ann):
    page = ann.get("/oncall/people").text
    assert "ann@example.com" in page
    assert "+4915112345679" not in page
    assert "+4…79" in page
    other = ann.get("/oncall/people/ben").text
    checked(other)
    assert "+4915112345679" not in other
    assert "<form" not in other[other.index("<main") : other.index("</main>")]


def test_an_administrator_adds_somebody_with_a_first_method(app, root):
    given = {"name": "dora", "title": "Dora Lind", "zone": "Europe/Oslo", "kind": "email", "address": "d@example.com"}
    assert post(root, "/oncall/people", **given).headers["location"] == "/oncall/people/dora?did=made"
    assert method(app, "dora", "email").address == "d@example.com"
    again = post(root, "/oncall/people", **given)
    assert (again.status_code, "There is a person &#39;dora&#39; already" in again.text) == (400, True)


def test_a_form_with_mistakes_comes_back_filled_in_with_all_of_them(app, root):
    answer = post(root, "/oncall/people", name="e e", title="Eve", zone="Mars", kind="sms", address="12")
    assert answer.status_code == 422
    assert "is not a name" in answer.text
    answer = post(root, "/oncall/people", name="eve", title="Eve", zone="Mars", kind="sms", address="12")
    for words in ("2 mistakes", "is not a time zone", "is not a number with its country", 'value="Eve"'):
        assert words in answer.text
    assert "eve" not in app.oncall.book().people


def test_somebody_who_is_still_named_stays(app, root):
    answer = post(root, f"{ANN}/remove")
    assert answer.status_code == 422
    assert "there is no person &#39;ann&#39;" in answer.text
    assert "ann" in app.oncall.book().people
    app.oncall.take({"people": {"eve": {"methods": {"email": "e@example.com"}}}}, books.ROOT)
    assert post(root, "/oncall/people/eve/remove").status_code == 303
    assert "eve" not in app.oncall.book().people


# -- one person --------------------------------------------------------------------------------------------------------


def test_a_person_sees_their_methods_times_and_next_shifts(ann):
    page = ann.get(ANN).text
    checked(page)
    for words in ("Ann Lee", "ann-phone", "Fri 20 Mar, 17:00", "Ways to reach you", 'value="22:00-07:00"'):
        assert words in page
    assert "No channel carries it." in page
    assert "[channels.NAME] with kind = &#34;ntfy&#34;" in page
    assert 'placeholder="5m" aria-label="voice for P2"' in page
    assert 'placeholder="–" aria-label="voice for P3"' in page


def test_rules_quiet_hours_and_zone_are_saved_together(app, ann):
    methods = ["ntfy", "mobile", "voice", "email"]
    times = {"P1": ["now", "1m", "2m, 10m", ""], "P2": [""] * 4, "P3": ["", "", "", "30m"], "P4": [""] * 4}
    given = {"title": "Ann L.", "zone": "Asia/Tokyo", "quiet": "", "method": methods, **times}
    assert post(ann, ANN, **given).headers["location"] == f"{ANN}?did=saved"
    person = app.oncall.book().people["ann"]
    assert (person.title, person.zone, person.quiet) == ("Ann L.", "Asia/Tokyo", None)
    assert [rule.severity for rule in person.rules] == [Severity.P1, Severity.P3]
    assert [editing.times(person, Severity.P1, each) for each in methods] == ["now", "1m", "2m, 10m", ""]
    page = ann.get(f"{ANN}?did=saved").text
    assert 'value="2m, 10m" placeholder="–" aria-label="voice for P1"' in page
    assert "It is saved." in page


def test_mistakes_in_the_times_are_told_all_at_once_and_nothing_typed_is_lost(app, ann):
    before = app.oncall.book()
    given = {"zone": "Nowhere", "quiet": "late", "method": ["ntfy", "mobile"], "P1": ["soon", "2m"]}
    answer = post(ann, ANN, **given)
    assert answer.status_code == 422
    for words in (
        "3 mistakes",
        "rules.P1[0].after",
        "is not a time zone",
        'value="soon"',
        'value="late"',
        'value="2m"',
    ):
        assert words in answer.text
    assert app.oncall.book() == before


def test_a_method_that_was_added_while_the_form_was_open_keeps_its_times(app, root):
    rule = {"P2": [{"method": "ntfy"}, {"method": "email", "after": "4m"}]}
    table = {**app.oncall.tables()["people"]["ann"], "rules": rule}
    app.oncall.take({"people": {"ann": table}}, books.ROOT)
    assert post(root, ANN, zone="UTC", method=["ntfy", "gone"], P2=["1m", ""]).status_code == 303
    person = app.oncall.book().people["ann"]
    assert (editing.times(person, Severity.P2, "ntfy"), editing.times(person, Severity.P2, "email")) == ("1m", "4m")
    answer = post(root, ANN, zone="UTC", method=["gone"], P2=["1m"])
    assert "there is no method &#39;gone&#39;" in answer.text


def test_a_method_is_added_proven_by_its_code_and_removed(app, ann, codes):
    assert post(ann, f"{ANN}/methods", kind="email", address="a@home.example", called="home").status_code == 303
    assert method(app, "ann", "home").verified_at is None
    assert post(ann, f"{ANN}/code", method="home").headers["location"] == f"{ANN}?did=code"
    [(who, which, code)] = codes.sent
    assert (who, which) == ("ann", "home")
    wrong = post(ann, f"{ANN}/verify", method="home", code="000000x")
    assert (wrong.status_code, "That is not the code." in wrong.text) == (400, True)
    assert post(ann, f"{ANN}/verify", method="home", code=f" {code} ").status_code == 303
    assert method(app, "ann", "home").verified_at is not None
    page = ann.get(ANN).text
    assert "not verified, not used" in page
    assert post(ann, f"{ANN}/methods/remove", method="home").status_code == 303
    gone = post(ann, f"{ANN}/methods/remove", method="home")
    assert (gone.status_code, "There is no method &#39;home&#39;" in gone.text) == (404, True)


def test_a_channel_that_does_not_answer_is_said_and_the_page_still_stands(ann, codes):
    codes.trouble = errors.CannotTellError("The mail server does not answer.", mend="Try again.")
    answer = post(ann, f"{ANN}/code", method="email")
    assert answer.status_code == 503
    assert "The mail server does not answer. Try again." in answer.text
    assert "Ways to reach you" in answer.text
    assert "less than a minute ago" in post(ann, f"{ANN}/code", method="email").text


def test_to_remove_a_method_takes_the_steps_that_use_it_along(app, root):
    assert post(root, "/oncall/people/ben/methods/remove", method="voice").status_code == 303
    person = app.oncall.book().people["ben"]
    assert [each.name for each in person.methods] == ["sms"]
    assert [step.method for rule in person.rules for step in rule.steps] == ["sms"]


def test_the_last_method_that_a_policy_can_reach_anybody_by_stays(desk):
    toml = '[people.ann.methods]\nemail = "a@example.com"\n[policies.all]\nsteps = [{ call = "person ann" }]\n'
    app = desk.begin(stories.book(toml))
    answer = post(desk.browser("ann"), f"{ANN}/methods/remove", method="email")
    assert answer.status_code == 422
    assert "it can reach nobody" in answer.text
    assert method(app, "ann", "email")


ACTS = ["", "/methods", "/methods/remove", "/code", "/verify"]


@pytest.mark.parametrize("act", ACTS)
def test_nobody_changes_another_and_a_viewer_nothing(desk, app, codes, act):
    before = app.oncall.book()
    given = {"method": "sms", "kind": "email", "address": "x@example.com", "zone": "UTC", "code": "1"}
    assert post(desk.browser("ann"), f"/oncall/people/ben{act}", **given).status_code == 403
    assert post(desk.browser("ben", Role.VIEWER), f"/oncall/people/ben{act}", **given).status_code == 403
    root = desk.browser("root", Role.ADMIN)
    assert root.post(f"/oncall/people/ben{act}", data={"csrf": "wrong", **given}).status_code == 403
    assert (app.oncall.book(), codes.sent) == (before, [])


def test_only_administrators_add_and_remove_people(ann):
    assert post(ann, "/oncall/people", name="eve").status_code == 403
    assert post(ann, f"{ANN}/remove").status_code == 403
    assert "Add the person" not in ann.get("/oncall/people").text


def test_hostile_names_and_texts_stay_text(app, root):
    answer = post(root, f"{ANN}/methods", kind=HOSTILE, address=HOSTILE, called=HOSTILE)
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert root.get("/oncall/people/nobody").status_code == 404
    assert post(root, "/oncall/people/nobody", zone="UTC").status_code == 404
    assert post(root, ANN, zone="UTC", method=["x" * 300]).status_code == 422
    named = {"methods": {"a/b <i>": {"kind": "email", "address": "a@example.com"}}, "title": "<b>Eve</b>"}
    app.oncall.take({"people": {"eve": named}}, books.ROOT)
    page = root.get("/oncall/people/eve").text
    checked(page)
    assert ("<b>Eve" in page, "a/b <i>" in page) == (False, False)
    assert post(root, "/oncall/people/eve/methods/remove", method="a/b <i>").status_code == 303


def test_a_page_with_many_people_is_small_enough(app, root):
    many = {f"p{n}": {"methods": {"email": f"p{n}@example.com"}} for n in range(200)}
    app.oncall.take({"people": many}, books.ROOT)
    answer = root.get("/oncall/people")
    assert len(re.findall(r'href="/oncall/people/p\d+"', answer.text)) == 200
    assert len(answer.content) < 200_000
