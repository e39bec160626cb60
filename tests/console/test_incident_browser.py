"""The room of an incident in a real browser: two who look at once, without a script, on a phone, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.console import books

from accelerapp.app import App
from accelerapp.base.severity import Severity
from accelerapp.incidents.model import Incident, Role, Viewer, Wanted

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("console-browser")]
LIVE = 15_000
"""Milliseconds that a live change may take to be seen: generous, the usual is one second."""
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
ANN = Viewer("ann")
Opening = Callable[..., tuple[Page, list[str]]]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = books.product(tmp_path)
    yield made
    made.database.engine.dispose()


@pytest.fixture
def one(app: App) -> Incident:
    return app.incidents.open(Wanted("Nobody can pay", Severity.P1, ("shop",), calls=False), ANN)


def test_what_one_does_the_other_sees_and_what_is_being_typed_stays(
    app: App, one: Incident, open_page: Opening
) -> None:
    ann, troubles = open_page(f"/incidents/{one.id}", "responder.ann")
    ben, _ = open_page(f"/incidents/{one.id}", "responder.ben")
    ben.get_by_label("Note").fill("half a sentence")
    ann.get_by_label("Note").fill("pods crash")
    ann.get_by_role("button", name="Add the note").click()
    expect(ben.locator("#room-timeline")).to_contain_text("pods crash", timeout=LIVE)
    ann.get_by_role("button", name="Take Commander").click()
    expect(ben.locator("#room-team")).to_contain_text("ann", timeout=LIVE)
    expect(ben.get_by_label("Note")).to_have_value("half a sentence")
    ben.get_by_role("button", name="Take over Commander").click()
    ben.wait_for_url(f"**/incidents/{one.id}")
    expect(ben.locator("#room-team")).to_contain_text("ben")
    assert app.incidents.get(one.id, ANN).roles[Role.COMMANDER] == "ben"
    assert troubles == []


def test_an_incident_is_opened_told_of_and_resolved_without_a_script(app: App, open_page: Opening) -> None:
    page, _ = open_page("/incidents", "responder.ann", java_script_enabled=False)
    page.get_by_role("link", name="Open an incident…").click()
    page.get_by_label("What is wrong, in one line").fill("Nobody can pay")
    page.get_by_label("How bad it is").select_option("P1")
    page.get_by_label("shop").check()
    page.get_by_role("button", name="Open the incident").click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#room-clocks")).to_contain_text("ann")
    page.get_by_role("link", name="Tell people…").click()
    page.get_by_role("button", name="Preview…").click()
    expect(page.locator("#preview")).to_contain_text("We are investigating a problem with shop.")
    page.get_by_role("button", name="Publish it").click()
    expect(page.locator("#room-timeline")).to_contain_text("Published as investigating")
    page.get_by_role("link", name="Resolve…").click()
    page.get_by_label("How it was resolved").fill("1.0.0 runs again")
    page.get_by_role("button", name="Resolve the incident").click()
    expect(page.get_by_text("P1 resolved").first).to_be_visible()
    found = app.incidents.find(ANN)[0]
    assert (found.is_open, found.resolution) == (False, "1.0.0 runs again")


def test_no_page_of_an_incident_runs_over_the_edge_of_a_phone(app: App, open_page: Opening) -> None:
    long = app.incidents.open(Wanted("W" * 250, Severity.P1, ("shop",), "w" * 400, calls=False), ANN)
    app.incidents.assign(long.id, ANN, Role.COMMANDER, "W" * 60)
    app.incidents.add_task(long.id, ANN, "w" * 200, owner="W" * 60)
    app.incidents.add_link(long.id, ANN, "https://a.example/" + "w" * 200)
    entry = app.incidents.note(long.id, ANN, "`" + "w" * 300 + "`")
    page, troubles = open_page("/incidents", "responder.ann", **PHONE)
    tails = ["", "/timeline", "/update", "/edit", "/assign", f"/entries/{entry.id}"]
    for path in ["/", "/incidents/new", *(f"/incidents/{long.id}{tail}" for tail in tails)]:
        page.goto(path)
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, path
    assert troubles == []


def test_the_room_is_reached_and_used_by_keyboard(app: App, one: Incident, open_page: Opening) -> None:
    page, _ = open_page("/", "responder.ann")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/incidents")
    page.get_by_role("link", name="Nobody can pay").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/incidents/{one.id}")
    page.get_by_label("Note").focus()
    page.keyboard.type("by keyboard")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#room-timeline")).to_contain_text(re.compile("by keyboard"), timeout=LIVE)
    assert app.incidents.detail(one.id, ANN).entries[-1].text == "by keyboard"
