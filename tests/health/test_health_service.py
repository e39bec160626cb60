"""From results to a verdict, and since when it holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fakes import NOON, SHOP

from accelerapp.health import service
from accelerapp.health.model import CheckResult, Verdict

MINUTE = timedelta(minutes=1)


def result(name: str, verdict: Verdict, *reasons: str, skipped: str = "") -> CheckResult:
    return CheckResult(name, name, verdict, "", reasons, skipped=skipped)


def test_the_worst_check_speaks_first_and_a_skipped_one_does_not_speak():
    report = service.report(
        SHOP,
        NOON,
        [
            result("a", Verdict.HEALTHY),
            result("b", Verdict.UNKNOWN, "silent"),
            result("c", Verdict.DOWN, "gone"),
            result("d", Verdict.DEGRADED, "slow"),
            result("e", Verdict.UNKNOWN, skipped="nothing to ask"),
        ],
        0.1,
    )
    assert report.verdict is Verdict.DOWN
    assert report.reasons == ("gone", "slow", "silent")
    assert [each.name for each in report.checks] == list("abcde")


def test_nothing_asked_is_unknown_and_one_silent_check_forbids_healthy():
    assert service.report(SHOP, NOON, [result("a", Verdict.UNKNOWN, skipped="x")], 0).verdict is Verdict.UNKNOWN
    both = [result("a", Verdict.HEALTHY), result("b", Verdict.UNKNOWN)]
    assert service.report(SHOP, NOON, both, 0).verdict is Verdict.UNKNOWN


def test_since_stays_while_the_verdict_stays_and_survives_a_clock_that_is_set_back():
    healthy = service.report(SHOP, NOON, [result("a", Verdict.HEALTHY)], 0)
    first = service.follow(None, healthy)
    second = service.follow(first, replace(healthy, at=NOON + MINUTE))
    assert (second.since, second.at) == (NOON, NOON + MINUTE)
    earlier = service.follow(second, replace(healthy, at=NOON - MINUTE))
    assert earlier.since == NOON - MINUTE
    down = service.follow(second, replace(healthy, verdict=Verdict.DOWN, at=NOON + 2 * MINUTE))
    assert down.since == NOON + 2 * MINUTE


def test_an_old_report_says_nothing_about_now():
    state = service.follow(None, service.report(SHOP, NOON, [result("a", Verdict.HEALTHY)], 0))
    assert service.aged(state, NOON + MINUTE, MINUTE) == state
    old = service.aged(state, NOON + 5 * MINUTE, MINUTE)
    assert (old.verdict, old.report.verdict) == (Verdict.UNKNOWN, Verdict.UNKNOWN)
    assert old.report.reasons == ("The last check was 5 min ago; it then said healthy.",)
