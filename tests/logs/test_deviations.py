"""Anomalies by the baseline: what is told, what is not, and that a steady log is left in peace."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.logs.histories import HOUR, NOW, Counts, hour, learned, pattern, remembered, review

from accelerapp.logs import anomalies, baseline, window
from accelerapp.logs.baseline import Baseline
from accelerapp.logs.model import Anomaly, Level, LogReview, Minute, Unread

SERVED, FAILED = (Level.INFO, "GET <*> served"), (Level.ERROR, "order <*> failed")
SLOW, NEW = (Level.WARNING, "slow query <*>"), (Level.ERROR, "disk <*> is full")
USUAL = {SERVED: 600, FAILED: 6, SLOW: 30}
HOUR_LONG = timedelta(hours=1)


def days(number: int = 4, counts: Counts = USUAL, sources: tuple[str, ...] = ("a",)) -> Baseline:
    """So many days of the same hours, up to now."""
    return learned({HOUR - n: counts for n in range(24 * number, 0, -1)}, sources)


def last(counts: Counts, length: timedelta = HOUR_LONG, **more: object) -> LogReview:
    """The last hour, or another stretch, from now on."""
    return review(counts, NOW, NOW + length, **more)  # type: ignore[arg-type]


def find(found: LogReview, known: Baseline, **more: object) -> dict[str, Anomaly]:
    told = anomalies.find(found, {}, baseline=known, **more)  # type: ignore[arg-type]
    assert len({one.kind for one in told}) == len(told), told
    return {one.kind: one for one in told}


def test_an_hour_like_those_before_has_nothing_to_tell() -> None:
    assert not find(last(USUAL), days())


@pytest.mark.parametrize(
    ("counts", "kind", "words"),
    [
        (
            {**USUAL, NEW: 7},
            "new_pattern",
            "New error since 11-24 10:00 UTC, 7 times, never in the 96 hours known before: disk <*> is full",
        ),
        (
            {**USUAL, FAILED: 60},
            "rate_jump",
            "60 records of this error in the last 1 h, usually 6 (the same hour of 4 days): order <*> failed",
        ),
        (
            {**USUAL, FAILED: 60},
            "error_share",
            "8.7% of the records from 11-24 10:00 UTC on are errors (60 of 690 within the hour), usually 0.9%, "
            "at most 0.9% in 4 hours compared.",
        ),
    ],
)
def test_what_is_more_than_usual_is_told_in_a_sentence(counts: Counts, kind: str, words: str) -> None:
    assert find(last(counts), days())[kind].description == words


def test_the_evidence_names_what_was_expected_and_an_example() -> None:
    evidence = find(last({**USUAL, FAILED: 60}), days())["rate_jump"].evidence
    assert (evidence["expected"], evidence["count"], evidence["hours_compared"]) == (6.0, 60, 4)
    assert 6 < float(str(evidence["bound"])) < 60
    assert evidence["example"] == "order <*> failed"


@pytest.mark.parametrize(
    "counts",
    [
        {**USUAL, NEW: 4},  # too few
        {**USUAL, (Level.INFO, "hello <*> world"): 19},
        {**USUAL, FAILED: 17},
        {**USUAL, SERVED: 1700},
        {**USUAL, SLOW: 0},  # an hour of silence may be chance
    ],
)
def test_a_little_more_or_a_little_less_is_not_told(counts: Counts) -> None:
    assert not find(last(counts), days())


def test_what_reads_like_a_known_pattern_is_not_new() -> None:
    known = days(4, {SERVED: 600, (Level.ERROR, "connection to db lost"): 1})
    assert not find(last({SERVED: 600, (Level.ERROR, "connection to <*> lost"): 9}), known)


def test_what_every_night_brings_is_usual_and_by_day_it_is_not() -> None:
    nightly = {HOUR - n: {SERVED: 600, FAILED: 300 if (HOUR - n - HOUR) % 24 == 0 else 1} for n in range(120, 0, -1)}
    assert not find(last({SERVED: 600, FAILED: 310}), learned(nightly))
    by_day = learned({number - 5: counts for number, counts in nightly.items()})
    assert "rate_jump" in find(last({SERVED: 600, FAILED: 310}), by_day)


def test_a_pattern_that_is_younger_than_the_baseline_is_judged_by_its_own_time() -> None:
    hours = {HOUR - n: {SERVED: 600, **({FAILED: 500} if n < 9 else {})} for n in range(96, 0, -1)}
    assert "rate_jump" not in find(last({SERVED: 600, FAILED: 510}), learned(hours))


def test_of_a_day_the_worst_hour_is_told() -> None:
    known = days(6)
    for n in range(24):
        number = HOUR + n
        known = baseline.learn(known, number, hour({**USUAL, FAILED: 90 if n == 3 else 6}, number))
    found = find(last({key: 24 * count for key, count in USUAL.items()}, timedelta(days=1)), known)
    assert found["rate_jump"].description.startswith("90 records of this error in the hour from 11-24 13:00 UTC, ")


def test_a_quarter_of_an_hour_is_compared_with_a_quarter() -> None:
    quarter = timedelta(minutes=15)
    assert not find(last({SERVED: 150, FAILED: 2, SLOW: 8}, quarter), days())
    assert "rate_jump" in find(last({SERVED: 150, FAILED: 20, SLOW: 8}, quarter), days())


def test_a_pattern_that_stopped_is_told_after_two_hours() -> None:
    three = timedelta(hours=3)
    counts = {SERVED: 1800, FAILED: 18}
    told = find(last(counts, three), days())["stopped"]
    assert told.description == "None since 11-24 10:00 UTC, usually 90 in that time: slow query <*>"
    assert not find(last(counts, timedelta(hours=1, minutes=50)), days())


def test_what_came_seldom_or_now_reads_otherwise_has_not_stopped() -> None:
    three = timedelta(hours=3)
    seldom = {HOUR - n: {SERVED: 600, **({SLOW: 30} if n % 3 else {})} for n in range(96, 0, -1)}
    assert not find(last({SERVED: 1800}, three), learned(seldom))
    known = days(4, {SERVED: 600, (Level.WARNING, "query for ann took long"): 30})
    assert not find(last({SERVED: 1800, (Level.WARNING, "query for <*> took long"): 90}, three), known)


def test_silence_is_told_once_and_not_when_it_has_a_reason() -> None:
    silent = last({}, timedelta(hours=3))
    told = find(silent, days())
    assert list(told) == ["silence"]
    assert told["silence"].description == (
        "Nothing was logged since 11-24 10:00 UTC, usually 1,908 records in that time."
    )
    assert not find(silent, days(), is_idle=True)
    assert not find(replace(silent, unread=(Unread("a", "it is not there"),)), days())


def test_a_source_that_is_gone_is_told_unless_it_has_ended() -> None:
    known = days(sources=("a", "/var/log/b"))
    found = last({key: 3 * count for key, count in USUAL.items()}, timedelta(hours=3))
    assert find(found, known)["silence"].description.startswith("/var/log/b logs nothing since 11-24 10:00 UTC")
    assert not find(found, known, ended=("/var/log/b",))


def test_hours_that_are_not_known_are_no_silence_and_no_reason_for_a_jump() -> None:
    hours = {HOUR - n: USUAL for n in range(96, 0, -1) if n % 2}
    known = baseline.miss(learned(hours), [HOUR - n for n in range(96, 0, -1) if not n % 2])
    assert not find(last(USUAL), known)


def test_without_enough_hours_the_window_is_compared_with_itself_and_that_is_said() -> None:
    known = learned({HOUR - n: USUAL for n in range(23, 0, -1)})
    found = last({**USUAL, NEW: 7})
    assert not find(found, known)
    assert list(window.notes(found, known)) == [
        "No baseline yet: 23 whole hours before this window learned, 24 needed. The window is compared with itself."
    ]
    assert not list(window.notes(found, days()))


def test_a_baseline_that_could_not_keep_all_patterns_calls_nothing_new() -> None:
    known = replace(days(), dropped_at=HOUR - 5)
    assert "new_pattern" not in find(last({**USUAL, NEW: 70}), known)
    assert "what is new cannot be told" in next(iter(window.notes(last(USUAL), known)))


def test_of_many_anomalies_of_a_kind_the_worst_five_are_told_errors_first() -> None:
    many = {(Level.ERROR if n % 2 else Level.INFO, f"new {'x' * n} thing"): 100 + n for n in range(20)}
    told = anomalies.find(last({**USUAL, **many}), {}, baseline=days())
    news = [one for one in told if one.kind == "new_pattern"]
    assert [one.evidence["count"] for one in news] == [119, 117, 115, 113, 111]


def test_a_baseline_that_is_made_at_once_is_the_one_that_is_learned() -> None:
    hours = {HOUR + n: {**USUAL, FAILED: n % 3} for n in range(5)}
    assert remembered(hours) == learned(hours)


# -- a steady log ------------------------------------------------------------------------------------------------------


def poisson(dice: random.Random, mean: float) -> int:
    """A count of events that come independently of one another."""
    if mean > 20:
        return max(0, round(dice.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), dice.random(), 0
    while product > limit:
        product *= dice.random()
        count += 1
    return count


def steady(seed: int) -> tuple[Baseline, Callable[[timedelta], LogReview]]:
    """A random log that does not change: 3 to 6 days of it, and what comes then.

    Up to 25 patterns from one in four days to thousands an hour; on half of the seeds days and nights differ.
    """
    dice = random.Random(seed)
    patterns = {
        (dice.choice([Level.ERROR, Level.WARNING, Level.INFO, Level.INFO]), f"message {'x' * n}"): 10
        ** dice.uniform(-2, 3.3)
        for n in range(dice.randint(3, 25))
    }
    swing = dice.choice([0.0, 0.8])

    def counts(number: int, share: float = 1.0) -> Counts:
        day = 1 + swing * math.sin(number % 24 / 24 * 2 * math.pi)
        return {key: poisson(dice, mean * day * share) for key, mean in patterns.items()}

    # What comes is learned too: a day is judged by its hours.
    hours = {HOUR + n: counts(HOUR + n) for n in range(-24 * dice.randint(3, 6), 24)}

    def later(span: timedelta) -> LogReview:
        parts = [hours[HOUR + n] for n in range(span // HOUR_LONG)] or [counts(HOUR, span / HOUR_LONG)]
        return last({key: sum(one[key] for one in parts) for key in patterns}, span)

    return remembered(hours), later


def alarms(seeds: range) -> list[int]:
    """The seeds whose steady log has anomalies, in a quarter of an hour, an hour or a day."""
    loud = []
    for seed in seeds:
        known, later = steady(seed)
        spans = (timedelta(minutes=15), HOUR_LONG, timedelta(days=1))
        if any(anomalies.find(later(span), {}, baseline=known) for span in spans):
            loud.append(seed)
    return loud


def test_a_steady_log_raises_an_alarm_at_most_on_one_of_a_hundred_seeds() -> None:
    assert len(alarms(range(100))) <= 1


def alone(seed: int, length: int) -> LogReview:
    """Minutes of a random log that does not change, without a baseline."""
    dice = random.Random(seed)
    rate = 10 ** dice.uniform(0, 2)
    wrong = rate * 10 ** dice.uniform(-3, -1)
    minutes, errors = [], {}
    for n in range(length):
        count = poisson(dice, wrong)
        minutes.append(Minute(NOW + timedelta(minutes=n), count + poisson(dice, rate), count, 0))
        for _ in range(count):
            errors.setdefault(dice.randrange(5), []).append(NOW + timedelta(minutes=n + dice.random()))
    patterns = tuple(
        pattern(Level.ERROR, f"failed {'x' * n}", len(times), min(times), max(times)) for n, times in errors.items()
    )
    empty = last({}, timedelta(minutes=length))
    return replace(empty, minutes=tuple(one for one in minutes if one.total), patterns=patterns, top_errors=patterns)


def test_without_a_baseline_a_steady_log_is_left_in_peace_too() -> None:
    loud = [seed for seed in range(100) for length in (60, 1440) if anomalies.find(alone(seed, length), {})]
    assert len(loud) <= 1
