"""Comparisons: what is told, what is too few to tell, and how a stretch is named."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.logs.histories import NOW, Counts, review
from tests.logs.test_deviations import poisson

from accelerapp.base import errors
from accelerapp.flows import log_compare
from accelerapp.logs import comparison, stretches
from accelerapp.logs.comparison import LogComparison
from accelerapp.logs.model import OTHER, Level
from accelerapp.logs.sources import family
from accelerapp.platforms.interface import Revision

SERVED, FAILED = (Level.INFO, "GET <*> served"), (Level.ERROR, "order <*> failed")
LOW, DOWN = (Level.WARNING, "stock of <*> is low"), (Level.CRITICAL, "the database is gone")
HOUR = timedelta(hours=1)


def compare(before: Counts, after: Counts) -> LogComparison:
    return comparison.compare(review(before, NOW - HOUR, NOW), review(after, NOW, NOW + HOUR))


def told(found: LogComparison) -> list[tuple[str, str]]:
    return [(str(one.kind), one.message) for one in found.changes]


def test_what_is_new_more_gone_and_less_is_told_errors_first() -> None:
    found = compare(
        {SERVED: 9000, FAILED: 10, LOW: 200, (Level.INFO, "a"): 90, (Level.INFO, "b"): 300},
        {SERVED: 9000, FAILED: 80, DOWN: 30, (Level.INFO, "b"): 60, LOW: 210, (Level.INFO, "c"): 80},
    )
    assert told(found) == [
        ("new", "the database is gone"),
        ("grown", "order <*> failed"),
        ("new", "c"),
        ("gone", "a"),
        ("shrunk", "b"),
    ]
    assert [one.message for one in found.worse] == ["the database is gone", "order <*> failed"]
    new = found.changes[0]
    assert (new.before, new.after, new.before_rate) == (0, 30, 0)
    assert new.after_rate == pytest.approx(10_000 * 30 / 9460, abs=0.001)


def test_counts_are_compared_as_shares_of_all_records() -> None:
    before = {SERVED: 9000, FAILED: 100, LOW: 900}
    assert not told(compare(before, {key: 7 * count for key, count in before.items()}))


def test_few_errors_that_are_new_are_no_finding_but_are_named() -> None:
    found = compare({SERVED: 9000}, {SERVED: 9000, DOWN: 2, LOW: 3})
    assert not found.changes
    assert [(one.message, one.after, one.p) for one in found.unsure] == [("the database is gone", 2, 1.0)]
    assert not found.worse


def test_a_significant_but_small_change_is_not_told() -> None:
    assert not told(compare({SERVED: 900_000, FAILED: 10_000}, {SERVED: 900_000, FAILED: 12_000}))


def test_many_patterns_ask_for_more_certainty() -> None:
    others = {(Level.INFO, f"m {'x' * n}"): 50 for n in range(500)}
    one = compare({SERVED: 25_000, FAILED: 2}, {SERVED: 25_000, FAILED: 14})
    many = compare({**others, FAILED: 2}, {**others, FAILED: 14})
    assert told(one) == [("grown", "order <*> failed")]
    assert not told(many)


@pytest.mark.parametrize(("before", "after"), [({}, {SERVED: 10, DOWN: 90}), ({SERVED: 10}, {}), ({}, {})])
def test_an_empty_side_is_said_and_nothing_is_claimed(before: Counts, after: Counts) -> None:
    found = compare(before, after)
    assert not found.changes
    assert any("no records, so that nothing can be compared" in note for note in found.notes)


def test_what_is_beyond_the_tables_is_not_compared() -> None:
    assert not told(compare({SERVED: 900}, {SERVED: 900, (Level.ERROR, OTHER): 400}))


def test_g_squared_is_that_of_the_paper() -> None:
    # Dunning 1993, table 1: "the swiss" in 31,777 words: k(AB)=110, k(A~B)=2442, k(~AB)=111, k(~A~B)=29114.
    assert comparison.g_squared(110, 2552, 111, 29225) == pytest.approx(270.72, abs=0.01)
    assert comparison.g_squared(5, 100, 50, 1000) == pytest.approx(0, abs=1e-9)
    assert comparison.p_value(3.841) == pytest.approx(0.05, abs=1e-4)


def test_two_hours_of_the_same_log_differ_in_one_comparison_of_a_hundred_at_most() -> None:
    dice = random.Random(5)
    wrong = 0
    for _ in range(100):
        means = {(Level.ERROR, f"m {'x' * n}"): 10 ** dice.uniform(-1, 3) for n in range(40)}
        sides = [{key: poisson(dice, mean) for key, mean in means.items()} for _ in "ab"]
        wrong += bool(told(compare(*sides)))
    assert wrong <= 1


def test_templates_are_made_of_both_sides_together(tmp_path: Path) -> None:
    names = [f"{first}{last}" for first in ("ann", "bob", "cid", "dan") for last in ("a", "ette", "ius", "os", "ulf")]
    lines = [f"2026-11-24T09:00:00Z ERROR login of {name} failed twice" for name in names]
    readings = []
    for name, part in (("before", lines[:1] * 40), ("after", lines[1:] * 3)):
        path = tmp_path / f"{name}.log"
        path.write_text("\n".join(part) + "\n")
        readings.append(log_compare.Reading(name, family.find(str(path))[0], None, NOW))
    assert not told(log_compare.compare(*readings))


# -- how a stretch is named --------------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "since", "until"),
    [
        ("2h..1h", "2026-11-24T08:00", "2026-11-24T09:00"),
        ("1h30m..now", "2026-11-24T08:30", "2026-11-24T10:00"),
        ("1d..", "2026-11-23T10:00", "2026-11-24T10:00"),
        ("2026-11-24T09:00/10:00", "2026-11-24T09:00", "2026-11-24T10:00"),
        ("2026-11-23 23:30/00:30", "2026-11-23T23:30", "2026-11-24T00:30"),
        ("2026-11-23T09:00/2026-11-24T09:00:30", "2026-11-23T09:00", "2026-11-24T09:00:30"),
        ("2026-11-24T09:00+02:00/2026-11-24T09:00Z", "2026-11-24T07:00", "2026-11-24T09:00"),
        ("2026-11-24T09:00/now", "2026-11-24T09:00", "2026-11-24T10:00"),
    ],
)
def test_a_window_is_two_ages_or_two_times(word: str, since: str, until: str) -> None:
    assert stretches.is_window(word)
    assert stretches.parse(word, NOW) == stretches.Stretch(word, at(since), at(until))


@pytest.mark.parametrize(
    "word",
    ["1h..2h", "1h..1h", "2026-11-24T09:00/2026-11-24T08:00", "2026-13-24T09:00/10:00", "2026-11-24T09:00/25:00",
     "2026-11-25T09:00/10:00", "99999999d..1h", "yesterday", ""],
)  # fmt: skip
def test_a_window_that_makes_no_sense_is_refused(word: str) -> None:
    with pytest.raises(errors.WrongUseError):
        stretches.parse(word, NOW)


@pytest.mark.parametrize("word", ["app.log", "/var/log/2h..1h/x", "s3://b/2026", "1h", "log..old", "-"])
def test_a_file_is_not_taken_for_a_window(word: str) -> None:
    assert not stretches.is_window(word)


def test_a_release_is_the_time_in_which_it_was_last_wanted() -> None:
    hours = [("1.1.0", 1), ("1.0.0", 3), ("1.0.0", 4), ("1.1.0", 8), ("1.0.0", 9)]
    revisions = [Revision(9 - n, version, NOW - n * HOUR, "ana") for version, n in hours]
    assert stretches.of_release("1.1.0", revisions, NOW) == stretches.Stretch("release 1.1.0", NOW - HOUR, NOW)
    assert stretches.of_release("1.0.0", revisions, NOW).since == NOW - 4 * HOUR
    assert stretches.of_release("1.0.0", revisions, NOW).until == NOW - HOUR
    with pytest.raises(errors.NotFoundError, match=r"Release 2\.0 was never wanted"):
        stretches.of_release("2.0", revisions, NOW)
