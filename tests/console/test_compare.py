"""The comparison page: by form, by address, by dragging over the time line; in a real browser, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Page, expect
from tests.console import scenes
from tests.console.test_scenes import browser, checked

from accelerapp.console import compare
from accelerapp.logs import stretches

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
Look = Callable[..., tuple[Page, list[str]]]


def page(path: str = "", app: scenes.FakeApp | None = None) -> str:
    answer = browser(app or scenes.degraded()).get(f"/services/bookshop/compare{path}")
    assert answer.status_code == 200
    checked(answer.text)
    return answer.text


def test_without_a_choice_the_last_hour_is_compared_with_the_one_before() -> None:
    app = scenes.degraded()
    text = page(app=app)
    assert 'value="2h..1h"' in text
    assert "compare Wanted(window='2h..1h', release='') Wanted(window='1h..now', release='')" in app.questions
    assert "card processor timed out" in text


def test_the_address_names_the_windows() -> None:
    text = page("?before=2026-03-02T09:00/10:00&after=3h..2h")
    assert 'value="2026-03-02T09:00/10:00"' in text
    assert 'value="3h..2h"' in text


def test_releases_are_offered_and_compared() -> None:
    app = scenes.degraded()
    text = page("?before_release=1.0.0&after_release=1.1.0", app)
    assert "compare Wanted(window='', release='1.0.0') Wanted(window='', release='1.1.0')" in app.questions
    assert "Later: <bdi>release 1.1.0</bdi>" in text
    assert "<option selected>1.1.0</option>" in text


@pytest.mark.parametrize("path", ["?before=nonsense", "?before=1h..2h&after=1h..now", "?after=99d..98d"])
def test_a_window_that_makes_no_sense_is_said_on_the_page_and_can_be_mended_there(path: str) -> None:
    text = page(path)
    assert 'id="compare"' in text
    if "99d" not in path:
        assert "is not a window" in text or "ends before it begins" in text


def test_text_from_outside_is_only_text() -> None:
    text = page("?before=%3Cscript%3Ealert(1)%3C/script%3E", scenes.hostile())
    assert "<script>alert" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    ("words", "minutes"),
    [(["30m..20m"], 60), (["2h..1h", "1h..now"], 360), (["25h..24h"], 10080), (["90d..80d"], 10080), ([], 60)],
)
def test_the_time_line_is_the_shortest_that_holds_both_windows(words: list[str], minutes: int) -> None:
    assert compare.span([stretches.parse(word, NOW) for word in words], NOW) == minutes


def drag(shown: Page, begin: float, end: float) -> None:
    """Drag from one part of the plot's width to another."""
    plot = shown.locator("[data-bars] .u-over")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    shown.mouse.move(box["x"] + box["width"] * begin, box["y"] + 40)
    shown.mouse.down()
    shown.mouse.move(box["x"] + box["width"] * (begin + end) / 2, box["y"] + 50)
    shown.mouse.move(box["x"] + box["width"] * end, box["y"] + 60)
    shown.mouse.up()


def named(shown: Page) -> dict[str, stretches.Stretch]:
    """The windows in the address."""
    query = parse_qs(urlparse(shown.url).query)
    now = datetime.now(UTC) + timedelta(days=1)
    return {side: stretches.parse(query[side][0], now) for side in ("before", "after") if side in query}


@pytest.mark.browser
@pytest.mark.xdist_group("console-browser")
def test_dragging_on_the_review_names_a_window_and_as_long_before_it(look: Look) -> None:
    shown, troubles = look(scenes.degraded(), "/services/bookshop/review")
    expect(shown.locator("#compare")).to_be_hidden()
    drag(shown, 0.5, 0.75)
    expect(shown.locator("#compare")).to_be_visible()
    shown.locator("#compare button").click()
    shown.wait_for_url(re.compile("/compare"))
    before, after = named(shown)["before"], named(shown)["after"]
    assert before.until == after.since
    assert before.until - before.since == after.until - after.since
    assert timedelta(minutes=13) <= after.until - after.since <= timedelta(minutes=17)
    assert troubles == []


@pytest.mark.browser
@pytest.mark.xdist_group("console-browser")
def test_dragging_on_the_comparison_sets_the_side_that_is_chosen(look: Look) -> None:
    shown, troubles = look(scenes.degraded(), "/services/bookshop/compare?before=50m..40m&after=20m..now")
    shown.select_option("#side", "before")
    drag(shown, 0.1, 0.3)
    shown.wait_for_url(re.compile("before=20"))
    found = named(shown)
    assert found["after"].name == "20m..now"
    assert found["before"].until - found["before"].since >= timedelta(minutes=8)
    assert troubles == []


@pytest.mark.browser
@pytest.mark.xdist_group("console-browser")
def test_it_works_without_a_script_by_its_fields(look: Look) -> None:
    shown, _ = look(scenes.degraded(), "/services/bookshop/compare", java_script_enabled=False)
    shown.get_by_label("Earlier", exact=True).fill("3h..2h")
    shown.get_by_role("button", name="Compare", exact=True).click()
    assert "before=3h..2h" in shown.url
    assert shown.get_by_text("card processor timed out").first.is_visible()
    shown.get_by_role("button", name="Compare releases").click()
    assert "after_release=1.1.0" in shown.url


@pytest.mark.browser
@pytest.mark.xdist_group("console-browser")
def test_on_a_phone_nothing_runs_over_the_edge(look: Look) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    for scene in (scenes.degraded(), scenes.hostile()):
        shown, _ = look(scene, "/services/bookshop/compare", **phone)
        assert shown.evaluate("document.documentElement.scrollWidth") <= 390
