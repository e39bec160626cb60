"""Overrides and swaps: asked for, accepted, never into the past. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.base import errors, text
from accelerapp.base.errors import FieldProblem
from accelerapp.base.ids import OverrideId, PersonName, SwapId, new_id
from accelerapp.oncall import service
from accelerapp.oncall.model import Book, Override, Rank, Schedule, Shift, Span, Swap, SwapState

LONGEST = timedelta(days=366)
_LATENESS = timedelta(minutes=1)
_REASON = 300


@dataclass(frozen=True)
class Wanted:
    """An override that somebody asks for; `starts_at` None: from now on."""

    person: PersonName
    ends_at: datetime
    made_by: str
    starts_at: datetime | None = None
    rank: Rank = Rank.PRIMARY
    reason: str = ""


def override(schedule: Schedule, wanted: Wanted, book: Book, now: datetime) -> Override:
    """The override. Raises InvalidInputError with everything that is wrong."""
    starts = max(wanted.starts_at or now, now)
    problems = _person_problems("person", wanted.person, book)
    if _is_past(wanted.starts_at, now):
        problems.append(FieldProblem("starts_at", "is past.", "Leave it out to begin now."))
    if wanted.ends_at <= max(starts, now):
        problems.append(FieldProblem("ends_at", "must be later than the start and than now."))
    elif wanted.ends_at - now > LONGEST:
        problems.append(FieldProblem("ends_at", "is more than a year away.", "Change the rotation instead."))
    if len(wanted.reason) > _REASON:
        problems.append(FieldProblem("reason", f"takes at most {_REASON} characters."))
    if problems:
        raise errors.InvalidInputError("The override", problems)
    return Override(
        id=OverrideId(new_id("ovr")),
        schedule=schedule.name,
        rank=wanted.rank,
        person=wanted.person,
        starts_at=starts,
        ends_at=wanted.ends_at,
        made_by=wanted.made_by[:64],
        made_at=now,
        reason=text.printable(wanted.reason.strip(), _REASON),
    )


def _is_past(starts_at: datetime | None, now: datetime) -> bool:
    """A minute is forgiven: forms are filled in before they are sent."""
    return starts_at is not None and starts_at < now - _LATENESS


def _person_problems(field: str, name: PersonName, book: Book) -> list[FieldProblem]:
    person = book.people.get(name)
    if person is None:
        mend = "`accelerapp oncall person list` lists them."
        return [FieldProblem(field, f"there is no person '{name[:60]}'.", mend)]
    if not person.methods:
        mend = f"Add one with `accelerapp oncall person method {name}`."
        return [FieldProblem(field, f"{name} has no contact method and could not be called.", mend)]
    return []


# -- swaps -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Offer:
    """A swap to ask for: the shift that holds at `gives_at`, against the one at `takes_at`, or against nothing."""

    schedule: Schedule
    rank: Rank
    taker: PersonName
    gives_at: datetime
    takes_at: datetime | None
    asked_by: str


def ask(offer: Offer, overrides: Sequence[Override], book: Book, now: datetime) -> Swap:
    """The swap. Raises InvalidInputError with everything that is wrong with it."""
    gives = service.holder(offer.schedule, overrides, offer.rank, offer.gives_at)
    takes = service.holder(offer.schedule, overrides, offer.rank, offer.takes_at) if offer.takes_at else None
    problems = [*_person_problems("taker", offer.taker, book), *_shift_problems("gives", gives, now)]
    if gives and gives.person == offer.taker:
        problems.append(FieldProblem("taker", f"{offer.taker} has that shift already."))
    if offer.takes_at:
        problems += _shift_problems("takes", takes, now)
        if takes and takes.person != offer.taker:
            problems.append(FieldProblem("takes", f"that shift is {takes.person}'s, not {offer.taker}'s."))
    if problems or gives is None:
        raise errors.InvalidInputError("The swap", problems)
    return Swap(
        id=SwapId(new_id("swp")),
        schedule=offer.schedule.name,
        rank=offer.rank,
        giver=gives.person,
        taker=offer.taker,
        gives=Span(gives.starts_at, gives.ends_at),
        asked_by=offer.asked_by[:64],
        asked_at=now,
        takes=Span(takes.starts_at, takes.ends_at) if takes else None,
    )


def _shift_problems(field: str, shift: Shift | None, now: datetime) -> list[FieldProblem]:
    if shift is None:
        return [FieldProblem(field, "nobody is on call at that time.", "`accelerapp oncall next` lists the shifts.")]
    if shift.starts_at < now - _LATENESS:
        began = f"that shift began at {shift.starts_at:%Y-%m-%d %H:%M} UTC: a swap cannot reach into the past."
        return [FieldProblem(field, began, "An override stands in for the rest of a shift.")]
    return []


def accept(
    swap: Swap, schedule: Schedule, overrides: Sequence[Override], by: str, now: datetime
) -> tuple[Swap, list[Override]]:
    """The swap accepted, and the overrides that it means.

    Raises WrongUseError when it was answered already, a shift has begun, or a shift is somebody else's by now.
    """
    _need_open(swap)
    parts = [(swap.gives, swap.giver, swap.taker)] + ([(swap.takes, swap.taker, swap.giver)] if swap.takes else [])
    for span, holder, _ in parts:
        _need_held(swap, schedule, overrides, span, holder, now)
    made = [
        Override(
            id=OverrideId(new_id("ovr")),
            schedule=swap.schedule,
            rank=swap.rank,
            person=person,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            made_by=by[:64],
            made_at=now,
            reason=f"{swap.giver} and {swap.taker} swapped." if swap.takes else f"{swap.giver} gave it away.",
            swap=swap.id,
        )
        for span, _, person in parts
    ]
    return replace(swap, state=SwapState.ACCEPTED, answered_by=by[:64], answered_at=now), made


def need_people(swap: Swap, book: Book) -> None:
    """Raises InvalidInputError when somebody who would be on call is not known any more, or cannot be called."""
    problems = _person_problems("taker", swap.taker, book)
    problems += _person_problems("giver", swap.giver, book) if swap.takes else []
    if problems:
        raise errors.InvalidInputError("The swap", problems)


def answer(swap: Swap, state: SwapState, by: str, now: datetime) -> Swap:
    """Declined by the taker, or withdrawn by the giver. Raises WrongUseError when it was answered already."""
    _need_open(swap)
    return replace(swap, state=state, answered_by=by[:64], answered_at=now)


def _need_open(swap: Swap) -> None:
    if swap.state is not SwapState.ASKED:
        raise errors.WrongUseError(f"The swap {swap.id} was {swap.state} already by {swap.answered_by}.")


def _need_held(
    swap: Swap, schedule: Schedule, overrides: Sequence[Override], span: Span, holder: PersonName, now: datetime
) -> None:
    mend = "Ask for a new swap; an override stands in for the rest of a shift."
    if span.starts_at < now - _LATENESS:
        raise errors.WrongUseError(f"A shift of the swap {swap.id} has begun: it is too late.", mend=mend)
    found = service.within(
        service.shifts(schedule, overrides, swap.rank, span.starts_at, span.ends_at), span.starts_at, span.ends_at
    )
    held = sum(((each.ends_at - each.starts_at) for each in found if each.person == holder), timedelta())
    if held != span.length:
        raise errors.WrongUseError(
            f"{holder} has no longer the whole shift from {span.starts_at:%Y-%m-%d %H:%M} UTC.", mend=mend
        )
