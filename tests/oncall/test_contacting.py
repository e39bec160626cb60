"""How people are reached: by their rules or the defaults, after quiet hours, and only where they proved to be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.fakes import NOON
from tests.oncall.stories import at, book

from accelerapp.access.passwords import digest
from accelerapp.base import errors
from accelerapp.base.severity import Severity
from accelerapp.oncall import contacting
from accelerapp.oncall.contacting import Proof
from accelerapp.oncall.model import ContactMethod, MethodKind, Person

ANN, BEN = book().people["ann"], book().people["ben"]
DAY = at("2026-03-09 12:00")
MINUTE = timedelta(minutes=1)


def calls(person, severity, moment=DAY):
    found = contacting.plan(person, severity, moment)
    return [(call.method.name, (call.at - moment) / MINUTE) for call in found.calls]


def test_by_default_push_and_mail_come_at_once_then_sms_then_a_telephone_call():
    assert calls(ANN, Severity.P1) == [("ntfy", 0), ("email", 0), ("mobile", 2), ("voice", 5)]


def test_what_is_less_bad_does_not_ring():
    assert calls(ANN, Severity.P3) == [("ntfy", 0), ("email", 0), ("mobile", 2)]
    assert calls(ANN, Severity.P4) == [("ntfy", 0), ("email", 0)]


def test_who_has_only_a_telephone_is_called_at_once_whatever_it_is():
    assert calls(BEN, Severity.P1) == [("sms", 0), ("voice", 3)]
    assert calls(BEN, Severity.P4) == [("sms", 0), ("voice", 3)]


def test_a_rule_of_the_persons_own_counts_for_its_severity():
    assert calls(BEN, Severity.P2) == [("voice", 0), ("sms", 1.5)]


def test_quiet_hours_put_off_until_their_end_but_not_for_p1():
    night = at("2026-03-09 23:30")
    found = contacting.plan(ANN, Severity.P2, night)
    assert found.quiet_until == at("2026-03-10 07:00")
    assert found.calls[0].at == found.quiet_until
    assert contacting.plan(ANN, Severity.P2, at("2026-03-10 06:59")).quiet_until == at("2026-03-10 07:00")
    assert contacting.plan(ANN, Severity.P2, at("2026-03-10 07:00")).quiet_until is None
    assert calls(ANN, Severity.P1, night)[0] == ("ntfy", 0)
    assert contacting.plan(BEN, Severity.P4, night).quiet_until is None


def test_quiet_hours_follow_the_clock_of_the_person_when_it_is_put_forward():
    assert contacting.quiet_until(ANN, at("2026-03-28 23:00")) - at("2026-03-28 22:00") == timedelta(hours=8)


def test_proven_methods_alone_are_used_once_there_is_one():
    sms, voice = BEN.methods
    half = replace(BEN, methods=(replace(sms, verified_at=NOON), voice))
    assert calls(half, Severity.P1) == [("sms", 0)]
    assert calls(half, Severity.P2) == [("sms", 1.5)]  # of the rule, what is left
    other = replace(BEN, methods=(sms, ContactMethod("mail", MethodKind.EMAIL, "b@example.com", NOON)))
    assert calls(other, Severity.P2) == [("mail", 0)]  # nothing is left of the rule


def test_somebody_without_methods_cannot_be_called():
    assert contacting.plan(Person("zoe"), Severity.P1, DAY).calls == ()


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("email", "ann@example.com", "ann"),
        ("sms", "+4915112345678", "015112345678"),
        ("voice", "+4915112345678", "+49 151"),
        ("ntfy", "https://ntfy.example.com/ann", "my topic"),
        ("pushover", "u" * 30, "u" * 29),
        ("slack", "U024BE7LH", "ann"),
        ("webhook", "https://example.com/x", "ftp://example.com"),
        ("pagerduty", "a" * 32, "a"),
    ],
)
def test_an_address_has_the_shape_of_its_kind(kind, good, bad):
    assert contacting.wrong_address(MethodKind(kind), good) == ""
    assert contacting.wrong_address(MethodKind(kind), bad) != ""


# -- proofs ------------------------------------------------------------------------------------------------------------


def sent(now=DAY, last=None, person=BEN):
    return contacting.fresh_code(person, person.methods[0], last, "123456", digest, now)


def prove(code, said, now=DAY, person=BEN):
    return contacting.prove(person, person.methods[0], code, said, digest, now)


def test_the_code_proves_the_method_once():
    code = sent()
    assert "123456" not in code.hash
    proof, person, left = prove(code, " 123 456 ")
    assert (proof, left) == (Proof.PROVEN, None)
    assert [each.verified_at for each in person.methods] == [DAY, None]
    assert prove(left, "123456", person=person)[0] is Proof.NOT_SENT


def test_tries_are_bounded_also_for_who_guesses_right_in_the_end():
    code = sent()
    for _ in range(contacting.MOST_TRIES):
        proof, _, code = prove(code, "000000")
        assert proof is Proof.WRONG
    assert prove(code, "123456")[0] is Proof.TOO_MANY


def test_a_code_is_worth_nothing_after_its_time_or_for_another_address():
    assert prove(sent(), "123456", DAY + contacting.CODE_LASTS)[0] is Proof.EXPIRED
    moved = replace(BEN, methods=(replace(BEN.methods[0], address="+4915112345670"), BEN.methods[1]))
    assert prove(sent(), "123456", person=moved)[0] is Proof.NOT_SENT


def test_codes_are_not_sent_again_within_a_minute():
    with pytest.raises(errors.WrongUseError, match="less than a minute ago"):
        sent(DAY + timedelta(seconds=59), sent())
    assert sent(DAY + MINUTE, sent()).sent_at == DAY + MINUTE
