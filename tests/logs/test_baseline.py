"""Baselines: each hour once, what nobody saw is not known, what is usual, and bounds on what is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.logs.histories import HOUR, NOW, hour, learned

from accelerapp.base import errors
from accelerapp.base.ids import ServiceName
from accelerapp.flows import log_baseline
from accelerapp.logs import baseline
from accelerapp.logs.baseline import Baseline, Due, HourCount
from accelerapp.logs.model import Level, LogReview, Unread
from accelerapp.logs.store import MemoryBaselines

FAILED = (Level.ERROR, "order <*> failed")
SERVED = (Level.INFO, "GET <*> served")


def test_an_hour_is_kept_with_its_counts_by_pattern() -> None:
    known = learned({HOUR: {SERVED: 600, FAILED: 6}})
    assert known.hours == {HOUR: HourCount(606, 6, {"a": 606})}
    by_message = {one.message: one for one in known.patterns.values()}
    assert by_message["order <*> failed"].counts == {HOUR: 6}
    assert by_message["order <*> failed"].first_at == NOW
    assert known.templates == ("GET <*> served", "order <*> failed")


def test_learning_the_same_hour_twice_changes_nothing() -> None:
    known = learned({HOUR: {SERVED: 600}})
    assert baseline.learn(known, HOUR, hour({SERVED: 999, FAILED: 9}, HOUR)) is known


def test_records_without_a_time_belong_to_no_hour() -> None:
    found = hour({SERVED: 60, FAILED: 5}, HOUR)
    untimed = tuple(replace(one, first_at=None, last_at=None) for one in found.patterns)
    known = baseline.learn(Baseline(), HOUR, replace(found, patterns=untimed, minutes=()))
    assert known.hours[HOUR].total == 0
    assert not known.patterns


@pytest.mark.parametrize(
    ("seen_ago", "away_ago", "newest", "expected"),
    [
        (5, None, HOUR - 2, Due(HOUR - 1, (), True)),  # it was looked all the time
        (5, None, HOUR - 1, Due()),  # done already
        (40, None, HOUR - 2, Due(HOUR - 1, (), False)),  # went away within the hour
        (5, 30, HOUR - 2, Due(HOUR - 1, (), False)),  # came within the hour
        (5, 100, HOUR - 2, Due(HOUR - 1, (), True)),  # came before it
        (2, 3, HOUR - 2, Due(None, (HOUR - 1,))),  # came when it was over
        (90, None, HOUR - 2, Due(None, (HOUR - 1,))),  # away for all of it
        (300, None, HOUR - 5, Due(None, (HOUR - 4, HOUR - 3, HOUR - 2, HOUR - 1))),
        (5, None, HOUR - 4, Due(HOUR - 1, (HOUR - 3, HOUR - 2), True)),  # two hours that could not be read
        (5, None, HOUR + 400, Due(HOUR - 1, (), True)),  # the clock was ahead once
    ],
)
def test_an_hour_is_due_when_it_is_over_and_somebody_was_there(
    seen_ago: int, away_ago: int | None, newest: int, expected: Due
) -> None:
    now = NOW + timedelta(minutes=3)
    away = None if away_ago is None else now - timedelta(minutes=away_ago)
    known = Baseline({newest: HourCount(10)}, {}, now - timedelta(minutes=seen_ago), away)
    assert baseline.due(known, now) == expected


def test_lines_may_be_late_and_the_first_look_learns_nothing() -> None:
    known = Baseline({HOUR - 2: HourCount(10)}, {}, NOW - timedelta(minutes=4))
    assert baseline.due(known, NOW + timedelta(minutes=1)) == Due()
    assert baseline.due(Baseline(), NOW + timedelta(minutes=3)) == Due(missed=(HOUR - 1,))


def test_an_hour_without_a_record_is_zero_only_when_somebody_was_there_all_the_time() -> None:
    assert baseline.learn(Baseline(), HOUR, hour({}, HOUR)).hours[HOUR].total == 0
    away = baseline.learn(Baseline(), HOUR, hour({}, HOUR), is_whole=False)
    assert away.hours[HOUR].total is None
    assert away.known(HOUR + 1) == ()


def test_a_missed_hour_is_not_zero_and_a_known_one_stays_known() -> None:
    known = baseline.miss(learned({HOUR: {SERVED: 5}}), (HOUR, HOUR + 1))
    assert known.known(HOUR + 9) == (HOUR,)


@pytest.mark.parametrize(
    ("series", "at", "expected"),
    [
        (dict.fromkeys(range(-96, 0), 10), 0, (10, 4, True)),
        ({-24: 5, -48: 9, -72: 7, -1: 900}, 0, (7, 3, True)),  # the same hour of three days
        ({-24: 5, -48: 9, -1: 7, -2: 6, -3: 6, -4: 6}, 0, (6, 6, False)),
        ({-1: 1, -2: 1, -3: 1, -4: 1, -5: 1}, 0, None),
    ],
)
def test_what_is_usual_is_the_median_of_the_same_hours_else_of_all(series: dict, at: int, expected: tuple) -> None:
    found = baseline.expected(series, sorted(series), at)
    assert (found and (found.median, found.hours, found.is_same_hour)) == expected


def test_one_wild_day_moves_neither_the_median_nor_the_spread() -> None:
    series = {-24 * day: 10 + day % 2 for day in range(1, 8)}
    found = baseline.expected({**series, -24: 5000}, sorted(series), 0)
    assert found is not None
    assert (found.median, found.highest) == (11, 5000)
    assert found.spread < 2


def test_what_is_older_than_four_weeks_is_forgotten() -> None:
    known = learned({HOUR - baseline.KEPT: {FAILED: 5}, HOUR - 1: {SERVED: 5}})
    assert len(known.patterns) == 2
    later = baseline.learn(known, HOUR, hour({SERVED: 6}, HOUR))
    assert sorted(later.hours) == [HOUR - 1, HOUR]
    assert [one.message for one in later.patterns.values()] == ["GET <*> served"]


def test_a_clock_that_jumps_ahead_forgets_nothing() -> None:
    known = learned({HOUR: {SERVED: 5}})
    ahead = baseline.miss(known, (HOUR + 9999,))
    assert baseline.learn(ahead, HOUR + 1, hour({SERVED: 5}, HOUR + 1)).known(HOUR + 2) == (HOUR, HOUR + 1)


def test_of_too_many_patterns_errors_and_steady_ones_stay_and_it_is_noted() -> None:
    known = learned({HOUR: {SERVED: 5, FAILED: 1}, HOUR + 1: {SERVED: 5}})
    flood = {(Level.INFO, f"{'x' * (n % 7)} {n}"): 1 for n in range(baseline.MOST_PATTERNS + 50)}
    full = baseline.learn(known, HOUR + 2, hour(flood, HOUR + 2))
    assert len(full.patterns) == baseline.MOST_PATTERNS
    assert {"GET <*> served", "order <*> failed"} <= {one.message for one in full.patterns.values()}
    assert full.dropped_at == HOUR + 2


class Shop:
    """A service with one line of traffic per hour, learned by the flow."""

    def __init__(self) -> None:
        self.store = MemoryBaselines()
        self.asked: list[tuple[object, object]] = []
        self.unread: tuple[Unread, ...] = ()

    def review(self, since: object, until: object, known: Baseline) -> LogReview:
        self.asked.append((since, until))
        number = baseline.hour_of(since)  # type: ignore[arg-type]
        return replace(hour({SERVED: 60}, number), unread=self.unread)

    def look(self, minutes: int) -> bool:
        from contextlib import nullcontext

        opened = lambda: nullcontext(self.store)  # noqa: E731
        return log_baseline.learn(NAME, opened, opened, self.review, NOW + timedelta(minutes=minutes))

    @property
    def hours(self) -> dict[int, int | None]:
        return {number - HOUR: count.total for number, count in self.store.get(NAME).hours.items()}


NAME = ServiceName("shop")


def test_every_hour_is_read_once_from_its_beginning_to_its_end() -> None:
    shop = Shop()
    for minute in range(0, 200, 5):
        shop.look(minute)
    assert shop.hours == {-2: None, -1: None, 0: 60, 1: 60, 2: 60}
    first = (NOW, NOW + timedelta(minutes=59, seconds=59, milliseconds=999))
    assert shop.asked[0] == first
    assert len(shop.asked) == 3


def test_hours_that_were_over_while_the_product_was_down_stay_unknown() -> None:
    shop = Shop()
    for minute in (0, 5, 15, 30, 45, 60, 65, 305, 310, 325, 340, 355, 365):
        shop.look(minute)
    assert shop.hours == {-2: None, -1: None, 0: 60, 1: None, 2: None, 3: None, 4: None, 5: 60}


def test_an_hour_of_which_a_part_cannot_be_read_is_tried_again() -> None:
    shop = Shop()
    shop.look(55)
    shop.unread = (Unread("app.log", "it is not there"),)
    for minute in (65, 70):
        with pytest.raises(errors.CannotTellError, match=r"app\.log: it is not there"):
            shop.look(minute)
    shop.unread = ()
    assert shop.look(75) is True
    assert shop.hours[0] == 60


def test_an_hour_that_could_not_be_read_until_the_next_was_over_is_not_known() -> None:
    shop = Shop()
    for minute in range(0, 65, 5):
        shop.look(minute - 3)
    shop.unread = (Unread("app.log", "it is not there"),)
    for minute in range(65, 125, 5):
        with pytest.raises(errors.CannotTellError):
            shop.look(minute)
    shop.unread = ()
    shop.look(125)
    assert shop.hours == {-2: None, -1: 60, 0: None, 1: 60}
