"""Answers that come at the same moment as others, or as the call itself, on real databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from tests import databases
from tests.fakes import NOON
from tests.paging import stories
from tests.paging.stories import person

from accelerapp.base.clock import MovingClock
from accelerapp.flows.replying import Replying
from accelerapp.notifications.model import Delivered
from accelerapp.oncall.model import MethodKind
from accelerapp.paging import service
from accelerapp.paging.model import OutgoingState, Purpose, Verb

NUMBERS = {"ann": "+4915112345678", "ben": "+4915187654321"}


@pytest.fixture(params=databases.KINDS)
def story(request, tmp_path):
    clock = MovingClock(NOON)
    with stories.working(request, request.param, tmp_path, clock) as work:
        yield stories.Story(work, clock)


def together(*acts: Callable[[], object]) -> list[object]:
    """All at the same moment; what each gave or raised."""
    ready = threading.Barrier(len(acts))

    def act(one: Callable[[], object]) -> object:
        ready.wait(20)
        try:
            return one()
        except service.Answered as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return [each.result(60) for each in [pool.submit(act, one) for one in acts]]


def test_of_those_who_answer_at_once_one_has_it_and_the_others_hear_who(story):
    people = [person(name, MethodKind.SMS) for name in NUMBERS]
    known = [replace(p, methods=(replace(p.methods[0], address=NUMBERS[p.name]),)) for p in people]
    story.describe(stories.book(*known))
    story.page()
    story.wait(timedelta(minutes=5))
    about = story.detail().paging.about
    replying = Replying(story.work, story.clock, lambda: "key", timedelta(days=1), lambda: None)
    found = together(
        lambda: replying.text(NUMBERS["ann"], "ack", "SM1"),
        lambda: replying.text(NUMBERS["ben"], "ack", "SM2"),
        lambda: replying.tool(about, Verb.ACKNOWLEDGE, "Cat (PagerDuty)"),
        lambda: story.acknowledge("dan"),
    )
    late = [each for each in found if isinstance(each, service.Answered)]
    assert len(late) == 3
    assert {each.message for each in late} == {
        f"'High error rate' is acknowledged already, by {story.detail().paging.acknowledged_by}."
    }


def test_a_call_that_goes_out_while_somebody_answers_is_followed_and_else_nothing_is(story):
    """Whatever comes first: the tool knows of the page and of the answer, or of neither."""
    story.describe(stories.book(person("ann", MethodKind.PAGERDUTY), person("ben")))
    story.send, send = (lambda sending=None: 0), story.send

    def call() -> None:
        for outgoing, _ in story.sending.claim(10):
            story.sending.note(outgoing, Delivered())

    for number in range(8):
        id = f"pag_{number}"
        story.page(id=id)
        together(call, lambda id=id: story.pager.act(id, Verb.ACKNOWLEDGE, "ben"))
        story.clock.move(timedelta(minutes=2))
        send()
        states = {each.purpose: each.state for each in story.outbox(id=id)}
        went_out = states[Purpose.STEP] is OutgoingState.DELIVERED
        assert states.get(Purpose.FOLLOW_UP) is (OutgoingState.DELIVERED if went_out else None)
