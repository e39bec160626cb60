"""Figures of incidents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.fakes import NOON
from tests.postmortems.scenes import DAY, HOUR, MINUTE

from accelerapp.base.ids import IncidentId
from accelerapp.base.severity import Severity
from accelerapp.oncall import zones
from accelerapp.postmortems import statistics
from accelerapp.postmortems.statistics import By, Case, Times

SINCE = NOON - 14 * DAY


def case(number=1, days_ago=1.0, answered=10, ended=60, **changes):
    at = NOON - days_ago * DAY
    whole = Case(
        IncidentId(f"inc_{number}"),
        "Nobody can pay",
        Severity.P1,
        ("shop",),
        at,
        at,
        at + answered * MINUTE if answered is not None else None,
        at + ended * MINUTE if ended is not None else None,
    )
    return replace(whole, **changes)


def made(*cases):
    return statistics.make(cases, SINCE, NOON, UTC)


def test_the_mean_times_leave_out_what_has_not_come_so_far_and_say_how_many():
    found = made(case(1), case(2, answered=30, ended=None), case(3, answered=None, ended=120))
    assert found.acknowledge == Times(2, 1, 1200.0, 1200.0, 1800.0)
    assert found.resolve == Times(2, 1, 5400.0, 5400.0, 7200.0)
    assert (found.incidents, found.still_open) == (3, 1)


def test_the_time_to_resolve_counts_from_when_the_harm_began():
    known = case(ended=60)
    assert made(replace(known, began_at=known.opened_at - HOUR)).resolve.mean_seconds == 7200


def test_of_none_nothing_is_said():
    found = made()
    assert (found.incidents, found.per_week, found.severities, found.repeats) == (0, 0, (), ())
    assert found.acknowledge.mean_seconds is None


def test_what_was_opened_before_or_after_is_not_counted():
    assert made(case(days_ago=15), case(days_ago=-1)).incidents == 0


def test_every_week_is_there_also_one_without_an_incident():
    found = made(case(1, days_ago=13), case(2, days_ago=1, severity=Severity.P3), case(3, days_ago=2))
    assert [(each.begins_on, each.total) for each in found.weeks] == [
        (date(2026, 2, 16), 1),
        (date(2026, 2, 23), 2),
        (date(2026, 3, 2), 0),
    ]
    assert (found.weeks[0].mtta_seconds, found.weeks[2].mtta_seconds) == (600, None)
    assert found.per_week == 1.5


def test_a_week_begins_on_the_monday_of_the_calendar_there():
    late = NOON - 13 * HOUR  # Sunday 23:00 UTC, Monday in Berlin
    assert statistics.monday(late, UTC) == date(2026, 2, 23)
    assert statistics.monday(late, zones.zone("Europe/Berlin")) == date(2026, 3, 2)


def test_what_comes_again_is_found_by_what_it_has_in_common():
    found = made(
        case(1, root_cause="Release 1.1.0 locked 3 tables.\n\nMore.", tags=("Pay",), rules=("Down",)),
        case(2, days_ago=3, root_cause="release 1.2.7 locked 12 tables", tags=("pay", "pay"), services=("search",)),
        case(3, days_ago=2, rules=("Down",), services=("search",)),
    )
    assert [(each.by, each.name, each.incidents) for each in found.repeats] == [
        (By.CAUSE, "release # # # locked # tables", ("inc_1", "inc_2")),
        (By.RULE, "Down", ("inc_1", "inc_3")),
        (By.TAG, "pay", ("inc_1", "inc_2")),
        (By.SERVICE, "search", ("inc_3", "inc_2")),
    ]
    assert found.without_cause == 1


def test_an_unknown_cause_is_no_common_cause():
    assert made(case(1), case(2, root_cause=" \n"), services_apart(3)).repeats == made(case(1), case(2)).repeats


def services_apart(number):
    return case(number, services=())


@pytest.mark.parametrize("told", ["a", "A.", " a\nb", "a!"])
def test_small_differences_make_no_other_cause(told):
    assert statistics.cause_template(told) == "a"


cases = some.lists(
    some.builds(
        case,
        some.integers(1, 10**6),
        some.floats(-1, 20),
        some.none() | some.integers(-60, 10**4),
        some.none() | some.integers(-60, 10**4),
        severity=some.sampled_from(Severity),
        root_cause=some.text(max_size=20),
    ),
    max_size=20,
)


@given(cases)
def test_the_parts_add_up_to_the_whole(given_cases):
    found = made(*given_cases)
    assert sum(each.incidents for each in found.severities) == found.incidents
    assert sum(each.total for each in found.weeks) == found.incidents
    for each in (found.acknowledge, found.resolve):
        assert each.count + each.missing == found.incidents
        assert each.mean_seconds is None or 0 <= each.mean_seconds <= each.longest_seconds
    assert all(len(each.incidents) > 1 for each in found.repeats)
