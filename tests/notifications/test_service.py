"""When to try again, what a status means, and texts that fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notifications.contract import HOSTILE_PAGE, PAGE

from accelerapp.notifications import service, texts
from accelerapp.notifications.model import Delivered, Failed, Link, Message, Retry, Sent

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_waits_double_up_to_five_minutes():
    waits = [service.back_off(tries, None, 0).total_seconds() for tries in range(1, 11)]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert service.back_off(10**9, None, 0) == timedelta(minutes=5)
    assert service.back_off(3, None, 1) == timedelta(seconds=4)


def test_the_other_side_is_given_the_time_it_asks_for_up_to_an_hour():
    assert service.back_off(1, timedelta(seconds=90), 0.5) == timedelta(seconds=90)
    assert service.back_off(9, timedelta(seconds=1), 0) == timedelta(minutes=5)
    assert service.back_off(1, timedelta(days=30), 0) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("120", 120),
        (" 5 ", 5),
        ("Mon, 02 Mar 2026 12:01:00 GMT", 60),
        ("Mon, 02 Mar 2026 11:59:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("٣", None),
        ("9" * 5000, 10**8),
        ("Mon, 99 Mar 9999999 12:01:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_nonsense_is_none(header, expected):
    found = service.retry_after(header, NOW)
    assert (None if found is None else found.total_seconds()) == expected


def test_the_words_of_the_other_side_end_as_a_sentence_before_the_mend():
    assert service.of_status("ntfy", 401, "unauthorized").reason == "ntfy answers 401: unauthorized."
    assert service.of_status("ntfy", 401, "Not allowed. ").reason == "ntfy answers 401: Not allowed."
    assert service.of_status("ntfy", 401, " ").reason == "ntfy answers 401."


@pytest.mark.parametrize(
    ("status", "kind", "is_permanent"),
    [
        (500, Retry, None),
        (502, Retry, None),
        (503, Retry, None),
        (429, Retry, None),
        (408, Retry, None),
        (301, Failed, True),
        (401, Failed, True),
        (403, Failed, True),
        (404, Failed, True),
        (410, Failed, True),
        (400, Failed, False),
        (413, Failed, False),
        (422, Failed, False),
    ],
)
def test_a_status_says_whether_to_try_again(status, kind, is_permanent):
    found = service.of_status("Slack", status, "no \x1b[31mway")
    assert isinstance(found, kind)
    assert "\x1b" not in found.reason and str(status) in found.reason
    assert getattr(found, "is_permanent", None) == is_permanent


def test_exit_codes():
    def code(*deliveries):
        return service.exit_code([Sent("c", "", each) for each in deliveries])

    assert code(Delivered(), Delivered("1")) == 0
    assert code(Delivered(), Retry("away")) == 1
    assert code(Failed("no"), Failed("no")) == 1
    assert code(Failed("no"), Retry("away")) == 1
    assert code(Retry("away"), Retry("away")) == 3


@given(
    st.builds(
        Message,
        title=st.text(max_size=500),
        idempotency_key=st.text(),
        body=st.text(max_size=500),
        service=st.text(max_size=300),
    ),
    st.integers(60, 2000),
)
def test_any_text_fits_and_is_clean(message, limit):
    whole = replace(message, ack_link="https://ops.example.com/ack/abc", reply_code="4821")
    assert len(texts.sms(whole)) <= texts.SMS_LENGTH
    assert len(texts.voice(whole)) <= texts.VOICE_LENGTH
    assert len(texts.plain(whole, limit)) <= limit
    assert "https://ops.example.com/ack/abc" in texts.plain(whole, limit)
    for text in (texts.sms(whole), texts.voice(whole), texts.plain(whole, limit)):
        text.encode()
        assert not any(ord(sign) < 32 and sign not in "\n\t" for sign in text)


@given(st.text(), st.integers(4, 100))
def test_cut_bytes_are_whole_characters(text, limit):
    clean = texts.clean(text)
    cut = texts.clip_bytes(clean, limit)
    assert len(cut.encode()) <= limit
    assert cut == clean or cut.endswith("…")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.com",
        "https://",
        'https://a/"><script>',
        "https://a b/",
        "https://[x",
        "HTTPS://é/",
        "ftp://a/",
        "https://a/" + "x" * 3000,
    ],
)
def test_what_is_no_web_address_is_no_link(url):
    assert texts.links(Message("t", "k", links=(Link("here", url),), ack_link=url)) == ()


def test_the_answer_is_never_cut_away():
    sms = texts.sms(HOSTILE_PAGE)
    assert sms.endswith("\nReply ACK 4821 to acknowledge.\nhttps://ops.example.com/ack/abc")
    assert texts.voice(PAGE) == "Priority 1 page from Accelerapp. Service shop. The checkout fails."
