"""Notices: each goes once, by the first method that works, and asks for no answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from tests import databases
from tests.fakes import NOON
from tests.paging.stories import HOUR, MINUTE, QUIET, SECOND, book, failing, person

from accelerapp.base.ids import PersonName
from accelerapp.base.severity import Severity
from accelerapp.flows import noticing
from accelerapp.flows.noticing import Notice
from accelerapp.oncall.model import MethodKind
from accelerapp.paging.model import OutgoingState, Purpose

ANN, BEN = PersonName("ann"), PersonName("ben")
NOTICE = Notice("report 2026-03-02", "2 things are wrong with on-call", "- schedule shop: It has no layer.")


def tell(story, *people, notice=NOTICE):
    with story.work() as stores:
        return noticing.send(stores, notice, people or (ANN,), story.clock.now())


def kept(story):
    with story.work() as stores:
        return stores.outbox.of_paging(NOTICE.id)


def test_it_goes_to_each_once_however_often_it_is_sent(anywhere):
    assert tell(anywhere, ANN, BEN, ANN) == [ANN, BEN]
    anywhere.send()
    anywhere.clock.move(HOUR)
    assert tell(anywhere, ANN, BEN) == [ANN, BEN]
    anywhere.send()
    assert anywhere.told() == ["0:00:00 ann", "0:00:00 ben"]
    assert {(each.purpose, each.state) for each in kept(anywhere)} == {(Purpose.NOTICE, OutgoingState.DELIVERED)}
    [(_, first), _] = anywhere.sent
    assert (first.title, first.body, first.severity) == (NOTICE.title, NOTICE.body, Severity.P4)


@pytest.mark.parametrize("anywhere", databases.KINDS, indirect=True)
def test_by_several_at_once_it_goes_once(anywhere):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: tell(anywhere, ANN, BEN), range(8)))
    assert answers == [[ANN, BEN]] * 8
    anywhere.send()
    assert sorted(anywhere.told()) == ["0:00:00 ann", "0:00:00 ben"]


def test_another_key_is_another_notice(story):
    tell(story)
    tell(story, notice=replace(NOTICE, key="report 2026-03-03"))
    story.send()
    assert story.told() == ["0:00:00 ann"] * 2


def test_nobody_is_called_for_it_and_it_shows_as_no_page(story):
    tell(story)
    story.send()
    story.wait(HOUR, MINUTE)
    assert len(story.sent) == 1
    assert story.pager.pages(is_open=None, kind=None) == []
    assert story.pager.audit() == []


def test_whoever_is_unknown_or_has_no_method_is_not_among_those_who_are_told(story):
    story.describe(book(person("ann"), replace(person("ben"), methods=())))
    assert tell(story, BEN, PersonName("nobody"), ANN) == [ANN]


def test_a_method_that_fails_gives_way_to_the_next_and_the_others_are_left_alone(anywhere):
    anywhere.describe(book(person("ann", MethodKind.NTFY, MethodKind.EMAIL, MethodKind.SLACK)))
    anywhere.answers = failing("ntfy")
    tell(anywhere)
    anywhere.send()
    anywhere.wait(HOUR, MINUTE)
    assert anywhere.used() == ["0:00:00 ann ntfy", "0:00:00 ann email"]
    assert [each.state for each in kept(anywhere)] == [OutgoingState.FAILED, OutgoingState.DELIVERED]
    assert kept(anywhere)[0].reason == "The token was revoked."


def test_a_method_that_does_not_answer_gives_way_after_the_third_try_and_is_not_tried_on(story):
    story.describe(book(person("ann", MethodKind.NTFY, MethodKind.EMAIL)))
    story.answers = failing("ntfy", retry=True)
    tell(story)
    story.send()
    story.wait(HOUR, SECOND * 10)
    assert [use.split()[2] for use in story.used()] == ["ntfy"] * 3 + ["email"]


def test_the_last_method_is_tried_on_and_ends_as_failed(story):
    story.answers = failing(retry=True)
    tell(story)
    story.send()
    story.wait(2 * HOUR, MINUTE)
    assert len(story.sent) == 12
    assert [each.state for each in kept(story)] == [OutgoingState.FAILED]


def test_it_waits_for_the_end_of_quiet_hours_and_does_not_ring(story):
    ann = person("ann", MethodKind.VOICE, MethodKind.SMS, MethodKind.EMAIL, quiet=QUIET)
    story.describe(book(ann))
    tell(story)
    story.send()
    story.wait(3 * HOUR, MINUTE)
    assert story.used() == ["2:00:00 ann email"]


def test_who_takes_it_over_after_a_crash_sends_it_with_the_same_key(story):
    tell(story)
    [(first, _)] = story.process("one").claim(10)
    story.clock.move(2 * MINUTE)
    story.send(story.process("two"))
    [(_, sent)] = story.sent
    assert (sent.key, sent.fence) == (first.key, first.fence + 1)


def test_a_process_that_is_late_writes_nothing_and_calls_no_next_method(story):
    story.describe(book(person("ann", MethodKind.NTFY, MethodKind.EMAIL)))
    tell(story)
    late = story.process("one")
    [(first, _)] = late.claim(10)
    story.clock.move(2 * MINUTE)
    story.send(story.process("two"))
    assert late.note(first, failing()(first)) is False
    story.send()
    assert story.used() == ["0:02:00 ann ntfy"]


def test_they_are_forgotten_in_time_and_those_that_wait_are_not(anywhere):
    anywhere.describe(book(person("ann"), person("ben", quiet=QUIET)))
    tell(anywhere, ANN, BEN)
    anywhere.send()
    anywhere.clock.move(MINUTE)
    assert anywhere.pager.prune(NOON) == 0
    assert anywhere.pager.prune(anywhere.now) == 1
    assert [each.person for each in kept(anywhere)] == [BEN]


def test_messages_of_pages_are_not_forgotten_with_them(story):
    story.page()
    story.clock.move(MINUTE)
    story.pager.prune(story.now)
    assert len(story.outbox()) == 1


@pytest.mark.parametrize(
    ("people", "told"),
    [
        ((person("ann"), person("cat")), ["cat"]),
        ((person("ann"), replace(person("cat"), methods=())), ["ann"]),
        ((), ["cat"]),
    ],
)
def test_leads_are_told_and_everyone_when_no_lead_can_be(people, told):
    assert noticing.leads(book(*people), NOON) == told


def test_without_a_team_everyone_is_told():
    assert noticing.leads(replace(book(), teams={}), NOON + timedelta(days=1)) == ["ann", "ben", "cat"]
