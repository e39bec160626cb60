"""What claims, fences and links hold: in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.paging.stories import MINUTE, SECOND, book, failing, person

from accelerapp.base.ids import OutgoingId
from accelerapp.base.severity import Severity
from accelerapp.notifications.model import Delivered, Failed, Retry
from accelerapp.oncall.model import MethodKind
from accelerapp.paging.model import OutgoingState, PagingState


@pytest.fixture
def queued(anywhere):
    """A page whose first message was claimed by nobody yet."""
    anywhere.send = lambda sending=None: 0
    anywhere.page()
    return anywhere


def test_what_is_kept_comes_back_as_it_was(anywhere):
    anywhere.page()
    found = anywhere.detail()
    with anywhere.work() as stores:
        assert stores.pagings.get(found.paging.id) == found.paging
        [sent] = stores.outbox.of_paging(found.paging.id)
        assert stores.outbox.get(sent.id) == sent
        assert sent.state is OutgoingState.DELIVERED
        assert stores.outbox.get(OutgoingId("out_x")) is None


def test_of_two_processes_one_gets_a_message(queued):
    one, two = queued.process("one"), queued.process("two")
    assert [each.claimed_by for each, _ in one.claim(10)] == ["one"]
    assert two.claim(10) == []


def test_a_message_of_a_process_that_died_is_sent_again_with_the_same_key(queued):
    [(first, _)] = queued.process("one").claim(10)
    with queued.work() as stores:  # its lease is on the database's clock, which a story cannot move
        released = replace(first, state=OutgoingState.QUEUED)
        assert stores.outbox.end(released)
    [(second, until)] = queued.process("two").claim(10)
    assert (second.key, second.fence, second.attempts) == (first.key, first.fence + 1, 2)
    assert queued.process("two").send(second, until)
    assert queued.outbox()[0].state is OutgoingState.DELIVERED


def test_a_claim_that_is_not_ended_is_taken_over_when_its_lease_is_over(story):
    story.send = lambda sending=None: 0
    story.page()
    assert story.process("one").claim(10)
    story.clock.move(MINUTE - SECOND)
    assert story.process("two").claim(10) == []
    story.clock.move(SECOND)
    assert [each.claimed_by for each, _ in story.process("two").claim(10)] == ["two"]


def test_whoever_is_late_is_refused(queued):
    sending = queued.process("one")
    [(first, _)] = sending.claim(10)
    with queued.work() as stores:
        stores.outbox.end(replace(first, state=OutgoingState.QUEUED))
    [(second, until)] = queued.process("two").claim(10)
    assert sending.note(first, Retry("It answers 500.")) is False
    assert sending.note(first, Delivered()) is False
    assert queued.process("two").send(second, until)


def test_a_process_that_slept_past_its_lease_does_not_even_send(queued):
    sending = queued.process("one")
    [(first, until)] = sending.claim(10)
    queued.clock.move(timedelta(minutes=2))
    assert sending.send(first, until) is False
    assert queued.sent == []


def test_an_acknowledgement_before_the_claim_stops_the_message(queued):
    queued.acknowledge()
    assert queued.process("one").claim(10) == []
    assert queued.outbox()[0].state is OutgoingState.CANCELLED


def test_an_acknowledgement_while_it_is_sent_stops_a_second_try_and_keeps_a_delivery(queued):
    sending = queued.process("one")
    [(first, _)] = sending.claim(10)
    queued.acknowledge()
    assert sending.note(first, Retry("It answers 500.")) is False
    assert queued.outbox()[0].state is OutgoingState.CANCELLED
    assert sending.note(first, Delivered())
    assert queued.outbox()[0].state is OutgoingState.DELIVERED


def test_the_worst_goes_first(queued):
    queued.clock.move(MINUTE)
    queued.page(queued.detail().paging.severity.P1, "pag_2")
    [(first, _)] = queued.process("one").claim(1)
    assert first.severity == "P1"


def test_kinds_that_are_not_wanted_now_are_left(queued):
    assert queued.process("one").claim(10, ["ntfy"]) == []


def test_a_turn_that_is_repeated_after_a_crash_calls_nobody_twice(anywhere):
    anywhere.page()
    before = anywhere.detail().paging
    anywhere.clock.move(5 * MINUTE)
    anywhere.pager.turn()
    first = anywhere.outbox()
    with anywhere.work() as stores:
        stores.pagings.put(before)  # as if the state had been lost, which one unit of work forbids
    anywhere.pager.turn()
    assert [each.id for each in anywhere.outbox()] == [each.id for each in first]


def test_a_link_is_used_once(anywhere):
    anywhere.page()
    [sent] = anywhere.outbox()
    used = replace(sent, link_used_at=anywhere.now, link_used_for="acknowledge")
    with anywhere.work() as stores:
        assert stores.outbox.use_link(used)
        assert not stores.outbox.use_link(used)


def test_what_was_over_long_ago_is_forgotten(anywhere):
    anywhere.page()
    anywhere.resolve()
    assert anywhere.pager.prune(anywhere.now) == 0
    assert anywhere.pager.prune(anywhere.now + SECOND) == 1
    assert anywhere.pager.pages(None) == []


def test_a_channel_with_a_bug_loses_no_page(anywhere):
    def broken(outgoing):
        raise ZeroDivisionError("division by zero")

    anywhere.answers = broken
    anywhere.page()
    [waiting] = anywhere.outbox()
    assert (waiting.state, waiting.reason) == (OutgoingState.QUEUED, "ZeroDivisionError: division by zero")
    anywhere.answers = failing("sms")
    anywhere.wait(10 * SECOND)
    assert anywhere.outbox()[0].state is OutgoingState.DELIVERED


def test_those_that_are_over_are_listed_apart(anywhere):
    anywhere.page()
    anywhere.page(id="pag_2")
    anywhere.resolve()
    assert [each.page for each in anywhere.pager.pages(True)] == ["pag_2"]
    assert [each.state for each in anywhere.pager.pages(False)] == [PagingState.RESOLVED]


def test_what_failed_is_listed_until_it_works_again(anywhere):
    anywhere.describe(book(person("ann", MethodKind.SLACK, MethodKind.SMS), person("ben", MethodKind.SLACK)))
    anywhere.answers = failing("slack")
    began = anywhere.now
    anywhere.page()
    anywhere.wait(6 * MINUTE)
    with anywhere.work() as stores:
        failed = stores.outbox.failed_since(began)
        assert {(each.person, each.kind) for each in failed} == {("ben", "slack"), ("ann", "slack")}
        assert failed == sorted(failed, key=lambda each: each.ended_at, reverse=True)
        assert stores.outbox.failed_since(anywhere.now + SECOND) == []
    [found] = anywhere.pager.unreached()
    assert (found.kind, set(found.people), found.messages) == ("slack", {"ben", "ann"}, len(failed))
    anywhere.clock.move(SECOND)
    anywhere.answers = failing("sms")
    anywhere.page(Severity.P1, "pag_2")
    [found] = anywhere.pager.unreached()  # ann's works again
    assert (found.kind, found.people) == ("slack", ("ben",))


def test_a_revoked_token_is_named_with_its_mend(anywhere):
    anywhere.answers = lambda outgoing: Failed("Slack answers token_revoked.", "Make a new one.", is_permanent=True)
    anywhere.page()
    anywhere.wait(6 * MINUTE)
    assert anywhere.outbox(OutgoingState.FAILED)[0].reason == "Slack answers token_revoked. Make a new one."
    [found] = anywhere.pager.unreached()
    assert found.reason == "Slack answers token_revoked. Make a new one."
    assert set(found.people) >= {"ann", "ben"}
    anywhere.clock.move(timedelta(days=2))
    assert anywhere.pager.unreached() == []
