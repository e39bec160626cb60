"""Handoffs as they happen: who hears of them and when, and that nobody hears twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from tests.oncall.stories import at, layer, override, schedule
from tests.paging import stories
from tests.paging.stories import HOUR, MINUTE, book, person

from accelerapp.base import errors, side_by_side
from accelerapp.base.clock import MovingClock
from accelerapp.flows import handoff
from accelerapp.flows.handoff import Handoffs
from accelerapp.oncall import service
from accelerapp.oncall.model import Hours, Rank
from accelerapp.platforms.interface import Revision

FRIDAY = at("2026-03-06 17:00")
WEEK = layer("ann", "ben", starts_on=date(2026, 2, 27))
"""ann from the 27th of February, ben from the 6th of March on."""


@pytest.fixture(params=stories.KINDS)
def story(request, tmp_path):
    clock = MovingClock(FRIDAY - HOUR)
    with stories.working(request, request.param, tmp_path, clock) as work:
        made = stories.Story(work, clock)
        describe(made, WEEK)
        yield made


@pytest.fixture
def quick(tmp_path, request):
    clock = MovingClock(FRIDAY - HOUR)
    with stories.working(request, "memory", tmp_path, clock) as work:
        made = stories.Story(work, clock)
        describe(made, WEEK)
        yield made


def describe(story, *layers, **changes):
    people = book(*(person(name) for name in ("ann", "ben", "cat")))
    story.describe(replace(people, schedules={"shop": schedule(*layers, **changes)}))


def handoffs(story, before=timedelta(), **revisions):
    def on_call(name):
        with story.work() as stores:
            known = stores.oncall.book().schedules["shop"]
            return [
                service.on_call(known, stores.oncall.overrides(story.now, story.now + HOUR), Rank.PRIMARY, story.now)
            ]

    return Handoffs(
        story.work, story.work, story.clock, lambda: None, revisions, side_by_side.SideBySide(), on_call, before
    )


def wait(story, length, **wired):
    """A look every five minutes; each message with the hours since the handoff."""
    until = story.now + length
    while story.now < until:
        handoffs(story, **wired).send()
        story.send()
        story.clock.move(min(5 * MINUTE, until - story.now))


def told(story):
    return [each.title for _, each in story.sent]


def test_at_the_handoff_who_comes_and_who_goes_are_told_once(story):
    wait(story, HOUR)
    assert told(story) == []
    wait(story, 2 * HOUR)
    assert sorted(told(story)) == [
        "ann, ben is now primary on call of shop in your place",
        "ben, you are primary on call of shop until Fri 2026-03-13 17:00 CET",
    ]
    assert {each.person: each.title.split(",")[0] for _, each in story.sent} == {"ann": "ann", "ben": "ben"}


def test_so_long_before_as_is_set_and_not_again_at_the_handoff(quick):
    wait(quick, 2 * HOUR, before=30 * MINUTE)
    assert sorted(told(quick)) == [
        "ann, ben is from Fri 2026-03-06 17:00 CET on primary on call of shop in your place",
        "ben, you are primary on call of shop until Fri 2026-03-13 17:00 CET, from Fri 2026-03-06 17:00 CET on",
    ]
    assert {each.created_at for _, each in quick.sent} == {FRIDAY - 30 * MINUTE}


def test_never_when_it_is_switched_off(quick):
    wait(quick, 2 * HOUR, before=None)
    assert told(quick) == []


def test_after_a_crash_and_by_two_processes_it_is_the_same_message(story):
    story.clock.move(HOUR)
    one, two = handoffs(story), handoffs(story)
    due = one.due(FRIDAY, FRIDAY)  # both have looked before either has written
    assert due == two.due(FRIDAY, FRIDAY)
    one.tell(due, FRIDAY)
    two.tell(due, FRIDAY)
    story.send()
    assert len(told(story)) == 2


def test_a_server_that_was_away_tells_it_later_but_not_the_day_after(quick):
    quick.clock.move(HOUR + 11 * HOUR)
    wait(quick, 5 * MINUTE)
    assert len(told(quick)) == 2
    quick.clock.move(timedelta(days=7, hours=2))
    wait(quick, 5 * MINUTE)
    assert len(told(quick)) == 2


def test_whoever_stands_in_for_some_hours_is_told_and_for_a_moment_not(quick):
    with quick.work() as stores:
        stores.oncall.put_overrides(
            [
                override("cat", "2026-03-10 09:00", "2026-03-10 10:00"),
                override("cat", "2026-03-11 09:00", "2026-03-11 17:00", 2),
            ]
        )
    quick.clock.move(at("2026-03-10 08:00") - quick.now)
    wait(quick, 5 * HOUR)
    assert told(quick) == []
    quick.clock.move(at("2026-03-11 08:55") - quick.now)
    wait(quick, 9 * HOUR)
    assert sorted(told(quick)) == [
        "ben, cat is now primary on call of shop in your place",
        "ben, you are primary on call of shop until Fri 2026-03-13 17:00 CET",
        "cat, ben is now primary on call of shop in your place",
        "cat, you are primary on call of shop until Wed 2026-03-11 17:00 CET",
    ]


def test_whoever_has_the_office_hours_all_week_is_not_told_every_morning(quick):
    office = layer("ann", "ben", starts_on=date(2026, 2, 27), hours=(Hours((0, 1, 2, 3, 4), time(9), time(17)),))
    describe(quick, office)
    wait(quick, timedelta(days=6))
    assert sorted(told(quick)) == [
        "ann, ben is now primary on call of shop in your place",
        "ben, you are primary on call of shop until Mon 2026-03-09 17:00 CET",
    ]


def test_somebody_who_hands_over_to_themselves_hears_nothing(quick):
    describe(quick, layer("ann", starts_on=date(2026, 1, 2)))
    wait(quick, timedelta(days=1))
    assert told(quick) == []


def test_the_first_shift_of_all_was_handed_over_by_nobody(quick):
    describe(quick, layer("ann", starts_on=date(2026, 3, 6)))
    wait(quick, 2 * HOUR)
    [title] = told(quick)
    assert title.startswith("ann, you are primary")
    assert "Handed over by:\n- nobody: there was a gap before" in quick.sent[0][1].body


def test_a_zone_that_is_not_known_stops_no_other_schedule():
    lost = {"lost": replace(schedule(WEEK), zone="Europe/Gone"), "shop": schedule(WEEK)}
    assert [each.shift.person for each in handoff.handoffs(replace(book(), schedules=lost), (), FRIDAY)] == ["ben"]


def test_a_platform_that_is_silent_holds_up_no_notice_and_is_named(quick):
    def gone():
        raise errors.CannotTellError("The supervisor does not run.")

    revision = Revision(2, "1.1.0", FRIDAY - HOUR, "ann")
    wait(quick, 2 * HOUR, shop=lambda: [revision], api=gone)
    body = quick.sent[0][1].body
    assert "- api: cannot tell: The supervisor does not run.\n- shop 1.1.0, 1 h ago, by ann" in body


def test_platforms_are_not_asked_while_there_is_nothing_to_tell(quick):
    asked = []

    def ask():
        asked.append(quick.now)
        return []

    wait(quick, 3 * HOUR, shop=ask)
    assert asked == [FRIDAY]


def test_who_cannot_be_told_is_passed_over_without_end(quick):
    with quick.work() as stores:
        known = stores.oncall.book()
    silent = replace(known, people={**known.people, "ben": replace(known.people["ben"], methods=())})
    quick.describe(silent)
    asked = []
    wait(quick, 3 * HOUR, shop=lambda: asked.append(1) or [])
    assert told(quick) == ["ann, ben is now primary on call of shop in your place"]
    assert len(asked) == 1


def test_the_brief_as_of_now_says_who_is_on_call_and_who_comes(quick):
    found = handoffs(quick).brief()
    assert found.title == "On-call as of Fri 2026-03-06 15:00 UTC"
    assert found.sections[0].lines == (
        "shop primary: ann until Fri 2026-03-06 17:00 CET, then ben from Fri 2026-03-06 17:00 CET",
    )
    assert [each.head for each in found.sections[1:]] == [
        "Open incidents",
        "Deployed in 7 days",
        "Silences that hold",
        "Alerts that opened often in 7 days",
    ]
