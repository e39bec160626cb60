"""The console in a real browser: live without a jump, by keyboard, without a script, on a phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from tests import fakes
from tests.console import scenes

from accelerapp.base.ids import ReplicaName, ServiceName
from accelerapp.health import model as health
from accelerapp.platforms import interface as platforms

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("console-browser")]
Look = Callable[..., tuple[Page, list[str]]]
SHOP = ServiceName("bookshop")
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LIVE = 15_000
"""Milliseconds that a live change may take to be seen: generous, the usual is two seconds."""
HIDE = "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
SHOW = "Object.defineProperty(document, 'hidden', {value: false, configurable: true});"
TELL = "document.dispatchEvent(new Event('visibilitychange'));"
HIDE_AND_SHOW = f"() => {{ {HIDE} {TELL} {SHOW} {TELL} }}"


def crash(app: scenes.FakeApp) -> None:
    """The second replica of the bookshop crashes, and a health check has seen it."""
    before = app.fake.known[SHOP]
    first, second, third = before.replicas
    gone = replace(second, ready=False, state=platforms.ReplicaState.CRASH_LOOP, reason="It ended with exit code 1.")
    app.fake.known[SHOP] = replace(before, ready=2, replicas=(first, gone, third))
    found = scenes.check("replicas", "Replicas", "2 of 3", health.Verdict.DEGRADED, reasons=("2 of 3 are ready.",))
    app.states[SHOP] = scenes.state(SHOP, app.clock.now(), [found], minutes=0)


def test_a_crash_is_seen_and_said_without_a_new_page_and_without_losing_ones_place(look: Look) -> None:
    app = scenes.well()
    page, troubles = look(app, "/services/bookshop")
    page.click("text=Scale…")
    page.fill("#scale-to", "7")
    page.evaluate("window.stayed = true")
    crash(app)
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="bookshop-2"))
    expect(row.get_by_text("CrashLoopBackOff")).to_be_visible(timeout=LIVE)
    expect(page.locator("#announce")).to_have_text("bookshop is now: Degraded. 2 of 3 are ready.", timeout=LIVE)
    expect(page).to_have_title("Degraded: bookshop · Accelerapp")
    expect(page.locator("#scale-to")).to_be_focused()
    expect(page.locator("#scale-to")).to_have_value("7")
    assert page.evaluate("window.stayed")
    assert troubles == []


def test_a_new_replica_takes_its_place_among_the_others_and_one_that_is_gone_leaves(look: Look) -> None:
    app = scenes.well()
    page, _ = look(app, "/services/bookshop")
    known = app.fake.known[SHOP]
    fresh = fakes.replica(9, service=SHOP, name=ReplicaName("bookshop-1a"))
    app.fake.known[SHOP] = replace(known, replicas=(known.replicas[0], fresh, known.replicas[2]))
    names = page.locator("#replicas tbody th")
    expect(names).to_have_text(["bookshop-1", "bookshop-1a", "bookshop-3"], timeout=LIVE)


def test_a_lost_connection_is_said_and_so_is_its_return(look: Look) -> None:
    page, _ = look(scenes.well(), "/")
    live = page.locator("#live")
    expect(live).to_contain_text("Updated", timeout=LIVE)
    page.route("**/live/**", lambda route: route.abort())
    page.evaluate(HIDE_AND_SHOW)
    expect(live).to_contain_text("Connection lost, retrying.", timeout=LIVE)
    page.unroute("**/live/**")
    expect(live).not_to_contain_text("Connection lost", timeout=LIVE)


def test_a_hidden_tab_gives_its_connection_back(look: Look) -> None:
    app = scenes.well()
    page, _ = look(app, "/services/bookshop/logs")
    page.wait_for_function("document.querySelectorAll('#log > div').length > 0")
    wait_until(page, lambda: app.following == 1)
    page.evaluate(f"() => {{ {HIDE} {TELL} }}")
    wait_until(page, lambda: app.following == 0)
    page.evaluate(f"() => {{ {SHOW} {TELL} }}")
    wait_until(page, lambda: app.following == 1)


def wait_until(page: Page, holds: Callable[[], bool]) -> None:
    for _ in range(LIVE // 50):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come to hold")


def test_the_log_grows_pauses_and_goes_on(look: Look) -> None:
    app = scenes.well()
    page, troubles = look(app, "/services/bookshop/logs")
    app.more_lines.append(f"bookshop-1 2026-03-02T12:00:00Z ERROR {scenes.HOSTILE}".encode())
    expect(page.get_by_text("<script>alert(1)</script>")).to_be_visible(timeout=LIVE)
    expect(page.locator("[data-level=error]")).to_have_count(1)
    page.click("#follow")
    expect(page.locator("#follow")).to_have_text("Follow")
    wait_until(page, lambda: app.following == 0)
    app.lines.append(b"bookshop-1 said while nobody looked")
    page.click("#follow")
    expect(page.get_by_text("said while nobody looked")).to_be_visible(timeout=LIVE)
    expect(page.locator("#log > div")).to_have_count(len(app.lines))  # what was there is not there twice
    assert troubles == []


def test_a_log_that_cannot_be_followed_says_so_once(look: Look) -> None:
    page, _ = look(scenes.unknown(), "/services/bookshop/logs")
    expect(page.locator("#log-trouble")).to_contain_text("The supervisor does not run.", timeout=LIVE)
    expect(page.get_by_text("The supervisor does not run.")).to_have_count(1)


def test_everything_is_reached_by_keyboard(look: Look) -> None:
    page, _ = look(scenes.well(), "/services/bookshop")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/services/bookshop/logs")
    page.keyboard.press("/")
    expect(page.locator("#filter")).to_be_focused()
    page.keyboard.type("g?")  # typing is not a command
    expect(page.locator("#filter")).to_have_value("g?")
    page.locator("main").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("mail hea")
    page.keyboard.press("Enter")
    page.wait_for_url("**/services/mailer/health")


def test_the_palette_is_walked_with_the_arrows(look: Look) -> None:
    page, _ = look(scenes.well(), "/")
    page.keyboard.press("Control+k")
    page.keyboard.type("bookshop")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="bookshop logs")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/services/bookshop/logs")


def test_the_colours_are_switched_and_stay(look: Look) -> None:
    page, _ = look(scenes.well(), "/services/bookshop", color_scheme="light")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.click("[data-do=theme]")
    page.click("[data-do=theme]")
    page.wait_for_function(f"{ground} !== '{light}'")
    dark = page.evaluate(ground)
    page.reload()
    assert page.evaluate(ground) == dark
    page.click("[data-do=theme]")  # back to what the system says
    page.wait_for_function(f"{ground} === '{light}'")


def test_plots_are_drawn_with_a_shared_cursor_and_say_their_values(look: Look) -> None:
    page, troubles = look(scenes.degraded(), "/services/bookshop")
    expect(page.locator("[data-plot] canvas")).to_have_count(2, timeout=LIVE)
    tips = page.locator("[data-plot] .tip:visible")
    for x in range(40, 140, 5):  # as a hand moves: a plot that is drawn anew just then knows of no hand that rests
        page.locator("[data-plot=cpu] .u-over").hover(position={"x": x, "y": 40})
        if tips.count() == 2:
            break
    for plot in ("cpu", "memory"):
        expect(page.locator(f"[data-plot={plot}] .tip")).to_contain_text("bookshop-2")
    assert troubles == []


def test_an_act_goes_from_the_page_over_the_question_to_the_deed(look: Look) -> None:
    app = scenes.well()
    page, troubles = look(app, "/services/bookshop", role="responder")
    page.click("text=Scale…")
    page.fill("#scale-to", "5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_contain_text("Scale bookshop from 3 to 5?")
    page.get_by_role("button", name="Scale bookshop to 5").click()
    expect(page.get_by_role("status").filter(has_text="The new number of replicas is wanted")).to_be_visible()
    expect(page.get_by_role("link", name="bookshop-5")).to_be_visible()
    assert app.fake.known[SHOP].desired == 5
    assert troubles == []


def test_many_services_are_filtered_as_one_types_and_stay_so_when_news_come(look: Look) -> None:
    app = scenes.many()
    page, _ = look(app, "/")
    page.keyboard.press("/")
    page.keyboard.type("shop-2")
    rows = page.locator("#services-table tbody tr:visible")
    expect(rows).to_have_count(1)
    assert "q=shop-2" in page.url
    app.fake.known[ServiceName("shop-2")] = replace(app.fake.known[ServiceName("shop-2")], version="9.9.9")
    expect(rows).to_contain_text("9.9.9", timeout=LIVE)
    expect(rows).to_have_count(1)


@pytest.mark.parametrize("path", ["/", "/services/bookshop", "/services/bookshop/logs", "/services/bookshop/review"])
def test_pages_read_without_a_script(look: Look, path: str) -> None:
    page, _ = look(scenes.degraded(), path, java_script_enabled=False)
    expect(page.locator("main")).to_contain_text("bookshop")
    expect(page.locator(".needs-js:visible")).to_have_count(0)
    expect(page.locator(".canvas:visible")).to_have_count(0)
    if path.endswith("logs"):
        expect(page.get_by_text("Payment for order 1047")).to_be_visible()
        page.fill("[name=match]", "CRITICAL")
        page.click("text=Show")
        expect(page.locator("#log > div")).to_have_count(1)


PATHS = ["/", *(f"/services/bookshop{part}" for part in ("", "/logs", "/review", "/health", "/scale?replicas=1"))]


@pytest.mark.parametrize("scene", ["degraded", "hostile", "unknown"])
def test_no_page_runs_over_the_edge_of_a_phone_or_breaks_the_policy(look: Look, scene: str) -> None:
    page, troubles = look(scenes.SCENES[scene](), "/", **PHONE)
    for path in PATHS:
        answer = page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + path)
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        if answer and answer.ok:
            assert [each for each in troubles if "Content Security Policy" in each or "dialog" in each] == [], path


def test_whoever_wants_no_motion_gets_none(look: Look) -> None:
    app = scenes.well()
    page, _ = look(app, "/services/bookshop", reduced_motion="reduce")
    crash(app)
    expect(page.get_by_text("CrashLoopBackOff")).to_be_visible(timeout=LIVE)
    assert page.evaluate("document.getAnimations().length") == 0
