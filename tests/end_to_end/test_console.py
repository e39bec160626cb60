"""The console in a real browser, on a running product: set up, see, and watch a replica die and heal live."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from tests.ports import free_port
from tests.running import Running, eventually
from tests.server.test_up import SETTINGS

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium (set CHROMIUM to its path)"),
]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "releases" / "1").mkdir(parents=True)
    settings = tmp_path / "accelerapp.toml"
    settings.write_text(SETTINGS % free_port() + "replicas = 2\n")
    product = Running(tmp_path, settings, free_port())
    product.up()
    yield product
    product.end()


@pytest.fixture
def page(running: Running) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser.new_page()
        browser.close()


def set_up(running: Running, page: Page) -> None:
    """Make the first administrator by the link that was printed."""
    page.goto(running.link())
    page.fill("[name=name]", "ada")
    page.fill("[name=password]", "a long password")
    page.fill("[name=password2]", "a long password")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{running.url}/")


def test_from_the_one_time_link_to_a_replica_that_dies_and_heals(running: Running, page: Page) -> None:
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    set_up(running, page)
    expect(page.get_by_role("link", name="web", exact=True).first).to_be_visible()

    eventually(lambda: running.json("service", "show", "web")["ready"] == 2)
    page.goto(f"{running.url}/services/web")
    rows = page.get_by_role("row").filter(has_text="web-")
    expect(rows.filter(has_text="Running").first).to_be_visible(timeout=15_000)
    victim = running.json("service", "show", "web")["replicas"][0]
    page.evaluate("window.stayed = true")
    os.kill(victim["pid"], signal.SIGKILL)
    expect(rows.filter(has_text=victim["name"]).filter(has_text="Killed by signal 9").first).to_be_visible(
        timeout=20_000
    )
    assert page.evaluate("window.stayed") is True  # the page was not loaded anew
    assert not troubles


def test_the_log_follows_live_and_the_stop_does_not_wait_for_readers(running: Running, page: Page) -> None:
    set_up(running, page)
    page.goto(f"{running.url}/services/web/logs")
    expect(page.get_by_text("GET / HTTP/1.1").first).to_be_visible(timeout=15_000)
    before = page.get_by_text("GET / HTTP/1.1").count()
    eventually(lambda: page.get_by_text("GET / HTTP/1.1").count() > before or page.wait_for_timeout(300))
    assert running.stop() == 0
    assert running.left_over() == []
