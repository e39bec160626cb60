"""What is wrong with on-call is told to the leads once a day, by their own clock, and only when something is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from tests.paging import stories
from tests.paging.stories import HOUR, MINUTE, book, person

from accelerapp.base.clock import MovingClock
from accelerapp.flows import oncall_report
from accelerapp.flows.oncall_report import Reporting
from accelerapp.oncall.model import Remark

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
EMPTY = Remark("schedule shop", "The rotation of the layer week is empty.", "Name its members.")
MEANT = Remark("schedule shop", "The layer office lies over week.", is_wrong=False)


@pytest.fixture(params=stories.KINDS)
def story(request, tmp_path):
    clock = MovingClock(MIDNIGHT)
    with stories.working(request, request.param, tmp_path, clock) as work:
        made = stories.Story(work, clock)
        made.describe(book())
        yield made


@pytest.fixture
def quick(request, tmp_path):
    clock = MovingClock(MIDNIGHT)
    with stories.working(request, "memory", tmp_path, clock) as work:
        made = stories.Story(work, clock)
        made.describe(book())
        yield made


def reporting(story, *remarks, at=time(9)):
    return Reporting(story.work, story.work, story.clock, lambda: None, lambda ahead: remarks, at)


def wait(story, length, *remarks, **wired):
    until = story.now + length
    while story.now < until:
        reporting(story, *remarks, **wired).send()
        story.send()
        story.clock.move(5 * MINUTE)


def told(story):
    return [f"{each.created_at:%d %H:%M} {each.person}" for _, each in story.sent]


def test_the_lead_is_told_each_day_at_the_hour_that_is_set(story):
    wait(story, timedelta(days=2), EMPTY, MEANT)
    assert told(story) == ["02 09:00 cat", "03 09:00 cat"]
    [(_, first), _] = story.sent
    assert first.title == "1 thing is wrong with on-call"
    assert first.body == "- schedule shop: The rotation of the layer week is empty. Name its members."


def test_nobody_is_told_when_nothing_is_wrong_or_when_it_is_switched_off(quick):
    wait(quick, timedelta(days=1), MEANT)
    wait(quick, timedelta(days=1), EMPTY, at=None)
    assert told(quick) == []


def test_what_goes_wrong_later_in_the_day_is_told_at_once_and_once(quick):
    wait(quick, 15 * HOUR)
    wait(quick, 5 * HOUR, EMPTY)
    assert told(quick) == ["02 15:00 cat"]


def test_each_is_told_by_their_own_clock(quick):
    ann, cat = person("ann", zone="Asia/Tokyo"), person("cat", zone="America/New_York")
    quick.describe(replace(book(ann, cat), teams={}))
    wait(quick, timedelta(days=1) - HOUR, EMPTY)
    assert told(quick) == ["02 00:00 ann", "02 00:00 cat", "02 14:00 cat"]


def test_a_zone_that_is_not_known_here_is_taken_as_utc(quick):
    quick.describe(replace(book(person("ann", zone="Europe/Gone")), teams={}))
    wait(quick, 12 * HOUR, EMPTY)
    assert told(quick) == ["02 09:00 ann"]


def test_a_clock_that_goes_back_tells_nobody_twice(quick):
    wait(quick, 10 * HOUR, EMPTY)
    quick.clock.move(timedelta(hours=-2))
    wait(quick, 3 * HOUR, EMPTY)
    assert told(quick) == ["02 09:00 cat"]


def test_remarks_are_not_looked_for_before_the_hour(quick):
    looked = []

    def remarks(ahead):
        looked.append((quick.now, ahead))
        return [EMPTY]

    flow = Reporting(quick.work, quick.work, quick.clock, lambda: None, remarks)
    for _ in range(20):
        flow.send()
        quick.clock.move(HOUR)
    assert looked == [(MIDNIGHT + 9 * HOUR, timedelta(days=30))]


def test_a_long_report_is_cut_and_says_how_much_is_missing():
    many = [Remark(f"person p{number}", "\x1b[31mNo method.") for number in range(45)]
    found = oncall_report.notice(many, "report")
    assert found.title == "45 things are wrong with on-call"
    assert found.body.endswith("and 5 more: `accelerapp oncall check` lists them.")
    assert "\x1b" not in found.body
