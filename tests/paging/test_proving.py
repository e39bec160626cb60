"""Test pages: who is tested when, what counts as an answer, what is told of those who gave none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from tests import databases
from tests.paging import stories
from tests.paging.stories import HOUR, MINUTE, QUIET, failing, person

from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.flows import paging as flow
from accelerapp.flows import proving
from accelerapp.flows.access_check import LeftOut
from accelerapp.flows.proving import Proving
from accelerapp.notifications.model import Delivered, Failed
from accelerapp.oncall import zones
from accelerapp.oncall.model import Book, MethodKind
from accelerapp.paging.exercises import Outcome
from accelerapp.paging.model import PagingKind, PagingState, Purpose, Verb

DAY = 24 * HOUR
TUESDAY = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
EVERY = "Tuesday 11:00"


def proves(story: stories.Story, test_at: str = EVERY) -> Proving:
    return Proving(story.work, story.work, story.clock, lambda: None, test_at)


def go_to(story: stories.Story, at: datetime) -> None:
    story.clock.move(at - story.now)


def weekly(story: stories.Story) -> int:
    count = proves(story).weekly()
    story.send()
    return count


def answer(story: stories.Story, name: str, method: str = "ntfy") -> None:
    """By the link of the newest message that this person has by this method."""
    sent = next(each for _, each in reversed(story.sent) if (each.person, each.method) == (name, method))
    story.pager.follow(story.pager.token(sent, DAY), Verb.ACKNOWLEDGE)


def outcomes(story: stories.Story) -> dict[str, Outcome]:
    return {each.person: each.outcome for each in proves(story).rounds(1)[0].people}


def people_tested(story: stories.Story) -> list[str]:
    return [each.person for _, each in story.sent if each.purpose is Purpose.EXERCISE]


# -- when --------------------------------------------------------------------------------------------------------------


def test_each_is_tested_at_eleven_on_tuesday_by_the_clock_of_their_own_zone(story):
    people = (person("ann"), person("ben", zone="America/New_York"), person("cat", zone="Asia/Tokyo"))
    story.describe(stories.book(*people))
    go_to(story, TUESDAY - 10 * HOUR)
    begun = {}
    for _ in range(20 * 6):
        before = len(people_tested(story))
        weekly(story)
        for name in people_tested(story)[before:]:
            begun[name] = f"{story.now:%a %H:%M}"
        story.clock.move(10 * MINUTE)
    assert begun == {"cat": "Tue 02:00", "ann": "Tue 11:00", "ben": "Tue 16:00"}
    assert [each.id for each in proves(story).rounds()] == ["2026-W48"]


def test_once_a_week_however_often_the_job_runs_and_whatever_the_clock_does(anywhere):
    go_to(anywhere, TUESDAY)
    assert weekly(anywhere) == 3
    assert weekly(anywhere) == 0
    anywhere.clock.move(-HOUR)
    assert weekly(anywhere) == 0
    anywhere.clock.move(2 * HOUR)
    assert weekly(anywhere) == 0
    go_to(anywhere, TUESDAY + 7 * DAY)
    assert weekly(anywhere) == 3
    assert [(each.id, each.is_weekly) for each in proves(anywhere).rounds()] == [("2026-W49", True), ("2026-W48", True)]


def test_of_two_processes_that_find_the_same_due_one_begins_it(story):
    go_to(story, TUESDAY)
    with story.work() as stores:
        seen_by_both = proving.due(stores.oncall.book(), EVERY, story.now)
    assert weekly(story) == 3
    with story.work() as stores:
        assert proving._missing(stores, seen_by_both) == []


def test_after_a_stop_it_catches_up_for_two_hours_and_not_in_the_night(story):
    go_to(story, TUESDAY + 2 * HOUR)
    assert weekly(story) == 0
    go_to(story, TUESDAY + 2 * HOUR - MINUTE)
    assert weekly(story) == 3


def test_hundreds_begin_in_portions_so_that_a_real_page_does_not_wait_behind_them(story):
    story.describe(stories.book(*(person(f"p{number:03}") for number in range(120))))
    go_to(story, TUESDAY)
    assert [weekly(story) for _ in range(4)] == [50, 50, 20, 0]


def test_without_a_time_or_a_way_to_reach_them_nobody_is_tested(story):
    story.describe(stories.book(person("ann"), replace(person("ben"), methods=())))
    go_to(story, TUESDAY)
    assert proves(story, "").weekly() == 0
    assert weekly(story) == 1
    assert proving.due(Book(), EVERY, story.now) == []


def test_a_zone_that_is_not_known_here_counts_as_utc(story):
    people = {"ann": replace(person("ann"), zone="Mars/Olympus")}
    assert proving.due(Book(people), EVERY, TUESDAY) == [("ann", "2026-W48")]


# -- what is called ----------------------------------------------------------------------------------------------------


def test_it_is_the_plan_for_p1_through_quiet_hours_and_the_first_answer_ends_it(anywhere):
    ann = person("ann", MethodKind.NTFY, MethodKind.SMS, MethodKind.VOICE, quiet=QUIET)
    anywhere.describe(stories.book(ann, person("ben")))
    go_to(anywhere, TUESDAY)
    weekly(anywhere)
    anywhere.wait(3 * MINUTE)
    assert [each.method for _, each in anywhere.sent if each.person == "ann"] == ["ntfy", "sms"]
    answer(anywhere, "ann", "sms")
    anywhere.wait(DAY, 6 * HOUR)
    [found] = [each for each in proves(anywhere).rounds(1)[0].people if each.person == "ann"]
    assert (found.outcome, found.method, found.answered_after) == (Outcome.ANSWERED, "sms", 180.0)
    assert [(each.method, each.delivered_after, each.answered_after) for each in found.tried] == [
        ("ntfy", 0.0, None),
        ("sms", 0.0, 60.0),
    ]
    assert [each.method for _, each in anywhere.sent if each.person == "ann" and each.purpose is Purpose.EXERCISE] == [
        "ntfy",
        "sms",
    ]


def test_without_an_answer_it_ends_after_a_day_and_calls_nobody_else(story):
    go_to(story, TUESDAY)
    weekly(story)
    answer(story, "ann")
    answer(story, "ben")
    story.wait(DAY - MINUTE, HOUR)
    assert outcomes(story)["cat"] is Outcome.WAITING
    story.wait(2 * MINUTE)
    assert outcomes(story) == {"ann": Outcome.ANSWERED, "ben": Outcome.ANSWERED, "cat": Outcome.UNANSWERED}
    assert sorted(people_tested(story)) == ["ann", "ben", "cat"]
    [left] = [each for each in story.pager.pages(False, kind=PagingKind.TEST) if not each.resolved_by]
    assert left.state is PagingState.RESOLVED
    assert story.pager.responses() == []


def test_methods_that_fail_are_named_with_the_reason(story):
    story.describe(stories.book(person("ann", MethodKind.SMS, MethodKind.EMAIL), person("ben", MethodKind.SMS)))
    story.answers = failing("sms")
    go_to(story, TUESDAY)
    weekly(story)
    answer(story, "ann", "email")
    story.wait(5 * MINUTE)
    ann, ben = proves(story).rounds(1)[0].people
    assert (ann.outcome, ann.method) == (Outcome.ANSWERED, "email")
    assert (ben.outcome, proving.sentence(ben)) == (
        Outcome.UNREACHED,
        "ben: nothing was delivered (sms: The token was revoked.)",
    )


def test_an_end_by_somebody_else_proves_nothing(story):
    go_to(story, TUESDAY)
    weekly(story)
    ids = {each.person: each.paging for each in proves(story).rounds(1)[0].people}
    story.pager.act(ids["ann"], Verb.RESOLVE, "root")
    story.pager.act(ids["ben"], Verb.ACKNOWLEDGE, "ben")
    story.pager.act(ids["cat"], Verb.ACKNOWLEDGE, "Cat Stevens (Slack)")
    assert outcomes(story) == {"ann": Outcome.ENDED, "ben": Outcome.ANSWERED, "cat": Outcome.ANSWERED}


# -- now ---------------------------------------------------------------------------------------------------------------


def test_people_are_tested_now_beside_the_weekly_round(story):
    made = proves(story).send(["ben", "ben"])
    story.send()
    assert (made.is_weekly, [each.person for each in made.people]) == (False, ["ben"])
    assert people_tested(story) == ["ben"]
    assert len(proves(story).send([], is_everyone=True).people) == 3
    assert proves(story).round(made.id).people[0].outcome is Outcome.WAITING


def test_who_cannot_be_tested_is_named_and_then_nobody_is(story):
    story.describe(stories.book(person("ann"), replace(person("ben"), methods=())))
    with pytest.raises(errors.NotFoundError, match="There is no person 'eve'"):
        proves(story).send(["ann", "eve"])
    with pytest.raises(errors.WrongUseError, match="ben has no contact method to test"):
        proves(story).send(["ann", "ben"])
    with pytest.raises(errors.WrongUseError, match="nobody to test"):
        proves(story).send([])
    with pytest.raises(errors.NotFoundError, match="no round of tests 'x'"):
        proves(story).round("x")
    assert proves(story).rounds() == []


# -- what is told ------------------------------------------------------------------------------------------------------


def test_the_leads_hear_once_who_did_not_answer_when_the_round_is_over(anywhere):
    go_to(anywhere, TUESDAY)
    weekly(anywhere)
    for name in ("ben", "cat"):
        answer(anywhere, name)
    weekly(anywhere)
    assert [each for _, each in anywhere.sent if each.purpose is Purpose.NOTICE] == []
    anywhere.wait(DAY + MINUTE, 6 * HOUR)
    for _ in range(3):
        weekly(anywhere)
    [told] = [each for _, each in anywhere.sent if each.purpose is Purpose.NOTICE]
    assert (told.person, told.title) == ("cat", "1 person did not answer the test page: ann")
    assert "ann: did not answer" in told.body


def test_when_all_answered_nobody_is_told_anything(story):
    go_to(story, TUESDAY)
    weekly(story)
    for name in ("ann", "ben", "cat"):
        answer(story, name)
    weekly(story)
    assert len(story.sent) == 3


def test_what_doctor_says_follows_each_persons_last_test(story):
    assert "Nobody has been tested yet" in _left_out(story)
    go_to(story, TUESDAY)
    story.answers = lambda outgoing: Failed("Unknown number.") if outgoing.person == "ben" else Delivered()
    weekly(story)
    answer(story, "ann")
    story.wait(5 * MINUTE)
    with pytest.raises(errors.WrongUseError, match=r"not answered: ben: nothing was delivered \(ntfy: Unknown number"):
        proves(story).standing()
    story.answers = lambda outgoing: Delivered()
    proves(story).send(["ben"])
    story.send()
    answer(story, "ben")
    assert _left_out(story) == "2 of 3 answered their last test page. Without a result yet: cat."
    answer(story, "cat")
    assert proves(story).standing() == "3 of 3 answered their last test page."
    story.clock.move(10 * DAY)
    with pytest.raises(errors.CannotTellError, match="though one is due each Tuesday 11:00"):
        proves(story).standing()


def test_without_people_or_without_a_weekly_test_doctor_leaves_it_out(story):
    assert "There is no weekly test page" in _left_out(story, "")
    story.describe(Book())
    with story.work() as stores:
        assert proving.judged(Book(), [], EVERY, story.now) == "There is nobody to test yet."
        assert stores.pagings.find(kind=PagingKind.TEST) == []


def _left_out(story: stories.Story, test_at: str = EVERY) -> str:
    found = proves(story, test_at).standing()
    assert isinstance(found, LeftOut)
    return found.sentence


def test_the_last_such_moment_in_a_week_with_a_jump_of_the_clock_is_the_moment_of_the_jump():
    berlin = zones.zone("Europe/Berlin")
    jump = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    at = time(2, 30)
    assert zones.last_weekly(6, at, berlin, jump) == jump
    assert zones.last_weekly(6, at, berlin, jump - timedelta(seconds=1)) == datetime(2026, 3, 22, 1, 30, tzinfo=UTC)


# -- crashes and others ------------------------------------------------------------------------------------------------


@pytest.fixture(params=databases.KINDS)
def kept(request, tmp_path):
    clock = MovingClock(TUESDAY)
    with stories.working(request, request.param, tmp_path, clock) as work:
        made = stories.Story(work, clock)
        made.describe(stories.book())
        yield made


def test_a_crash_before_the_commit_leaves_nothing_and_the_next_run_begins_all(kept):
    @contextmanager
    def dies() -> Iterator[flow.Stores]:
        with kept.work() as stores:
            yield stores
            raise ConnectionError("killed")

    with pytest.raises(ConnectionError):
        Proving(kept.work, dies, kept.clock, lambda: None, EVERY).weekly()
    assert proves(kept).rounds() == []
    assert weekly(kept) == 3
    assert sorted(people_tested(kept)) == ["ann", "ben", "cat"]


def test_two_that_begin_at_the_same_moment_call_each_person_once(kept):
    together, begun = threading.Barrier(2), []

    def other() -> None:
        together.wait(30)
        begun.append(proves(kept).weekly())

    threads = [threading.Thread(target=other) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(begun) == 3
    kept.send()
    assert sorted(people_tested(kept)) == ["ann", "ben", "cat"]
