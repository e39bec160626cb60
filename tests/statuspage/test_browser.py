"""The page in a real browser, under the site's own policy: on a desk, on a phone, in the dark, on paper."""

from __future__ import annotations

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright
from tests import sites
from tests.statuspage import scenes

from accelerapp.base import clock

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("status-browser")]
LOOKS = {
    "desk": {"viewport": {"width": 1200, "height": 900}},
    "phone": {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True},
    "dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
WIDER = "document.documentElement.scrollWidth > window.innerWidth"
CONTRAST = """() => {
  const lum = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255)
    .map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4); return .2126*v[0] + .7152*v[1] + .0722*v[2]; };
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (!c.endsWith(', 0)') && c !== 'transparent') return c; } return 'rgb(255, 255, 255)'; };
  return [...document.querySelectorAll('h1,h2,h3,p,a,li,time,.state,strong')].filter(e => e.innerText).map(e => {
    const a = lum(getComputedStyle(e).color), b = lum(ground(e));
    return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.className + ' ' + e.innerText.slice(0, 40)]; })
    .filter(([ratio]) => ratio < 4.5);
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    app = sites.product(tmp_path_factory.mktemp("status"))
    app.clock = clock.MovingClock(scenes.NOON)
    board = scenes.broken()
    long = "A-word-without-an-end-" * 20
    with app.status_editing.writing() as stores:
        stores.status.lock()
        for component in board.components:
            stores.status.put_component(component)
        for report in board.reports:
            stores.status.put_report(report)
        for work in board.maintenances:
            stores.status.put_maintenance(work)
        stores.status.put_outages(board.outages)
    app.status_editing.announce(
        scenes.maintenances.Planned(long[:200], scenes.NOON, scenes.NOON + scenes.HOUR, f"{long}\n\n```\n{long}\n```"),
        "ann",
    )
    with sites.served(app) as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("there is no Chromium (set CHROMIUM to its path)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=["--headless", "--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.mark.parametrize("look", list(LOOKS))
def test_the_page_reads_without_a_script_or_a_trouble(browser, address, look):
    context = browser.new_context(java_script_enabled=True, **LOOKS[look])
    page, troubles = context.new_page(), []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    for path in ("/status", "/status/history", "/status/incidents/inc_now"):
        page.goto(address + path)
        assert not page.evaluate(WIDER), path
        assert page.evaluate(CONTRAST) == [], path
        assert page.locator("h1").count() == 1
    page.goto(f"{address}/status")
    page.get_by_role("link", name="Problem with Shop and Checkout").click()
    assert page.url.endswith("/status/incidents/inc_now")
    page.get_by_role("link", name="Current status").click()
    assert page.get_by_role("img", name="Uptime 99.87 %").count() == 1
    assert troubles == []
    context.close()


def test_on_paper_there_are_no_buttons_and_nothing_is_cut(browser, address):
    context = browser.new_context(viewport={"width": 794, "height": 1123})
    page = context.new_page()
    page.goto(f"{address}/status")
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.get_by_role("heading", name="Some systems are partly down").is_visible()
    assert not page.evaluate(WIDER)
    context.close()
