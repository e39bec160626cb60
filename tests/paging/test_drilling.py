"""Drills: the chain as it would be called for a page, timed; they end by themselves and count for nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.paging import stories
from tests.paging.stories import HOUR, MINUTE, SECOND, failing, person

from accelerapp.base import errors
from accelerapp.base.severity import Severity
from accelerapp.flows.drilling import Drilling, Wanted
from accelerapp.oncall.model import Book, MethodKind, PolicyStep, Target, TargetKind
from accelerapp.paging.drills import Answer, Drill
from accelerapp.paging.model import OutgoingState, PagingKind, Purpose, Verb

SHOP = Wanted(policy="shop")


def drills(story: stories.Story) -> Drilling:
    return Drilling(story.work, story.work, story.clock, lambda: None)


def begin(story: stories.Story, wanted: Wanted = SHOP) -> Drill:
    made = drills(story).begin(wanted, "root")
    story.send()
    return made


def answer(story: stories.Story, name: str) -> None:
    sent = next(each for _, each in reversed(story.sent) if each.person == name)
    story.pager.follow(story.pager.token(sent, HOUR), Verb.ACKNOWLEDGE)


def test_it_says_before_whom_it_would_call(story):
    story.describe(stories.book(person("ann", MethodKind.NTFY, MethodKind.SMS), person("ben"), person("cat")))
    plan = drills(story).plan(Wanted(service="shop"))
    assert plan.policy == "shop"
    assert plan.people == ["ann", "ben", "cat"]
    assert [(each.number, each.targets, [one.name for one in each.people]) for each in plan.steps] == [
        (1, ("person ann",), ["ann"]),
        (2, ("person ben",), ["ben"]),
        (3, ("lead shop",), ["cat"]),
        (4, ("everyone",), ["ann", "ben", "cat"]),
    ]
    assert plan.steps[0].people[0].methods == ("ntfy", "sms")
    assert (plan.unanswered_pages, story.sent) == (0, [])


def test_the_chain_is_called_in_turn_and_the_first_answer_ends_it(anywhere):
    id = begin(anywhere).id
    anywhere.wait(5 * MINUTE + 30 * SECOND)
    assert anywhere.told() == ["0:00:00 ann", "0:05:00 ben"]
    answer(anywhere, "ben")
    anywhere.wait(HOUR, 10 * MINUTE)
    assert len(anywhere.sent) == 2
    found = drills(anywhere).drill(id)
    assert (found.answers, found.silent) == ((Answer("ben", 330.0, "ntfy"),), ())
    assert found.ended_at is not None
    times = [
        (each.step, each.person, each.called_after, each.delivered_after, each.answered_after) for each in found.tried
    ]
    assert times == [(1, "ann", 0.0, 0.0, None), (2, "ben", 300.0, 0.0, 30.0)]


def test_it_goes_once_through_the_steps_never_warns_and_never_begins_anew(story):
    id = begin(story).id
    story.wait(HOUR, 5 * MINUTE)
    found = drills(story).drill(id)
    assert [(each.step, each.person) for each in found.tried] == [
        (1, "ann"), (2, "ben"), (3, "cat"), (4, "ann"), (4, "ben"), (4, "cat"),
    ]  # fmt: skip
    assert (found.answers, found.silent) == ((), ("ann", "ben", "cat"))
    assert {each.purpose for _, each in story.sent} == {Purpose.EXERCISE}
    assert story.pager.responses() == []
    assert (story.pager.pages(), story.pager.pages(False)) == ([], [])


def test_the_policy_is_frozen_when_it_begins(story):
    begin(story)
    story.describe(Book(stories.book().people))
    story.wait(6 * MINUTE)
    assert story.told() == ["0:00:00 ann", "0:05:00 ben"]


def test_a_step_that_calls_nobody_is_named_and_gives_way_at_once(story):
    gap = PolicyStep((Target(TargetKind.PRIMARY, "nowhere"),), 5 * MINUTE)
    known = stories.book()
    [policy] = known.policies.values()
    story.describe(replace(known, policies={policy.name: replace(policy, steps=(gap, *policy.steps))}))
    id = begin(story).id
    answer(story, "ann")
    found = drills(story).drill(id)
    assert (found.unreachable_steps, [each.step for each in found.tried]) == ((1,), [2])


def test_a_method_that_fails_shows_its_reason_and_the_next_step_follows_at_once(story):
    story.describe(stories.book(person("ann", MethodKind.SMS), person("ben"), person("cat")))
    story.answers = failing("sms")
    id = begin(story).id
    story.wait(MINUTE)
    ann, ben = drills(story).drill(id).tried
    assert (ann.state, ann.reason, ann.delivered_after) == (OutgoingState.FAILED, "The token was revoked.", None)
    assert (ben.person, ben.called_after) == ("ben", 10.0)


def test_in_a_whole_drill_everybody_is_called_at_once_and_answers_for_themselves(anywhere):
    id = begin(anywhere, Wanted(policy="shop", is_whole=True)).id
    assert sorted(anywhere.told()) == ["0:00:00 ann", "0:00:00 ben", "0:00:00 cat"]
    anywhere.wait(MINUTE)
    answer(anywhere, "ben")
    assert drills(anywhere).drill(id).ended_at is None
    anywhere.wait(MINUTE)
    answer(anywhere, "ann")
    anywhere.wait(4 * MINUTE)
    found = drills(anywhere).drill(id)
    assert (found.is_whole, found.steps, found.silent) == (True, 3, ("cat",))
    assert [(each.by, each.after) for each in found.answers] == [("ben", 60.0), ("ann", 120.0)]
    assert [(each.step, each.person, each.answered_after) for each in found.tried] == [
        (1, "ann", 120.0), (2, "ben", 60.0), (3, "cat", None),
    ]  # fmt: skip
    assert found.ended_at is not None
    assert len(anywhere.sent) == 3


def test_stopped_nobody_else_is_called_and_what_is_over_stays(story):
    id = begin(story).id
    stopped = drills(story).stop(id, "root")
    story.wait(HOUR, 10 * MINUTE)
    assert (stopped.is_stopped, stopped.answers, len(story.sent)) == (True, (), 1)
    assert drills(story).stop(id, "eve") == stopped


def test_while_one_runs_another_does_not_begin(story):
    id = begin(story).id
    with pytest.raises(errors.WrongUseError, match=f"The drill {id} runs already"):
        begin(story)
    answer(story, "ann")
    story.clock.move(SECOND)
    assert begin(story).id != id
    assert [each.id for each in drills(story).drills()][-1] == id


def test_what_cannot_be_drilled_is_said_and_calls_nobody(story):
    with pytest.raises(errors.NotFoundError, match="There is no policy 'x'"):
        begin(story, Wanted(policy="x"))
    with pytest.raises(errors.NotFoundError, match="There is no drill 'drl_x'"):
        drills(story).drill("drl_x")
    story.describe(Book({"ann": replace(person("ann"), methods=())}))
    with pytest.raises(errors.WrongUseError, match="would reach nobody"):
        begin(story, Wanted())
    assert story.sent == []


def test_without_a_policy_everyone_is_called_as_for_a_page(story):
    story.describe(Book(stories.book().people))
    assert begin(story, Wanted(severity=Severity.P2)).policy == ""
    assert sorted(story.told()) == ["0:00:00 ann", "0:00:00 ben", "0:00:00 cat"]


def test_a_real_page_goes_its_way_beside_a_drill(story):
    begin(story)
    story.clock.move(SECOND)
    story.page()
    assert drills(story).plan(SHOP).unanswered_pages == 1
    answer_of_page = next(each for _, each in story.sent if each.purpose is Purpose.STEP)
    story.pager.follow(story.pager.token(answer_of_page, HOUR), Verb.ACKNOWLEDGE)
    assert [each.kind for each in story.pager.pages(kind=None)] == [PagingKind.PAGE, PagingKind.DRILL]
