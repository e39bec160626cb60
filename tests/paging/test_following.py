"""A tool that keeps incidents hears of answers given here, after the call that it is about, and once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.paging import stories
from tests.paging.stories import HOUR, MINUTE, SECOND, person

from accelerapp.flows.replying import Replying
from accelerapp.notifications.model import Delivered, Failed, Retry
from accelerapp.oncall.model import MethodKind
from accelerapp.paging import following
from accelerapp.paging.model import OutgoingState, PagingState, Purpose, Verb


@pytest.fixture
def duty(anywhere):
    """ann and ben are called by PagerDuty, each with an integration of their own."""
    anywhere.describe(stories.book(*(person(name, MethodKind.PAGERDUTY) for name in ("ann", "ben"))))
    return anywhere


def told(story) -> list[str]:
    return [
        f"{each.about.removeprefix(story.detail().paging.id)} {each.person} {each.purpose}" for _, each in story.sent
    ]


def tool(story) -> Replying:
    return Replying(story.work, story.clock, lambda: "key", timedelta(days=1), lambda: None)


def test_what_was_called_hears_that_it_is_acknowledged_and_resolved_by_the_same_name(duty):
    duty.page()
    duty.wait(5 * MINUTE)
    duty.acknowledge("cat")
    duty.send()
    duty.resolve("cat")
    duty.send()
    assert told(duty) == [
        " ann step",
        " ben step",
        " ann follow-up",
        " ben follow-up",
        " ann closing",
        " ben closing",
    ]
    assert {each.address for _, each in duty.sent[2:4]} == {"ann@pagerduty", "ben@pagerduty"}
    assert duty.sent[2][1].body == "Acknowledged by cat."


def test_what_was_not_called_hears_nothing_and_the_rest_is_cancelled(duty):
    duty.page()
    duty.send = lambda sending=None: 0
    duty.wait(5 * MINUTE)
    duty.acknowledge()
    states = {(each.person, each.purpose): each.state for each in duty.outbox()}
    assert states == {
        ("ann", Purpose.STEP): OutgoingState.DELIVERED,
        ("ben", Purpose.STEP): OutgoingState.CANCELLED,
        ("ann", Purpose.FOLLOW_UP): OutgoingState.QUEUED,
    }


def test_it_is_committed_with_the_answer_and_sent_by_whoever_comes_next(duty):
    duty.page()
    duty.acknowledge()
    assert duty.send(duty.process("another")) == 1
    assert duty.send() == 0


def test_a_call_that_is_on_its_way_comes_first(duty):
    """Somebody answers while the call is being sent: what follows waits for it."""
    hold, duty.send = duty.send, lambda sending=None: 0
    duty.page()
    [(call, _)] = duty.sending.claim(10)
    duty.acknowledge()
    assert duty.sending.claim(10) == []
    assert duty.sending.note(call, Delivered())
    assert hold() == 1
    assert told(duty) == [" ann follow-up"]


def test_a_call_whose_sender_died_is_followed_when_it_can_come_no_more(duty):
    hold, duty.send = duty.send, lambda sending=None: 0
    duty.page()
    assert len(duty.sending.claim(10)) == 1
    duty.acknowledge()
    duty.clock.move(following.ON_ITS_WAY - SECOND)
    assert hold() == 0
    duty.clock.move(SECOND)
    assert hold() == 1


def test_a_call_that_came_later_than_it_could_is_followed_once_more(duty):
    """A process that was stopped in the middle of a request goes on after all."""
    hold, duty.send = duty.send, lambda sending=None: 0
    duty.page()
    [(call, _)] = duty.sending.claim(10)
    duty.acknowledge()
    duty.clock.move(following.ON_ITS_WAY)
    assert hold() == 1
    assert duty.sending.note(call, Delivered())
    assert hold() == 1
    assert told(duty) == [" ann follow-up", " ann follow-up"]


def test_a_call_that_is_tried_again_is_given_up_and_may_have_arrived(duty):
    duty.answers = lambda outgoing: Retry("It ended the connection.", may_have_arrived=True)
    duty.page()
    duty.acknowledge()
    duty.answers = lambda outgoing: Delivered()
    duty.wait(2 * MINUTE)
    assert told(duty) == [" ann step", " ann follow-up"]


def test_to_resolve_takes_the_place_of_an_acknowledgement_that_did_not_go_out(duty):
    duty.page()
    duty.acknowledge()
    duty.resolve()
    duty.send()
    assert told(duty) == [" ann step", " ann closing"]


def test_called_again_after_an_answer_it_is_another_incident_and_both_are_closed(duty):
    """PagerDuty calls nobody for an incident that is acknowledged there."""
    duty.page()
    duty.acknowledge()
    duty.wait(HOUR + SECOND, MINUTE)
    duty.resolve()
    duty.send()
    assert told(duty)[-3:] == ["~2 ann step", " ann closing", "~2 ann closing"]


def test_a_follow_up_is_no_call(duty):
    """It neither puts off the next call nor stands for one, nor makes another method due when it fails."""
    duty.page()
    duty.answers = lambda outgoing: Failed("The key was revoked.", is_permanent=True)
    duty.acknowledge()
    duty.send()
    paging = duty.detail().paging
    assert paging.state is PagingState.ACKNOWLEDGED
    with duty.work() as stores:
        latest = stores.outbox.latest({paging.subject})
        [call] = [each for each in stores.outbox.of_paging(paging.id) if each.purpose is Purpose.STEP]
    assert latest == {("ann", paging.subject): call.due_at}


def test_alerts_that_are_over_close_it_too(duty):
    duty.page()
    duty.close()
    duty.wait(10 * SECOND)
    assert told(duty) == [" ann step", " ann closing"]


def test_an_answer_in_the_tool_counts_here_and_the_loop_ends(duty):
    duty.page()
    about = duty.detail().paging.about
    assert tool(duty).tool(about, Verb.ACKNOWLEDGE, "Ann Lee (PagerDuty)").acknowledged_by == "Ann Lee (PagerDuty)"
    assert duty.send() == 1
    with pytest.raises(stories.flow.service.Answered):
        tool(duty).tool(about, Verb.ACKNOWLEDGE, "Ann Lee (PagerDuty)")
    assert duty.send() == 0


def test_an_answer_of_a_call_before_the_present_one_changes_nothing(duty):
    duty.page()
    old = duty.detail().paging.about
    duty.acknowledge()
    duty.wait(HOUR + SECOND, MINUTE)
    for about in (old, "pgg_unknown", "d3640fbd41094207a1c11e58e46b1662", "pgg_1\0", "", "x" * 5000):
        assert tool(duty).tool(about, Verb.RESOLVE, "Ann Lee (PagerDuty)") is None
    assert duty.detail().paging.state is PagingState.TRIGGERED
    assert duty.detail().paging.about == f"{old}~2"
