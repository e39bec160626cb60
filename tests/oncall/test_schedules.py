"""Who is on call when: rotations by the wall clock, layers, hours, holidays, overrides; and what holds of any schedule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oncall.stories import BERLIN, WEEKLY, at, layer, override, schedule

from accelerapp.base import errors
from accelerapp.oncall import fairness, rotation, service, zones
from accelerapp.oncall.model import Holiday, Hours, OnHolidays, Rank

PRIMARY = Rank.PRIMARY
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def who(schedule, moment, *overrides, rank=PRIMARY):
    found = service.holder(schedule, overrides, rank, moment)
    return found and found.person


# -- rotations ---------------------------------------------------------------------------------------------------------


def test_a_week_is_handed_over_on_friday_at_17_in_the_zone_of_the_schedule():
    weekly = schedule(WEEKLY)
    assert who(weekly, at("2026-03-06 16:59")) == "cy"
    assert who(weekly, at("2026-03-06 17:00")) == "ann"
    assert who(weekly, at("2026-03-13 16:59:59")) == "ann"
    assert who(weekly, at("2026-03-13 17:00")) == "ben"


def test_before_the_first_handoff_nobody_is_on_call():
    assert who(schedule(WEEKLY), at("2026-01-02 16:59")) is None
    assert who(schedule(WEEKLY), at("2026-01-02 17:00")) == "ann"


@pytest.mark.parametrize(
    ("handoffs", "hours"),
    [(("2026-03-27 17:00", "2026-04-03 17:00"), 167), (("2026-10-23 17:00", "2026-10-30 17:00"), 169)],
)
def test_the_week_in_which_the_clock_is_changed_is_an_hour_shorter_or_longer(handoffs, hours):
    starts, ends = map(at, handoffs)
    (turn,) = service.shifts(schedule(WEEKLY), (), PRIMARY, starts, starts + HOUR)
    assert (turn.starts_at, turn.ends_at) == (starts, ends)
    assert turn.ends_at - turn.starts_at == hours * HOUR


def test_a_handoff_that_the_clock_jumps_over_is_at_the_jump():
    sunday = schedule(replace(WEEKLY, weekday=6, at=time(2, 30)))
    jump = datetime(2026, 3, 29, 1, tzinfo=UTC)  # 02:00 becomes 03:00
    before, after = who(sunday, jump - timedelta(seconds=1)), who(sunday, jump)
    assert before != after
    assert who(sunday, jump + 6 * DAY) == after


def test_a_handoff_that_comes_twice_is_at_the_first():
    sunday = schedule(replace(WEEKLY, weekday=6, at=time(2, 30)))
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 summer time; again an hour later
    holders = [who(sunday, first + offset) for offset in (-timedelta(seconds=1), timedelta(), HOUR, 2 * HOUR)]
    assert holders[0] != holders[1]
    assert holders[1] == holders[2] == holders[3]


def test_a_zone_that_left_out_a_whole_day_has_no_turn_on_it():
    daily = schedule(layer("ann", "ben", turn_days=1, at=time(12), starts_on=date(2011, 12, 1)), zone="Pacific/Apia")
    day = datetime(2011, 12, 30, 10, tzinfo=UTC)  # the 31st begins there, after the 29th
    around = service.shifts(daily, (), PRIMARY, day - 2 * DAY, day + 2 * DAY)
    assert all(one.ends_at == other.starts_at for one, other in pairwise(around))
    assert service.gaps(around, daily, PRIMARY, day - DAY, day + DAY) == []


def test_a_zone_that_changed_its_rules_for_good_keeps_the_wall_clock():
    """Volgograd moved from UTC+4 to UTC+3 in December 2020, outside of any summer time."""
    weekly = schedule(replace(WEEKLY, starts_on=date(2020, 12, 1)), zone="Europe/Volgograd")
    found = service.shifts(weekly, (), PRIMARY, datetime(2020, 12, 20, tzinfo=UTC), datetime(2021, 1, 3, tzinfo=UTC))
    walls = {each.starts_at.astimezone(ZoneInfo("Europe/Volgograd")).hour for each in found}
    assert (walls, {each.starts_at.hour for each in found}) == ({17}, {13, 14})


def test_an_unknown_zone_says_so():
    for name in ("Europe/Berln", "", "../etc/passwd", "Europe", "\x00"):
        with pytest.raises(errors.WrongUseError, match="not a time zone"):
            service.holder(schedule(WEEKLY, zone=name), (), PRIMARY, at("2026-03-06 17:00"))


def test_turns_of_days_begin_on_the_first_day_and_go_on_from_there():
    daily = schedule(layer("ann", "ben", turn_days=1, at=time(9)))
    found = service.shifts(daily, (), PRIMARY, at("2026-03-02 09:00"), at("2026-03-05 09:00"))
    assert [each.person for each in found] == ["ann", "ben", "ann"]


def test_an_empty_rotation_leaves_a_gap():
    empty = schedule(layer())
    assert service.shifts(empty, (), PRIMARY, at("2026-03-02 09:00"), at("2026-03-05 09:00")) == []
    (gap,) = service.gaps((), empty, PRIMARY, at("2026-03-02 09:00"), at("2026-03-05 09:00"))
    assert gap.ends_at - gap.starts_at == 3 * DAY


# -- layers, hours, holidays -------------------------------------------------------------------------------------------


def test_a_later_layer_lies_over_the_earlier_one_during_its_hours():
    office = layer("dee", hours=(Hours((0, 1, 2, 3, 4), time(9), time(17)),))
    both = schedule(WEEKLY, office)
    assert who(both, at("2026-03-09 08:59")) == "ann"
    assert who(both, at("2026-03-09 09:00")) == "dee"
    assert who(both, at("2026-03-09 17:00")) == "ann"
    assert who(both, at("2026-03-14 12:00")) == "ben"


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin():
    night = schedule(layer("ann", hours=(Hours((4,), time(22), time(6)),)))
    assert [who(night, at(moment)) for moment in ("2026-03-06 21:59", "2026-03-06 22:00", "2026-03-07 05:59")] == [
        None,
        "ann",
        "ann",
    ]
    assert who(night, at("2026-03-07 06:00")) is None
    assert who(night, at("2026-03-07 23:00")) is None


def test_hours_that_begin_and_end_at_the_same_time_are_a_whole_day():
    sunday = schedule(layer("ann", hours=(Hours((6,), time(0), time(0)),)))
    found = service.shifts(sunday, (), PRIMARY, at("2026-03-29 01:00"), at("2026-03-29 04:00"))
    assert [each.ends_at - each.starts_at for each in found] == [23 * HOUR]


def test_windows_that_meet_at_a_time_that_is_jumped_over_leave_no_gap_and_no_overlap():
    halves = (
        Hours((6,), time(0), time(2, 15)),
        Hours((6,), time(2, 15), time(2, 45)),
        Hours((6,), time(2, 45), time(0)),
    )
    sunday = schedule(layer("ann", hours=halves))
    for day in ("2026-03-29", "2026-10-25"):
        start = at(f"{day} 00:00")
        end = zones.moment(start.astimezone(BERLIN).date() + DAY, time(), BERLIN)
        found = service.shifts(sunday, (), PRIMARY, start, end)
        assert service.gaps(found, sunday, PRIMARY, start, end) == []
        assert [each.ends_at - each.starts_at for each in found] == [end - start]


def test_a_layer_may_be_off_on_holidays_or_count_only_then():
    holidays = (Holiday(date(2026, 5, 1), "Labour Day"),)
    office = layer("ann", on_holidays=OnHolidays.OFF)
    volunteers = layer("dee", on_holidays=OnHolidays.ONLY)
    assert who(schedule(office, holidays=holidays), at("2026-05-01 00:00")) is None
    both = schedule(office, volunteers, holidays=holidays)
    moments = ("2026-04-30 23:59", "2026-05-01 00:00", "2026-05-01 23:59", "2026-05-02 00:00")
    assert [who(both, at(moment)) for moment in moments] == ["ann", "dee", "dee", "ann"]


def test_the_secondary_is_a_rotation_of_its_own():
    both = schedule(WEEKLY, replace(WEEKLY, rank=Rank.SECONDARY, members=("ben", "cy", "ann")))
    assert service.ranks(both) == [Rank.PRIMARY, Rank.SECONDARY]
    moment = at("2026-03-06 17:00")
    assert (who(both, moment), who(both, moment, rank=Rank.SECONDARY)) == ("ann", "ben")


# -- overrides ---------------------------------------------------------------------------------------------------------


def test_an_override_counts_between_its_ends_and_the_later_made_over_the_earlier():
    first = override("dee", "2026-03-08 00:00", "2026-03-10 00:00", number=1)
    second = override("eva", "2026-03-09 00:00", "2026-03-12 00:00", number=2)
    moments = ("2026-03-07 23:59", "2026-03-08 00:00", "2026-03-09 00:00", "2026-03-11 23:59", "2026-03-12 00:00")
    for given_ in ((first, second), (second, first)):
        assert [who(schedule(WEEKLY), at(moment), *given_) for moment in moments] == ["ann", "dee", "eva", "eva", "ann"]
    other = replace(first, rank=Rank.SECONDARY)
    assert who(schedule(WEEKLY), at("2026-03-08 12:00"), other) == "ann"


def test_an_override_fills_a_gap():
    assert (
        who(schedule(layer()), at("2026-03-08 12:00"), override("dee", "2026-03-08 00:00", "2026-03-10 00:00")) == "dee"
    )


def test_shifts_at_the_edges_of_a_span_are_whole():
    cut = override("dee", "2026-03-13 12:00", "2026-03-13 15:00")
    (found,) = service.shifts(schedule(WEEKLY), (cut,), PRIMARY, at("2026-03-08 00:00"), at("2026-03-08 01:00"))
    assert (found.starts_at, found.ends_at) == (at("2026-03-06 17:00"), at("2026-03-13 12:00"))


def test_who_comes_next_is_the_next_other_person():
    found = service.on_call(schedule(WEEKLY), (), PRIMARY, at("2026-03-08 00:00"))
    assert (found.shift.person, found.next.person, found.next.starts_at) == ("ann", "ben", at("2026-03-13 17:00"))
    alone = service.on_call(schedule(layer("ann")), (), PRIMARY, at("2026-03-08 00:00"))
    assert (alone.next.person, alone.next.starts_at) == ("ann", at("2026-03-13 17:00"))
    assert service.on_call(schedule(), (), PRIMARY, at("2026-03-08 00:00")).shift is None


# -- fairness ----------------------------------------------------------------------------------------------------------


def test_hours_nights_and_weekends_are_counted_for_each():
    start, end = at("2026-03-06 17:00"), at("2026-03-20 17:00")
    away = override("dee", "2026-03-07 00:00", "2026-03-07 23:00")  # less than half of ann's weekend
    found = service.shifts(schedule(WEEKLY), (away,), PRIMARY, start, end)
    loads = {load.person: load for load in fairness.loads(schedule(WEEKLY), found, start, end)}
    assert {name: (load.hours, load.nights, load.weekends) for name, load in loads.items()} == {
        "ann": (145.0, 6, 1),
        "ben": (168.0, 7, 1),
        "dee": (23.0, 1, 0),
        "cy": (0.0, 0, 0),
    }
    assert list(loads) == ["ben", "ann", "dee", "cy"]


# -- what holds of any schedule ----------------------------------------------------------------------------------------

PEOPLE = st.lists(st.sampled_from(["ann", "ben", "cy", "dee"]), max_size=4).map(tuple)
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
WINDOWS = st.builds(Hours, st.lists(st.integers(0, 6), min_size=1, max_size=7).map(tuple), TIMES, TIMES)
LAYERS = st.builds(
    layer,
    starts_on=st.dates(date(2026, 1, 1), date(2026, 4, 10)),
    weekday=st.integers(0, 6),
    at=TIMES,
    turn_days=st.sampled_from([1, 2, 5, 7, 14]),
    hours=st.lists(WINDOWS, max_size=2).map(tuple),
    on_holidays=st.sampled_from(list(OnHolidays)),
    members=PEOPLE,
)
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
# A fortnight with the change of the clock inside, in Europe, and the one of America's a little before.
STARTS = st.integers(0, 23 * 24 * 60).map(lambda minutes: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minutes))
OVERRIDES = st.lists(
    st.tuples(st.sampled_from(["eva", "fay"]), st.integers(-100, 400), st.integers(1, 100)), max_size=3
)


def _schedules(layers, zone):
    return schedule(*layers, zone=zone, holidays=(Holiday(date(2026, 3, 29)), Holiday(date(2026, 3, 9))))


@given(st.lists(LAYERS, max_size=3), ZONES, STARTS, OVERRIDES)
@settings(max_examples=60, deadline=None)
def test_shifts_and_gaps_tile_any_fortnight_and_every_instant_has_one_holder_or_is_in_a_gap(layers, zone, start, made):
    whole, end = _schedules(layers, zone), start + 14 * DAY
    overrides = [
        override(name, start + begins * HOUR, start + (begins + length) * HOUR, number=number)
        for number, (name, begins, length) in enumerate(made)
    ]
    found = service.shifts(whole, overrides, PRIMARY, start, end)
    parts = [*service.within(found, start, end), *service.gaps(found, whole, PRIMARY, start, end)]
    tiles = sorted((each.starts_at, each.ends_at) for each in parts)
    assert [tiles[0][0], tiles[-1][1]] == [start, end]
    assert all(one[1] == other[0] for one, other in pairwise(tiles))
    for each in parts:
        for moment in (each.starts_at, each.starts_at + (each.ends_at - each.starts_at) / 2):
            held = service.holder(whole, overrides, PRIMARY, moment)
            assert (held and held.person) == getattr(each, "person", None)


@given(st.lists(LAYERS, min_size=1, max_size=3), ZONES, STARTS, st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_a_longer_look_says_the_same_of_a_shorter_span(layers, zone, start, days):
    whole = _schedules(layers, zone)
    short = service.shifts(whole, (), PRIMARY, start, start + DAY)
    long = service.shifts(whole, (), PRIMARY, start - days * DAY, start + days * DAY)
    assert short == [each for each in long if each.starts_at < start + DAY and each.ends_at > start]


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), TIMES, TIMES, ZONES)
@settings(max_examples=100, deadline=None)
def test_the_order_of_wall_times_is_the_order_of_moments(day, one, other, zone):
    where = zones.zone(zone)
    early, late = sorted((one, other))
    assert zones.moment(day, early, where) <= zones.moment(day, late, where)
    assert zones.moment(day, late, where) <= zones.moment(day + DAY, early, where)


def test_laying_nothing_over_changes_nothing():
    piece = rotation.Piece(at("2026-03-06 17:00"), at("2026-03-13 17:00"), "ann", "layer x")
    assert rotation.laid_over([piece], []) == [piece]
    assert rotation.laid_over([], [piece]) == [piece]
    assert rotation.laid_over([replace(piece, person="ben")], [piece]) == [piece]
