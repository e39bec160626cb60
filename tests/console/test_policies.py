"""The pages of policies and schedules, and the editor: a piece of TOML, all mistakes at once, nothing lost."""

from __future__ import annotations

import html
import re
import tomllib
from datetime import date

import pytest
from tests.console import books
from tests.console.books import post
from tests.console.test_scenes import checked

from accelerapp.access.model import Role
from accelerapp.console import policies
from accelerapp.oncall import editing
from accelerapp.oncall.model import Book

SHOP = {"kind": "policies", "name": "shop"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    made = books.Desk(tmp_path_factory.mktemp("product"))
    yield made
    made.app.database.engine.dispose()


@pytest.fixture
def app(desk):
    return desk.begin()


@pytest.fixture
def root(desk, app):
    return desk.browser("root", Role.ADMIN)


def editor(browser, **params):
    """The text that the editor shows, and its hidden fields."""
    page = browser.get("/oncall/edit", params=params)
    assert page.status_code == 200
    checked(page.text)
    return typed(page), {"seen": re.search(r'name="seen" value="([^"]*)"', page.text)[1], **params}


def typed(answer):
    return html.unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", answer.text, re.DOTALL)[1])


# -- how it reads ------------------------------------------------------------------------------------------------------


def test_before_the_first_policy_and_schedule_the_pages_teach(desk):
    desk.begin(Book())
    browser = desk.browser("root", Role.ADMIN)
    for path, words in (("policies", "accelerapp oncall policy add"), ("schedules", "accelerapp oncall schedule add")):
        page = browser.get(f"/oncall/{path}").text
        checked(page)
        assert words in page


def test_a_policy_reads_as_a_chain_with_who_is_meant_now(root):
    page = root.get("/oncall/policies").text
    checked(page)
    steps = [re.sub(r"<[^>]*>", "", each).strip() for each in re.findall(r"<li>(.*?)</li>", page, re.DOTALL)]
    assert "primary shop (now ann), then wait 5m" in steps
    assert "secondary shop (now ben) and lead platform (now cy), then wait 10m" in steps
    assert "For P1, P2 of" in page


def test_the_table_says_which_policy_counts_for_each_service_and_severity(app, root):
    app.oncall.take({"policies": {"rest": {"severities": ["P1"], "steps": [{"call": "everyone"}]}}}, books.ROOT)
    rows = policies.counting(app.oncall.book(), ["mailer"])
    assert [(name, [each and each.name for each in row]) for name, row in rows] == [
        ("mailer", ["rest", None, None, None]),
        ("shop", ["shop", "shop", None, None]),
        ("", ["rest", None, None, None]),
    ]
    page = root.get("/oncall/policies").text
    assert 'href="#policy-rest"' in page
    assert "Where no policy counts, everyone is called." in page


def test_a_schedule_reads_as_its_layers(root):
    page = root.get("/oncall/schedules").text
    checked(page)
    for words in (
        "1w from Friday 17:00",
        "Mon-Fri 09:00-17:00, Sat,Sun 10:00-14:00, not on holidays",
        "is primary now",
    ):
        assert words in page


def test_a_database_that_does_not_answer_is_said_and_is_no_empty_list(app, root):
    for name in ("policies", "schedules", "people"):
        broken = app.oncall.__class__(reading=books.unreachable, writing=books.unreachable, clock=app.clock)
        known, app.__dict__["oncall"] = app.oncall, broken
        page = root.get(f"/oncall/{name}").text
        app.__dict__["oncall"] = known
        assert "The database does not answer." in page
        assert "There is no" not in page


# -- the editor --------------------------------------------------------------------------------------------------------


def test_an_entry_is_shown_as_in_a_file_and_saved(app, root):
    text, fields = editor(root, **SHOP)
    assert tomllib.loads(text)["policies"]["shop"]["services"] == ["shop"]
    answer = post(root, "/oncall/edit", text=text.replace("repeat = 3", "repeat = 1"), **fields)
    assert answer.headers["location"] == "/oncall/policies?did=saved"
    assert app.oncall.book().policies["shop"].repeat == 1
    assert "It is saved." in root.get("/oncall/policies?did=saved").text


def test_what_a_browser_sends_with_its_own_line_ends_and_unchanged_changes_nothing(app, root):
    before = app.oncall.book()
    for kind, name in (("policies", "shop"), ("schedules", "shop"), ("teams", "platform"), ("people", "ann"), ("", "")):
        text, fields = editor(root, kind=kind, name=name)
        answer = post(root, "/oncall/edit", text=text.replace("\n", "\r\n"), **fields)
        assert (kind, answer.headers["location"].partition("?")[2]) == (kind, "did=same")
    assert app.oncall.book() == before


def test_all_mistakes_stand_beside_the_text_which_is_not_lost(app, root):
    before = app.oncall.book()
    _, fields = editor(root, **SHOP)
    text = '[policies.shop]\nsteps = [{ call = "primary bar", wait = "1s" }]\nrepaet = 3 # <b>\n'
    answer = post(root, "/oncall/edit", text=text, **fields)
    assert answer.status_code == 422
    checked(answer.text)
    assert typed(answer) == text
    for words in ("2 mistakes", "policies.shop.repaet", "policies.shop.steps[0].wait", "is shorter than 10 seconds"):
        assert words in answer.text
    assert app.oncall.book() == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[policies.shop\n", "line 1, column 15"),
        ("a = " + "[" * 5000, "cannot be read"),
        ('[people.ann]\nzone = "Mars"', "people.ann.zone"),
        ("[policies.shop]\nsteps = []", "it calls nobody"),
        ('[policies.shop]\nsteps = [{ call = "person eve" }]', "there is no person &#39;eve&#39;"),
        ("x = 2026-99-99", "line 1, column"),
        ("\x00", "line 1, column 1"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(app, root, text, words):
    before = app.oncall.book()
    answer = post(root, "/oncall/edit", text=text, **SHOP)
    assert answer.status_code == 422
    assert words in answer.text
    assert app.oncall.book() == before


def test_of_two_who_edit_at_once_the_later_is_shown_what_changed_and_may_save_then(app, root):
    text, fields = editor(root, **SHOP)
    first = post(root, "/oncall/edit", text=text.replace("repeat = 3", "repeat = 1"), **fields)
    assert first.status_code == 303
    mine = text.replace("repeat = 3", "repeat = 5")
    answer = post(root, "/oncall/edit", text=mine, **fields)
    assert answer.status_code == 400
    checked(answer.text)
    assert "It was changed by somebody else" in answer.text
    assert typed(answer) == mine
    assert "repeat = 1" in answer.text
    assert app.oncall.book().policies["shop"].repeat == 1
    seen = re.search(r'name="seen" value="([^"]*)"', answer.text)[1]
    assert post(root, "/oncall/edit", text=mine, **{**fields, "seen": seen}).status_code == 303
    assert app.oncall.book().policies["shop"].repeat == 5


@pytest.mark.parametrize("kind", ["people", "teams", "schedules", "policies"])
def test_a_new_entry_begins_with_an_example_that_can_be_saved(app, root, kind):
    text, fields = editor(root, kind=kind, name="night.one")
    assert post(root, "/oncall/edit", text=text, **fields).status_code == 303
    assert "night.one" in getattr(app.oncall.book(), kind)


@pytest.mark.parametrize("kind", ["people", "teams", "schedules", "policies"])
def test_the_examples_are_toml_before_anybody_is_described(kind):
    text = editing.example(kind, 'a "b"', Book(), date(2026, 3, 20))
    assert list(tomllib.loads(text)[kind]) == ['a "b"']


def test_a_long_text_is_neither_cut_nor_cleaned(app, root):
    text = "# " + "ü" * 30_000 + "\u202e\n[policies.shop]\nsteps = 3\n"
    assert typed(post(root, "/oncall/edit", text=text, **SHOP)) == text


def test_an_entry_is_removed_unless_another_names_it(app, root):
    answer = post(root, "/oncall/remove", kind="schedules", name="shop")
    assert answer.status_code == 422
    assert "there is no schedule &#39;shop&#39;" in answer.text
    assert post(root, "/oncall/remove", **SHOP).headers["location"] == "/oncall/policies?did=removed"
    assert post(root, "/oncall/remove", kind="schedules", name="shop").status_code == 303
    assert post(root, "/oncall/remove", **SHOP).status_code == 404
    assert post(root, "/oncall/remove", kind="nothing", name="x").status_code == 422
    assert app.oncall.book().schedules == {}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.RESPONDER])
def test_only_administrators_edit_the_book(desk, app, role):
    browser = desk.browser("ann", role)
    assert browser.get("/oncall/edit?kind=policies&name=shop").status_code == 403
    assert post(browser, "/oncall/edit", text="", **SHOP).status_code == 403
    assert post(browser, "/oncall/remove", **SHOP).status_code == 403
    for path in ("policies", "schedules"):
        page = browser.get(f"/oncall/{path}").text
        assert "/oncall/edit" not in page


def test_a_form_from_elsewhere_changes_nothing(app, root):
    for path in ("/oncall/edit", "/oncall/remove"):
        assert root.post(path, data={"csrf": "wrong", "text": "", **SHOP}).status_code == 403
    assert "shop" in app.oncall.book().policies
