"""The block of a service's page that says why it does not run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests import fakes, sites
from tests.fakes import SHOP

from accelerapp.platforms.interface import LastExit, ReplicaState

HEADING = "Why it does not run"


def crashing(log: bytes = b"KeyError: 'PAYMENT_URL'") -> fakes.FakePlatform:
    ended = LastExit(fakes.NOON, 1, "Error")
    sick = fakes.replica(1, ready=False, state=ReplicaState.CRASH_LOOP, restarts=3, last_exit=ended, reason="It ended.")
    platform = fakes.FakePlatform(replace(fakes.workload(sick), desired=1))
    platform.log_lines[sick.name] = [log]
    return platform


def test_a_service_that_is_well_has_no_such_block(tmp_path: Path) -> None:
    browser, _ = sites.signed_in(sites.product(tmp_path))
    assert HEADING not in browser.get(f"/services/{SHOP}").text


def test_a_service_that_is_not_well_says_why_with_evidence_and_mend(tmp_path: Path) -> None:
    browser, _ = sites.signed_in(sites.product(tmp_path, crashing()))
    page = browser.get(f"/services/{SHOP}").text
    assert HEADING in page
    assert "KeyError: &#39;PAYMENT_URL&#39;" in page
    assert "Correct the setting that the line names" in page
    assert "Evidence" in page


def test_what_a_log_says_is_only_text(tmp_path: Path) -> None:
    browser, _ = sites.signed_in(sites.product(tmp_path, crashing(b"Error: <script>alert(1)</script>\xe2\x80\xae")))
    page = browser.get(f"/services/{SHOP}").text
    assert "<script>alert(1)" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_platform_that_cannot_tell_is_asked_for_no_causes(tmp_path: Path) -> None:
    platform = crashing()
    platform.unreachable = True
    browser, _ = sites.signed_in(sites.product(tmp_path, platform))
    answer = browser.get(f"/services/{SHOP}")
    assert answer.status_code == 200
    assert HEADING not in answer.text


def test_the_api_explains_a_service(tmp_path: Path) -> None:
    browser, _ = sites.signed_in(sites.product(tmp_path, crashing()))
    found = browser.get(f"/api/v1/services/{SHOP}/explanation").json()
    assert found["outcome"] == "explained"
    assert [each["kind"] for each in found["causes"]] == ["configuration-error", "too-few-ready"]
    assert browser.get("/api/v1/services/nothing/explanation").status_code == 404


def test_the_api_says_that_it_cannot_tell(tmp_path: Path) -> None:
    platform = crashing()
    platform.unreachable = True
    browser, _ = sites.signed_in(sites.product(tmp_path, platform))
    assert browser.get(f"/api/v1/services/{SHOP}/explanation").status_code == 503
