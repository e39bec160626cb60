"""How much of the time a component was up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.statuspage.scenes import DAY, HOUR, NOON, SHOP, outage

from accelerapp.base.ids import OutageId
from accelerapp.statuspage import uptime
from accelerapp.statuspage.model import ComponentState, Outage

MAJOR, PARTIAL, SLOW = ComponentState.MAJOR_OUTAGE, ComponentState.PARTIAL_OUTAGE, ComponentState.DEGRADED
AGES = NOON - 365 * DAY


def test_a_major_outage_counts_whole_a_partial_one_by_a_third_and_slowness_not_at_all():
    whole = 89 * 24 + 12  # hours that are over
    for state, weight in ((MAJOR, 1.0), (PARTIAL, 0.3), (SLOW, 0.0)):
        found = uptime.compute([outage(1, SHOP, state, 5 * DAY, 10 * HOUR)], AGES, NOON, UTC)
        assert found.percent == pytest.approx(100 * (1 - weight * 10 / whole))


def test_of_outages_that_overlap_the_worst_holds_and_none_counts_twice():
    both = [outage(1, SHOP, PARTIAL, 30 * HOUR, 4 * HOUR), outage(2, SHOP, MAJOR, 29 * HOUR, HOUR)]
    day = uptime.compute(both, AGES, NOON, UTC).days[-2]
    assert (day.partial, day.major) == (3 * 3600, 3600)


def test_an_outage_over_midnight_is_a_part_of_both_days():
    days = uptime.compute([outage(1, SHOP, MAJOR, 13 * HOUR, 2 * HOUR)], AGES, NOON, UTC).days
    assert (days[-2].major, days[-1].major) == (3600, 3600)


def test_what_is_not_known_is_left_out_and_told():
    found = uptime.compute([outage(1, SHOP, None, 3 * DAY, 36 * HOUR)], AGES, NOON, UTC)
    assert found.percent == 100
    assert found.unknown == 36 * 3600
    assert found.days[-3].state is None


def test_what_is_known_goes_before_what_is_not():
    both = [outage(1, SHOP, None, 26 * HOUR, 4 * HOUR), outage(2, SHOP, MAJOR, 25 * HOUR, HOUR)]
    day = uptime.compute(both, AGES, NOON, UTC).days[-2]
    assert (day.unknown, day.major, day.state) == (3 * 3600, 3600, MAJOR)


def test_days_before_a_component_was_there_count_for_nothing():
    found = uptime.compute([], NOON - 2 * DAY, NOON, UTC)
    assert [day.counted / 3600 for day in found.days[-4:]] == [0, 12, 24, 12]
    assert uptime.compute([], NOON, NOON, UTC).percent is None


def test_an_outage_that_lasts_counts_until_now():
    lasting = Outage(OutageId("o"), SHOP.id, MAJOR, NOON - 2 * HOUR)
    assert uptime.compute([lasting], AGES, NOON, UTC).days[-1].major == 2 * 3600


def test_a_day_on_which_the_clock_changes_has_23_or_25_hours():
    berlin = ZoneInfo("Europe/Berlin")
    found = uptime.compute([], AGES, datetime(2026, 10, 27, 12, tzinfo=UTC), berlin)
    assert {str(day.date): day.counted / 3600 for day in found.days}["2026-10-25"] == 25
    spring = uptime.compute([], AGES, datetime(2026, 3, 31, 12, tzinfo=UTC), berlin)
    assert {str(day.date): day.counted / 3600 for day in spring.days}["2026-03-29"] == 23


hours = st.integers(-3000, 3000)
stretches = st.lists(st.tuples(hours, st.integers(0, 400), st.sampled_from([MAJOR, PARTIAL, SLOW, None])), max_size=12)


@given(stretches, st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]))
def test_whatever_was_recorded_the_parts_of_a_day_are_no_longer_than_the_day(stretches, zone):
    outages = [
        Outage(OutageId(str(i)), SHOP.id, state, NOON + at * HOUR, NOON + (at + length) * HOUR)
        for i, (at, length, state) in enumerate(stretches)
    ]
    found = uptime.compute(outages, NOON - 50 * DAY, NOON, ZoneInfo(zone))
    assert len(found.days) == 90
    for day in found.days:
        parts = day.major + day.partial + day.degraded + day.maintenance + day.unknown
        assert 0 <= parts <= day.counted + 1e-6 <= timedelta(hours=25).total_seconds() + 1
    assert found.percent is None or 0 <= found.percent <= 100
