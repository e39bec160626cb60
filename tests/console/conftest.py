"""A browser for the console's tests: the system's Chromium, or a plain reason why there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests import sites
from tests.console import scenes

from accelerapp.app import App

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Opening = Callable[..., tuple[Page, list[str]]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:  # not longer: its event loop runs in this thread
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("there is no Chromium (set CHROMIUM to its path)")
    with sync_playwright() as playwright:
        yield (opened := playwright.chromium.launch(executable_path=path, args=FLAGS))
        opened.close()


@pytest.fixture
def look(browser: Browser) -> Iterator[Opening]:
    """`look(app, path, role="admin", **options)`: a page of the console on this scene, and what went wrong in it."""
    with ExitStack() as stack:

        def opening(app: scenes.FakeApp, path: str, role: str = "admin", **options: object) -> tuple[Page, list[str]]:
            address = stack.enter_context(scenes.served(app))
            return _opened(stack, browser, address, path, role, **options)

        yield opening


@pytest.fixture
def open_page(app: App, browser: Browser) -> Iterator[Opening]:
    """`open_page(path, who, **options)`: a page of the module's `app` on a real port, and what went wrong in it."""
    with ExitStack() as stack:
        address = stack.enter_context(sites.served(app))

        def opening(path: str, who: str, **options: object) -> tuple[Page, list[str]]:
            return _opened(stack, browser, address, path, who, **options)

        yield opening


def _opened(
    stack: ExitStack, browser: Browser, address: str, path: str, who: str, **options: object
) -> tuple[Page, list[str]]:
    context = browser.new_context(base_url=address, **options)  # type: ignore[arg-type]
    stack.callback(context.close)
    context.add_cookies([{"name": "accelerapp_session", "value": who, "url": address}])
    page, troubles = context.new_page(), []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", lambda dialog: troubles.append(f"dialog {dialog.message}"))
    page.goto(path)
    return page, troubles
