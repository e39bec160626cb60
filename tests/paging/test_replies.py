"""What text messages say, and which page they mean."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import NOON
from tests.paging import stories
from tests.paging.stories import HOUR, MINUTE, SECOND, person

from accelerapp.base.ids import PageId, PagingId
from accelerapp.base.severity import Severity
from accelerapp.flows.replying import Replying
from accelerapp.oncall.model import MethodKind
from accelerapp.paging import replies, service
from accelerapp.paging.model import Outgoing, Paging, PagingKind, PagingState, Verb
from accelerapp.paging.replies import Reply, WrongReplyError

ANN, BEN = "+4915112345678", "+4915187654321"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("ACK 4821", Reply(Verb.ACKNOWLEDGE, "4821")),
        ("ack", Reply(Verb.ACKNOWLEDGE)),
        (" Ok. \n", Reply(Verb.ACKNOWLEDGE)),
        ("Ack: 0007!", Reply(Verb.ACKNOWLEDGE, "0007")),
        ("4821", Reply(Verb.ACKNOWLEDGE, "4821")),
        ("RES4821", Reply(Verb.RESOLVE, "4821")),
        ("resolved", Reply(Verb.RESOLVE)),
        ("\u201cACK 4821\u201d", Reply(Verb.ACKNOWLEDGE, "4821")),
    ],
)
def test_an_answer_says_what_is_to_be_done_and_by_which_code(body, expected):
    assert replies.read(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "",
        "   ",
        "?",
        "I am driving",
        "ACK 482",
        "ACK 48211",
        "NACK",
        "ack ack",
        "ack 48 21",
        "ack ４８２１",
        "ack 4821;drop",
        "A" * 9999,
    ],
)
def test_what_is_not_understood_changes_nothing_and_says_how_to_answer(body):
    with pytest.raises(WrongReplyError, match="not understood, and nothing was changed") as told:
        replies.read(body)
    assert told.value.mend.startswith("Answer ACK and the code")


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_text_is_an_answer_or_is_not_understood(body):
    with suppress(WrongReplyError):
        assert isinstance(replies.read(body), Reply)


def test_a_code_is_of_the_page_and_the_number():
    first = replies.code("key", PagingId("pgg_1"), ANN)
    assert len(first) == 4 and first.isdigit()
    assert first == replies.code("key", PagingId("pgg_1"), ANN)
    others = [
        replies.code("key", PagingId("pgg_2"), ANN),
        replies.code("key", PagingId("pgg_1"), BEN),
        replies.code("another key", PagingId("pgg_1"), ANN),
    ]
    assert first not in others


def two_open() -> list[Paging]:
    subject = service.Subject(PageId("pag_1"), "The shop is down", Severity.P1)
    return [replace(service.trigger(subject, service.Plan(), NOON), id=PagingId(f"pgg_{n}")) for n in (1, 2)]


def test_a_code_that_stands_for_two_open_pages_is_no_answer():
    both = two_open()
    with pytest.raises(WrongReplyError, match="stands for 2 pages that are open; nothing was changed"):
        replies.choose(Reply(Verb.ACKNOWLEDGE, "4821"), both, {})
    over = replace(both[0], state=PagingState.ACKNOWLEDGED)
    assert replies.choose(Reply(Verb.ACKNOWLEDGE, "4821"), [over, both[1]], {}) == both[1]


class Texts:
    """Two people with mobile phones only; what they write back."""

    def __init__(self, story: stories.Story) -> None:
        self.story = story
        self.count = 0
        self.flow = Replying(story.work, story.clock, lambda: "key", timedelta(days=1), lambda: None)
        people = [person(name, MethodKind.SMS) for name in ("ann", "ben")]
        numbers = {"ann": ANN, "ben": BEN}
        story.describe(
            stories.book(
                *(replace(p, methods=(replace(p.methods[0], address=numbers[p.name]),)) for p in people),
            )
        )

    def write(self, number: str, body: str, id: str = "") -> Paging:
        self.count += 1
        return self.flow.text(number, body, id or f"SM{self.count}")

    def code(self, number: str, id: str = "pag_1") -> str:
        return replies.code("key", self.story.detail(id).paging.id, number)

    def refused(self, number: str, body: str, id: str = "") -> str:
        before = [each.paging for each in self.details()]
        with pytest.raises((WrongReplyError, service.Answered)) as told:
            self.write(number, body, id)
        assert [each.paging for each in self.details()] == before
        return told.value.message

    def details(self):
        return [self.story.detail(each.id) for each in self.story.pager.pages(None)]


@pytest.fixture
def texts(anywhere):
    return Texts(anywhere)


def test_the_code_acknowledges_from_the_number_that_it_was_sent_to_and_resolves_later(texts):
    texts.story.page()
    code = texts.code(ANN)
    assert texts.write(ANN, f"ACK {code}").acknowledged_by == "ann (SMS)"
    texts.story.wait(30 * MINUTE, MINUTE)
    assert texts.story.told() == ["0:00:00 ann"]
    assert texts.write(ANN, f"res {code}").resolved_by == "ann (SMS)"


def test_a_stranger_and_somebody_elses_code_change_nothing(texts):
    texts.story.page()
    code = texts.code(ANN)
    assert "No page went to this number" in texts.refused("+15550000000", f"ACK {code}")
    assert "No page went to this number" in texts.refused("", "ACK")
    assert "No page went to this number" in texts.refused(BEN, f"ACK {code}")
    texts.story.wait(5 * MINUTE)
    assert "went to this number" in texts.refused(BEN, f"ACK {code}")


def test_all_other_codes_guessed_from_the_very_number_change_nothing(story):
    texts = Texts(story)
    story.page()
    code = texts.code(ANN)
    for guess in ("0000", "1234", "9999"):
        if guess != code:
            assert f"No page with the code {guess} went" in texts.refused(ANN, f"ACK {guess}")


def test_an_expired_code_says_when_it_ended(texts):
    texts.story.page()
    code = texts.code(ANN)
    texts.story.clock.move(25 * HOUR)
    assert f"The code {code} ended on 2026-03-03 at 12:00 UTC" in texts.refused(ANN, f"ACK {code}")
    assert "No page is open for this number" in texts.refused(ANN, "ack")


def test_plain_ack_counts_when_there_is_no_doubt_and_else_the_codes_are_named(texts):
    texts.story.page()
    texts.story.clock.move(2 * MINUTE)
    texts.story.page(id="pag_2", title="The disk is full")
    told = texts.refused(ANN, "ok")
    assert told.startswith("2 pages are open. Answer ACK ")
    assert f"ACK {texts.code(ANN, 'pag_2')} for 'The disk is full'" in told
    texts.write(ANN, f"ACK {texts.code(ANN)}")
    assert texts.write(ANN, "ok").page == "pag_2"


def test_whoever_is_later_hears_who_was_quicker(texts):
    texts.story.page()
    texts.story.wait(5 * MINUTE)
    texts.write(BEN, "ack")
    assert "acknowledged already, by ben (SMS)" in texts.refused(ANN, f"ACK {texts.code(ANN)}")


def test_a_message_that_comes_again_after_people_were_called_anew_does_nothing(texts):
    texts.story.page()
    texts.write(ANN, "ack", "SM-first")
    texts.story.wait(HOUR + MINUTE, MINUTE)
    assert texts.story.detail().paging.state is PagingState.TRIGGERED
    assert "taken already" in texts.refused(ANN, "ack", "SM-first")
    assert texts.write(ANN, "ack", "SM-second").state is PagingState.ACKNOWLEDGED


def test_a_message_that_did_not_go_out_yet_is_no_page_to_answer(texts):
    texts.story.send = lambda sending=None: 0
    texts.story.page()
    assert "No page went to this number" in texts.refused(ANN, "ack")


def test_what_was_sent_to_a_number_comes_newest_first(texts):
    texts.story.page()
    texts.story.clock.move(2 * MINUTE)
    texts.story.page(id="pag_2")
    with texts.story.work() as stores:
        found: list[Outgoing] = stores.outbox.sent_to("sms", ANN, 10)
        assert [each.created_at for each in found] == [NOON + 2 * MINUTE, NOON]
        assert stores.outbox.sent_to("sms", ANN, 1) == found[:1]
        assert stores.outbox.sent_to("voice", ANN, 10) == []


def test_an_answer_ends_an_exercise(texts):
    texts.story.page()
    known = texts.story.detail().paging
    with texts.story.work() as stores:
        stores.pagings.put(replace(known, kind=PagingKind.TEST))
    texts.story.clock.move(SECOND)
    assert texts.write(ANN, "ok").resolved_by == "ann (SMS)"
