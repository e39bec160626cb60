"""The book in a file: written as it is read, and every mistake told at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import NOON
from tests.oncall.stories import BOOK_TOML, book

from accelerapp.base import errors
from accelerapp.base.severity import Severity
from accelerapp.oncall import filing, tabling, written
from accelerapp.oncall.model import (
    Book,
    Holiday,
    Hours,
    MethodKind,
    OnHolidays,
    PolicyStep,
    QuietHours,
    Rank,
    Target,
    TargetKind,
)

MISTAKES = """
colour = "red"
[people.ann]
zone = "Europe/Berln"
quiet = "22:00"
[people.ann.methods]
sms = "0151 12345"
fax = "1"
mobile = { kind = "sms" }
[people.ann.rules]
P1 = [{ method = "smoke" }]
P9 = []
[teams.platform]
lead = "nobody"
[schedules.shop]
[[schedules.shop.layers]]
members = "ann"
handoff = "Fryday 17:00"
turn = "90m"
hours = ["25:00-26:00"]
[policies.shop]
repeat = -1
steps = [{ call = "primary", wait = "soon" }, { call = "boss" }, {}]
[policies.empty]
[people."a b"]
"""


def told(toml: str, before: Book | None = None) -> dict[str, str]:
    with pytest.raises(errors.InvalidInputError) as error:
        book(toml, before)
    assert all(problem.reason for problem in error.value.problems)
    return {problem.field: f"{problem.reason} {problem.mend}" for problem in error.value.problems}


def test_a_file_says_who_is_reached_how_and_who_is_called_when():
    found = book()
    ann = found.people["ann"]
    assert (ann.title, ann.quiet) == ("Ann Lee", QuietHours(time(22), time(7)))
    assert [each.kind for each in ann.methods] == [MethodKind.NTFY, MethodKind.SMS, MethodKind.VOICE, MethodKind.EMAIL]
    (rule,) = found.people["ben"].rules
    assert (rule.severity, rule.steps[1].after) == (Severity.P2, timedelta(seconds=90))
    week, backup = found.schedules["shop"].layers
    assert (week.weekday, week.at, week.turn_days, week.rank) == (4, time(17), 7, Rank.PRIMARY)
    assert backup.hours == (Hours((0, 1, 2, 3, 4), time(9), time(17)), Hours((5, 6), time(10), time(14)))
    assert (backup.on_holidays, found.schedules["shop"].holidays) == (
        OnHolidays.OFF,
        (Holiday(date(2026, 12, 25), "Christmas Day"),),
    )
    first, second, third = found.policies["shop"].steps
    assert first == PolicyStep((Target(TargetKind.PRIMARY, "shop"),), timedelta(minutes=5))
    assert second.targets[1] == Target(TargetKind.LEAD, "platform")
    assert third == PolicyStep((Target(TargetKind.EVERYONE),), timedelta(minutes=5))


def test_every_mistake_is_told_at_once_with_its_field():
    found = told(MISTAKES)
    assert set(found) == {
        "colour",
        "people.ann.zone",
        "people.ann.quiet",
        "people.ann.methods.sms.address",
        "people.ann.methods.fax.kind",
        "people.ann.methods.mobile.address",
        "people.ann.rules.P1[0].method",
        "people.ann.rules.P9",
        "people.a b",
        "schedules.shop.zone",
        "schedules.shop.layers[0].handoff",
        "schedules.shop.layers[0].turn",
        "schedules.shop.layers[0].hours[0]",
        "schedules.shop.layers[0].starts_on",
        "policies.shop.repeat",
        "policies.shop.steps[0].call[0]",
        "policies.shop.steps[0].wait",
        "policies.shop.steps[1].call[0]",
        "policies.shop.steps[2].call",
        "policies.empty.steps",
    }
    assert "+4915112345678" in found["people.ann.methods.sms.address"]
    assert "Write it like Friday" in found["schedules.shop.layers[0].handoff"]


def test_names_that_nobody_has_are_told_once_everything_can_be_read():
    toml = BOOK_TOML.replace('lead = "cy"', 'lead = "nobody"').replace('members = ["ben", "ann"]', 'members = ["dee"]')
    assert set(told(toml)) == {"teams.platform", "schedules.shop.layers[1].members"}
    assert set(told(BOOK_TOML.replace('"primary shop"', '"primary bar"'))) == {"policies.shop.steps[0]"}


def test_a_policy_that_can_reach_nobody_is_refused():
    toml = '[people.ann]\n[policies.p]\nsteps = [{ call = "person ann" }, { call = "everyone" }]'
    assert "it can reach nobody" in told(toml)["policies.p.steps"]
    assert book(toml + '\n[people.ben.methods]\nemail = "ben@example.com"').policies["p"]


def test_taking_away_the_last_way_to_reach_somebody_is_refused_too():
    toml = '[people.ann.methods]\nsms = "+4915112345678"\n[policies.p]\nsteps = [{ call = "person ann" }]'
    before = book(toml)
    assert "policies.p.steps" in told("[people.ann]", before)
    assert set(told("[policies.p]\nsteps = [{ call = 'primary x' }]", before)) == {"policies.p.steps[0]"}


def test_what_another_still_names_cannot_be_removed():
    with pytest.raises(errors.InvalidInputError, match="there is no person 'ann'"):
        filing.without(book(), "people", "ann")
    with pytest.raises(errors.NotFoundError):
        filing.without(book(), "people", "zoe")
    assert "shop" not in filing.without(book(), "policies", "shop").policies


def test_a_method_stays_verified_while_its_address_stays_the_same():
    before = book()
    ann = before.people["ann"]
    proven = replace(ann, methods=tuple(replace(each, verified_at=NOON) for each in ann.methods))
    before = replace(before, people={**before.people, "ann": proven})
    after = book(BOOK_TOML.replace("ann@example.com", "ann@example.org"), before).people["ann"]
    assert [each.verified_at for each in after.methods] == [NOON, NOON, NOON, None]


@pytest.mark.parametrize("value", [1, [], None, "x", {"people": []}, {"people": {"ann": 1}}, {"policies": {"p": {"steps": 1}}},
                                   {"people": {"ann": {"methods": {"sms": 1}}}}, {"schedules": {"s": {"zone": 1, "layers": [1]}}},
                                   {"people": {"ann": {"zone": "\ud800"}}}, {"\ud800": 1}, {"people": {"\ud800": {}}}, {"schedules": {"s": {"zone": "UTC", "holidays": {"x": 1}}}}])  # fmt: skip
def test_whatever_is_no_table_is_a_mistake_and_no_crash(value):
    with pytest.raises(errors.InvalidInputError) as error:
        filing.read(value, Book(), "The book")
    assert error.value.message.encode()  # it can be sent as an answer


def test_what_is_written_reads_back_as_the_same():
    text = tabling.toml(book())
    assert book(text) == book()
    assert "verified" not in text
    assert 'mobile = {kind = "sms"' in text
    assert book(tabling.toml(Book())) == Book()


TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@given(st.lists(st.integers(0, 6), min_size=1, unique=True).map(lambda days: tuple(sorted(days))), TIMES, TIMES)
@settings(deadline=None)
def test_hours_are_written_as_they_are_read(days, starts, ends):
    assert written.hours(written.show_hours(Hours(days, starts, ends))) == Hours(days, starts, ends)


@given(st.integers(0, 366 * 86_400))
def test_durations_are_written_as_they_are_read(seconds):
    assert written.duration(written.show_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@given(st.text(max_size=30))
@settings(deadline=None)
def test_any_text_is_read_or_said_to_be_unreadable(text):
    for parse in (
        written.clock,
        written.duration,
        written.handoff,
        written.hours,
        written.turn,
        written.target,
    ):
        try:
            parse(text)
        except written.Unreadable as error:
            assert error.reason
