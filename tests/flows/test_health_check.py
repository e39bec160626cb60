"""The health check as a whole: what a check does wrong is its own line, and never healthy."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from fakes import NOON, SHOP

from accelerapp.base import errors
from accelerapp.base.side_by_side import SideBySide
from accelerapp.flows import health_check
from accelerapp.health.model import CheckResult, Verdict
from accelerapp.logs import model as logs


@dataclass(frozen=True)
class FakeCheck:
    name: str
    answer: Callable[[], CheckResult]

    @property
    def title(self) -> str:
        return self.name.title()

    def look(self) -> CheckResult:
        return self.answer()


def fine(name: str) -> FakeCheck:
    return FakeCheck(name, lambda: CheckResult(name, name.title(), Verdict.HEALTHY, "all is well"))


def raising(name: str, error: Exception) -> FakeCheck:
    def answer() -> CheckResult:
        raise error

    return FakeCheck(name, answer)


def check(*checks: FakeCheck, seconds: float = 10, asker: SideBySide | None = None):
    return health_check.check(SHOP, checks, NOON, timedelta(seconds=seconds), asker or SideBySide())


def test_all_that_can_tell_and_find_nothing_are_healthy():
    report = check(fine("replicas"), fine("errors"))
    assert (report.verdict, report.reasons, report.at) == (Verdict.HEALTHY, (), NOON)
    assert [each.name for each in report.checks] == ["replicas", "errors"]


def test_a_check_that_hangs_is_its_own_unknown_line():
    gate = threading.Event()
    hangs = FakeCheck("database", lambda: gate.wait(60) and None)
    asker = SideBySide()
    report = check(hangs, fine("replicas"), seconds=0.2, asker=asker)
    again = check(hangs, fine("replicas"), seconds=0.2, asker=asker)
    gate.set()
    assert [each.verdict for each in report.checks] == [Verdict.UNKNOWN, Verdict.HEALTHY]
    assert report.reasons == ("Database: did not answer within 200 ms.",)
    assert again.reasons[0].startswith("Database: an earlier check has been waiting for an answer for ")


def test_a_check_that_cannot_tell_says_why_and_how_to_mend_it():
    report = check(raising("replicas", errors.CannotTellError("No supervisor.", mend="Start it.")), fine("errors"))
    assert report.verdict is Verdict.UNKNOWN
    assert report.reasons == ("Replicas: No supervisor. Start it.",)


def test_a_check_with_a_defect_is_unknown_with_the_type_of_the_error():
    report = check(raising("url", KeyError("x\x1b[31m")), fine("errors"))
    assert report.verdict is Verdict.UNKNOWN
    assert report.reasons[0].startswith("Url: the check itself failed with KeyError: ")


def test_a_log_review_becomes_a_window_with_its_unread_parts_named():
    pattern = logs.Pattern("p1", "order <*> failed", logs.Level.ERROR, 7, "order 1 failed")
    review = logs.LogReview(
        since=None,
        until=None,
        record_count=10,
        counts={logs.Level.ERROR: 7, logs.Level.INFO: 3},
        patterns=(pattern,),
        top_errors=(pattern,),
        anomalies=(),
        unread=(logs.Unread("a.log", "it is binary"),),
        minutes=(),
        sources={},
    )
    window = health_check.log_window(review, timedelta(minutes=5))
    assert (window.records, window.errors, window.share) == (10, 7, 0.7)
    assert (window.top[0].message, window.top[0].count) == ("order <*> failed", 7)
    assert window.unread == ("a.log could not be read: it is binary",)
