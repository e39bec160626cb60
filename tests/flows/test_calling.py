"""What is frozen at a trigger: when what can wait begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.oncall.stories import at, book

from accelerapp.base.severity import Severity
from accelerapp.flows import calling
from accelerapp.oncall.model import Holiday, WorkingHours

BOOK = book()
SHOP = replace(BOOK.policies["shop"], severities=(), working_hours=WorkingHours("Europe/Berlin"))


def begins(severity, wall, *holidays, **changes):
    days = tuple(Holiday(date.fromisoformat(each)) for each in holidays)
    schedules = {"shop": replace(BOOK.schedules["shop"], holidays=days)}
    known = replace(BOOK, schedules=schedules, policies={"shop": replace(SHOP, **changes)})
    return calling.plan(known, "shop", severity, at(wall)).begins_at


def test_what_can_wait_waits_over_the_holidays_of_the_schedules_that_are_called():
    assert begins(Severity.P4, "2026-12-24 18:00", "2026-12-25") == at("2026-12-28 09:00")
    assert begins(Severity.P4, "2026-12-25 12:00", "2026-12-25") == at("2026-12-28 09:00")
    assert begins(Severity.P4, "2026-12-25 12:00") == at("2026-12-25 12:00")


def test_what_cannot_wait_knows_no_holidays():
    assert begins(Severity.P1, "2026-12-25 03:00", "2026-12-25") == at("2026-12-25 03:00")


def test_when_all_of_the_next_fortnight_is_holidays_nothing_waits_for_ever():
    days = [f"2026-12-{day}" for day in range(20, 32)] + [f"2027-01-0{day}" for day in range(1, 9)]
    assert begins(Severity.P4, "2026-12-21 12:00", *days) == at("2026-12-21 12:00")


def test_a_zone_that_is_not_known_does_not_make_it_wait():
    assert begins(Severity.P4, "2026-12-25 03:00", working_hours=WorkingHours("Mars")) == at("2026-12-25 03:00")
