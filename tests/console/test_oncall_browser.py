"""The pages of on-call in a real browser: without a script, on a phone, and while a page is watched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.console import books

from accelerapp.app import App
from accelerapp.flows.oncall_links import Codes
from accelerapp.oncall.model import PersonName

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("console-browser")]
LIVE = 15_000
"""Milliseconds that a live change may take to be seen: generous, the usual is two seconds."""
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
Opening = Callable[..., tuple[Page, list[str]]]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = books.product(tmp_path)
    yield made
    made.database.engine.dispose()


def test_a_person_proves_a_method_and_sets_their_times_without_a_script(app: App, open_page: Opening) -> None:
    codes = books.Codes()
    app.__dict__["oncall_codes"] = Codes(app.oncall, str, codes)
    page, _ = open_page("/oncall/people", "responder.ann", java_script_enabled=False)
    page.get_by_role("link", name="Ann Lee").click()
    page.get_by_role("button", name="Send a code to email").click()
    expect(page.get_by_role("status").filter(has_text="A code is on its way")).to_be_visible()
    page.get_by_label("The code that came to email").fill(codes.sent[0][2])
    page.get_by_role("button", name="Verify email").click()
    expect(page.get_by_text("The method is verified.")).to_be_visible()
    page.get_by_label("email for P2").fill("now, 10m")
    page.get_by_label("Quiet hours").fill("23:00-06:00")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("It is saved.")).to_be_visible()
    expect(page.get_by_label("email for P2")).to_have_value("now, 10m")
    person = app.oncall.book().people[PersonName("ann")]
    assert [step.after for rule in person.rules for step in rule.steps] == [timedelta(), timedelta(minutes=10)]
    assert person.quiet is not None
    assert person.quiet.starts.hour == 23


def test_a_policy_is_mended_in_the_editor_until_it_can_be_saved(app: App, open_page: Opening) -> None:
    page, troubles = open_page("/oncall/policies", "admin.root")
    page.get_by_label("A new policy").fill("night")
    page.keyboard.press("Enter")
    text = page.get_by_label("As in a file")
    expect(text).to_have_value(re.compile(r"\[policies\.night\]"))
    text.fill(text.input_value().replace("primary shop", "primary bar").replace('"15m"', '"1s"'))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("nothing was changed")
    expect(page.locator("#wrong li")).to_contain_text(["is shorter than 10 seconds"])
    text.fill(text.input_value().replace("primary bar", "primary shop").replace('"1s"', '"15m"'))
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/oncall/policies?did=saved")
    expect(page.locator("#policy-night")).to_contain_text("primary shop (now ann), then wait 5m")
    assert "night" in app.oncall.book().policies
    assert [each for each in troubles if "422" not in each] == []


def test_a_page_that_comes_while_one_looks_is_seen_and_acknowledged_from_the_list(app: App, open_page: Opening) -> None:
    page, troubles = open_page("/pages", "responder.ann")
    expect(page.locator("#pages-open")).to_contain_text("Nobody is called for anything.")
    id = books.alarm(app)
    button = page.get_by_role("button", name="Acknowledge 6 % of requests fail")
    expect(button).to_be_visible(timeout=LIVE)
    button.click()
    page.wait_for_url(f"**/pages/{id}")
    expect(page.get_by_text("P1 seen").first).to_be_visible()
    assert app.pager.detail(id).paging.acknowledged_by == "ann"
    assert troubles == []


def test_an_incident_that_is_opened_while_one_looks_is_seen(app: App, open_page: Opening) -> None:
    page, _ = open_page("/alerts", "admin.root")
    expect(page.get_by_text("Open incidents")).to_have_count(0)
    books.alarm(app)
    expect(page.get_by_text("Open incidents")).to_be_visible(timeout=LIVE)


def test_no_page_of_on_call_runs_over_the_edge_of_a_phone(app: App, open_page: Opening) -> None:
    known = app.oncall.book()
    ann = known.people[PersonName("ann")]
    long = replace(ann.methods[0], name="W" * 40, address="https://ntfy.example.com/" + "w" * 300)
    tables = app.oncall.tables()["people"]["ann"]
    methods = {**tables["methods"], long.name: {"kind": "ntfy", "address": long.address}}
    app.oncall.take({"people": {"ann": {**tables, "title": "W" * 190, "methods": methods}}}, books.ROOT)
    id = books.alarm(app, "W" * 250)
    page, troubles = open_page("/oncall", "admin.root", **PHONE)
    paths = ["people", "people/ann", "policies", "schedules", "edit?kind=policies&name=shop", "edit"]
    for path in ["/pages", f"/pages/{id}", *(f"/oncall/{each}" for each in paths)]:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    assert troubles == []
