"""Overrides and swaps: who stands in for whom, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.oncall.stories import at, book, override

from accelerapp.base import errors
from accelerapp.oncall import service, standing_in
from accelerapp.oncall.model import Rank, SwapState

BOOK = book()
SHOP = BOOK.schedules["shop"]
NOW = at("2026-03-09 12:00")  # ben until Friday the 13th, then ann, then ben


def wanted(person="cy", starts=None, ends="2026-03-10 12:00", **changes):
    begins = at(starts) if starts else None
    return standing_in.override(SHOP, standing_in.Wanted(person, at(ends), "ann", begins, **changes), BOOK, NOW)


def fields(make, *given, **changes):
    with pytest.raises(errors.InvalidInputError) as error:
        make(*given, **changes)
    return {problem.field for problem in error.value.problems}


def test_an_override_begins_now_or_later():
    made = wanted()
    assert (made.person, made.starts_at, made.made_by) == ("cy", NOW, "ann")
    assert wanted(starts="2026-03-09 11:59:30").starts_at == NOW
    assert "\x00" not in wanted(reason="dentist\x00").reason
    assert service.holder(SHOP, [made], Rank.PRIMARY, NOW).person == "cy"


def test_everything_wrong_with_an_override_is_told_at_once():
    assert fields(wanted, "nobody", "2026-03-08 12:00", "2026-03-08 13:00", reason="x" * 301) == {
        "person",
        "starts_at",
        "ends_at",
        "reason",
    }
    assert fields(wanted, ends="2028-03-10 12:00") == {"ends_at"}
    empty = replace(BOOK, people={**BOOK.people, "cy": replace(BOOK.people["cy"], methods=())})
    with pytest.raises(errors.InvalidInputError, match="could not be called"):
        standing_in.override(SHOP, standing_in.Wanted("cy", at("2026-03-10 12:00"), "ann"), empty, NOW)


def ask(taker="cy", gives="2026-03-13 17:00", takes=None, overrides=()):
    offer = standing_in.Offer(SHOP, Rank.PRIMARY, taker, at(gives), takes and at(takes), "ann")
    return standing_in.ask(offer, overrides, BOOK, NOW)


def test_a_swap_counts_once_the_other_has_accepted():
    swap = ask("ben", takes="2026-03-20 18:00")
    assert (swap.giver, swap.taker, swap.gives.starts_at) == ("ann", "ben", at("2026-03-13 17:00"))
    accepted, made = standing_in.accept(swap, SHOP, (), "ben", NOW + timedelta(days=1))
    assert (accepted.state, accepted.answered_by) == (SwapState.ACCEPTED, "ben")
    holders = [
        service.holder(SHOP, made, Rank.PRIMARY, at(day)).person for day in ("2026-03-15 12:00", "2026-03-25 12:00")
    ]
    assert holders == ["ben", "ann"]


def test_a_shift_may_be_given_away_for_nothing():
    _, made = standing_in.accept(ask(), SHOP, (), "cy", NOW)
    assert [(each.person, each.starts_at, each.ends_at) for each in made] == [
        ("cy", at("2026-03-13 17:00"), at("2026-03-20 17:00"))
    ]


def test_a_swap_into_the_past_is_refused_with_what_to_do_instead():
    with pytest.raises(errors.InvalidInputError, match=r"(?i)cannot reach into the past.*override"):
        ask(gives="2026-03-09 12:00")
    assert fields(ask, gives="2025-12-01 12:00") == {"gives"}
    with pytest.raises(errors.WrongUseError, match="too late"):
        standing_in.accept(ask(), SHOP, (), "cy", at("2026-03-13 17:02"))


def test_a_swap_of_what_is_not_theirs_is_refused():
    assert fields(ask, "ann") == {"taker"}
    assert fields(ask, "nobody", takes="2026-03-27 18:00") == {"taker", "takes"}


def test_a_swap_of_a_shift_that_went_to_somebody_else_meanwhile_is_refused():
    swap = ask()
    taken = override("ben", "2026-03-15 00:00", "2026-03-16 00:00")
    with pytest.raises(errors.WrongUseError, match="ann has no longer the whole shift"):
        standing_in.accept(swap, SHOP, (taken,), "cy", NOW)


def test_a_swap_is_answered_once():
    declined = standing_in.answer(ask(), SwapState.DECLINED, "cy", NOW)
    for answer in (
        lambda: standing_in.accept(declined, SHOP, (), "cy", NOW),
        lambda: standing_in.answer(declined, SwapState.WITHDRAWN, "ann", NOW),
    ):
        with pytest.raises(errors.WrongUseError, match="declined already by cy"):
            answer()
