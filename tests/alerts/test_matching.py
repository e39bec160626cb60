"""Matchers as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import NOON

from accelerapp.alerts import matching, silencing
from accelerapp.alerts.model import Matcher, Operator, SilenceKind
from accelerapp.base import errors

LABELS = {"service": "shop", "instance": "shop-1", "empty": ""}


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ("service=shop", True),
        ('service="shop"', True),
        ('{service="shop", instance=~"shop-.*"}', True),
        ('service="shop",instance="shop-2"', False),
        ("service!=shop", False),
        ("service!=blog", True),
        ('instance=~"shop"', False),  # the whole value
        ('instance=~"shop-[12]|x"', True),
        ('instance!~"shop-[12]"', False),
        ('missing=""', True),
        ('missing!=""', False),
        ('missing=~".+"', False),
        ("", True),
    ],
)
def test_matchers_hold_or_not(written, holds):
    assert matching.matches(matching.parse(written), LABELS) is holds


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("service", "not a matcher"),
        ("=shop", "not a matcher"),
        ('service="shop', "not a matcher"),
        ("a=b c=d,{", "not a matcher"),
        ('a=~"("', "not a regular expression"),
        ('a=~"(a+)+$"', "could take for ever"),
        ('a=~"(a|b*)*c"', "could take for ever"),
        ('a=~".*a.*b.*c.*d.*e"', "could take for ever"),
        (r'a=~"(a)\\1"', "could take for ever"),
        ('a="' + "x" * 1001 + '"', "too long"),
        (",".join(f"a{number}=b" for number in range(33)), "not a matcher"),
    ],
)
def test_what_is_no_matcher_is_said(written, words):
    with pytest.raises(errors.WrongUseError, match=words):
        matching.parse(written)


NAMES = st.text(st.characters(categories=["L", "N"], include_characters="_-."), min_size=1, max_size=20)
PLAIN = st.builds(Matcher, NAMES, st.sampled_from([Operator.EQUAL, Operator.NOT_EQUAL]), st.text(max_size=50))


@given(st.lists(PLAIN, max_size=5))
def test_what_is_written_reads_back(matchers):
    assert matching.parse(matching.written(matchers)) == tuple(matchers)


def test_a_silence_says_everything_that_is_wrong_with_it():
    wanted = silencing.Wanted([Matcher("a", Operator.EQUAL, "b")], " ", "", NOON)
    with pytest.raises(errors.InvalidInputError) as raised:
        silencing.make(wanted, NOON)
    assert [problem.field for problem in raised.value.problems] == ["author", "reason", "ends_at"]
    long = silencing.Wanted(wanted.matchers, "ann", "why", NOON + timedelta(days=400))
    with pytest.raises(errors.InvalidInputError, match="more than a year"):
        silencing.make(long, NOON)


@pytest.mark.parametrize("written", ["", 'a=~".*"', 'missing=""'])
def test_a_silence_over_everything_is_refused_and_a_maintenance_of_everything_is_not(written):
    wanted = silencing.Wanted(matching.parse(written), "ann", "why", NOON + timedelta(hours=1))
    with pytest.raises(errors.WrongUseError, match="match every alert"):
        silencing.make(wanted, NOON)
    over = silencing.Wanted((), "ann", "why", wanted.ends_at, kind=SilenceKind.MAINTENANCE)
    assert silencing.make(over, NOON).matchers == ()
