"""The console's pages: what they show, to whom, and that nothing from outside can hurt them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import sites
from tests.fakes import SHOP, FakePlatform

from accelerapp.access.model import Role

PAGES = [
    "/",
    "/services/shop",
    "/services/shop/logs",
    "/services/shop/review",
    "/services/shop/compare",
    "/services/shop/health",
    "/account",
]
HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.mark.parametrize("page", PAGES)
def test_every_page_reads_without_script_and_carries_no_inline_code(tmp_path: Path, page: str) -> None:
    browser, _ = sites.signed_in(sites.product(tmp_path))
    answer = browser.get(page)
    assert answer.status_code == 200
    assert len(answer.content) < 200_000
    assert "<main" in answer.text
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text
    for script in answer.text.split("<script")[1:]:
        assert "src=" in script.split(">")[0] or "application/json" in script.split(">")[0]


@pytest.mark.parametrize("page", PAGES[:-1])
def test_a_platform_that_cannot_tell_is_said_and_the_page_still_stands(tmp_path: Path, page: str) -> None:
    platform = FakePlatform()
    platform.unreachable = True
    browser, _ = sites.signed_in(sites.product(tmp_path, platform))
    answer = browser.get(page)
    assert answer.status_code == 200
    assert "nknown" in answer.text or "annot tell" in answer.text or "not read" in answer.text.lower()


def test_text_from_outside_is_only_text(tmp_path: Path) -> None:
    platform = FakePlatform()
    name = platform.workload(SHOP).replicas[0].name
    platform.log_lines[name] = [f"2026-03-02T12:00:00Z ERROR {HOSTILE}".encode()] * 10
    browser, _ = sites.signed_in(sites.product(tmp_path, platform))
    for page in ("/services/shop/logs", "/services/shop/review?last=7d"):
        text = browser.get(page).text
        assert "<script>alert" not in text
        assert "\u202e" not in text
    assert "&lt;script&gt;alert" in browser.get("/services/shop/logs").text


def test_a_viewer_sees_no_acts_and_may_not_do_them(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    viewer, csrf = sites.signed_in(app, Role.VIEWER)
    assert "/services/shop/restart" not in viewer.get("/services/shop").text
    assert viewer.post("/services/shop/restart", data={"csrf": csrf}).status_code == 403
    responder, _ = sites.signed_in(app, Role.RESPONDER)
    assert "/services/shop/restart" in responder.get("/services/shop").text


def test_an_act_says_what_it_will_do_and_does_it_after_the_form(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    browser, csrf = sites.signed_in(app, Role.RESPONDER)
    assert "shop" in browser.get("/services/shop/scale").text
    assert browser.post("/services/shop/scale", data={"replicas": "3"}).status_code == 403
    done = browser.post("/services/shop/scale", data={"replicas": "3", "csrf": csrf}, follow_redirects=False)
    assert done.status_code == 303
    assert app.local_platform.workload(SHOP).desired == 3
    wrong = browser.post("/services/shop/scale", data={"replicas": "many", "csrf": csrf})
    assert wrong.status_code in (400, 422)
    assert app.local_platform.workload(SHOP).desired == 3


def test_an_unknown_service_is_a_page_that_says_so(tmp_path: Path) -> None:
    browser, _ = sites.signed_in(sites.product(tmp_path))
    answer = browser.get("/services/nothing")
    assert answer.status_code == 404
    assert "no service" in answer.text


def test_static_files_are_kept_by_browsers_and_small(tmp_path: Path) -> None:
    browser, _ = sites.signed_in(sites.product(tmp_path))
    page = browser.get("/services/shop").text
    links = {part.split('"')[0] for part in page.split('"/static/')[1:]}
    scripts = [link for link in links if ".js" in link]
    assert scripts
    total = 0
    for link in links:
        answer = browser.get(f"/static/{link}")
        assert answer.status_code == 200
        total += len(answer.content) if ".js" in link else 0
        if "?v=" in link:
            assert "immutable" in answer.headers["cache-control"]
    assert total < 80 * 1024


def test_the_run_before_the_last_restart_is_shown_where_the_platform_keeps_it(tmp_path: Path) -> None:
    platform = FakePlatform()
    name = platform.workload(SHOP).replicas[0].name
    platform.log_lines, platform.previous_lines = {name: [b"now"]}, {name: [b"KeyError: PAYMENT"]}
    browser, _ = sites.signed_in(sites.product(tmp_path, platform))
    before = browser.get("/services/shop/logs?previous=1").text
    assert "KeyError: PAYMENT" in before
    assert 'id="follow"' not in before  # a run that is over cannot be followed
    now = browser.get("/services/shop/logs").text
    assert "KeyError" not in now
    assert 'id="follow"' in now
    assert "Run before" not in now  # the local platform keeps all runs in one log
