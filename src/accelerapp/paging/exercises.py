"""Test pages: how they begin and are marked, and what came of them. Pure.

A test calls one person by all their ways until the first answer. Exercises, as drills are, too, are ordinary
escalations of a kind of their own: their mark stands where a page has the id of the alerts' page.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from accelerapp.base.ids import PageId, PagingId, PersonName
from accelerapp.base.severity import Severity
from accelerapp.paging.model import Outgoing, OutgoingState, Paging, PagingKind, Purpose, Step, Target
from accelerapp.paging.service import Plan, Subject

TEST_LASTS = timedelta(hours=24)
"""After that a test counts as not answered."""
PERSON = "person"
"""The kind of a target that means one person."""
_WEEK = re.compile(r"[0-9]{4}-W[0-9]{2}")
Messages = Mapping[PagingId, Sequence[Outgoing]]


class Outcome(StrEnum):
    """What came of the test of a person."""

    WAITING = "waiting"
    """It runs; nobody has answered yet."""
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    """Something was delivered, and nobody answered."""
    UNREACHED = "not reached"
    """Nothing was delivered."""
    ENDED = "ended"
    """By somebody else: it proves nothing."""


@dataclass(frozen=True)
class Tried:
    """One message of an exercise that was to go out."""

    step: int
    """Of the chain, from 1."""
    person: PersonName
    method: str
    kind: str
    state: OutgoingState
    called_after: float
    """Seconds from the begin of the exercise to the moment it was due."""
    delivered_after: float | None
    """Seconds from there on; None: it was not."""
    answered_after: float | None
    """Seconds from there on to the answer by this very message; None: none came by it."""
    reason: str = ""
    """Of the last failure."""


@dataclass(frozen=True)
class Tested:
    """The test of one person."""

    paging: PagingId
    person: PersonName
    at: datetime
    outcome: Outcome
    answered_after: float | None = None
    """Seconds."""
    answered_by: str = ""
    method: str = ""
    """By which the answer came, as far as the message itself was used."""
    tried: tuple[Tried, ...] = ()


@dataclass(frozen=True)
class Round:
    """Tests that belong together: those of a week, or those that somebody sent."""

    id: str
    is_weekly: bool
    at: datetime
    """Of the first one."""
    people: tuple[Tested, ...]

    @property
    def is_over(self) -> bool:
        """Does none wait any more?"""
        return all(each.outcome is not Outcome.WAITING for each in self.people)

    def of(self, *outcomes: Outcome) -> list[Tested]:
        """Those with one of these outcomes."""
        return [each for each in self.people if each.outcome in outcomes]


# -- marks and beginnings ----------------------------------------------------------------------------------------------


def test_mark(round_id: str, person: PersonName) -> PageId:
    """The same for the same person and round, so that nobody is tested twice in it."""
    return PageId(f"{round_id}/{hashlib.sha256(person.encode()).hexdigest()[:12]}")


def round_of(paging: Paging) -> str:
    """Which round a test, or which drill an escalation belongs to."""
    return paging.page.partition("/")[0]


def test(round_id: str, person: PersonName) -> tuple[Subject, Plan]:
    """The test of one person, by their plan for P1: that is the way that must work."""
    subject = Subject(
        page=test_mark(round_id, person),
        title="Test page: please acknowledge",
        severity=Severity.P1,
        body="Nothing is wrong. This proves that pages reach you; it ends with your answer.",
        kind=PagingKind.TEST,
    )
    return subject, alone(person, TEST_LASTS)


def alone(person: PersonName, wait: timedelta) -> Plan:
    """One person and nobody else, once."""
    return Plan(steps=(Step((Target(PERSON, person),), wait),), repeat=0)


# -- what came of it ---------------------------------------------------------------------------------------------------


def grouped(pagings: Iterable[Paging], most: int) -> list[list[Paging]]:
    """By round or drill, the newest `most` of them; `pagings` newest first."""
    found: dict[str, list[Paging]] = {}
    for each in pagings:
        found.setdefault(round_of(each), []).append(each)
    return list(found.values())[:most]


def read_round(pagings: Sequence[Paging], messages: Messages) -> Round:
    """Of the escalations of one round."""
    id = round_of(pagings[0])
    people = sorted((tested(each, messages.get(each.id, ())) for each in pagings), key=lambda each: each.person)
    return Round(id, bool(_WEEK.fullmatch(id)), min(each.at for each in people), tuple(people))


def tested(paging: Paging, outgoing: Sequence[Outgoing]) -> Tested:
    """What came of the test of a person."""
    person = PersonName(paging.steps[0].targets[0].name)
    outgoing = calls_of(outgoing)
    used = next((each for each in outgoing if each.link_used_at), None)
    outcome = _outcome(paging, outgoing, person, used)
    answered = outcome is Outcome.ANSWERED
    return Tested(
        paging.id,
        person,
        paging.triggered_at,
        outcome,
        seconds(paging.triggered_at, paging.first_acknowledged_at) if answered else None,
        paging.resolved_by,
        used.method if answered and used else "",
        tried(paging, outgoing),
    )


def _outcome(paging: Paging, outgoing: Sequence[Outgoing], person: PersonName, used: Outgoing | None) -> Outcome:
    if paging.is_open:
        return Outcome.WAITING
    if paging.resolved_by:
        # By a message it came from whoever has the message; a channel names the person in its own words, `Ann (Slack)`.
        is_theirs = used or paging.resolved_by == person or paging.resolved_by.endswith(")")
        return Outcome.ANSWERED if is_theirs and paging.first_acknowledged_at else Outcome.ENDED
    has_any = any(each.state is OutgoingState.DELIVERED for each in outgoing)
    return Outcome.UNANSWERED if has_any else Outcome.UNREACHED


def calls_of(outgoing: Iterable[Outgoing]) -> list[Outgoing]:
    """Without what tells other tools of the answer."""
    return [each for each in outgoing if each.purpose is Purpose.EXERCISE]


def tried(paging: Paging, outgoing: Iterable[Outgoing], step: int = 0) -> tuple[Tried, ...]:
    """Without what was not needed any more before it was tried."""
    needed = [each for each in calls_of(outgoing) if each.attempts or each.state is not OutgoingState.CANCELLED]
    ordered = sorted(needed, key=lambda each: (each.call, each.due_at, each.person, each.rank))
    return tuple(_one_tried(paging, each, step or each.call) for each in ordered)


def _one_tried(paging: Paging, each: Outgoing, step: int) -> Tried:
    is_delivered = each.state is OutgoingState.DELIVERED
    # A further try is due anew; the first method of a call was due at once.
    due_at = each.created_at if each.attempts > 1 and each.rank == 0 else each.due_at
    return Tried(
        step,
        each.person,
        each.method,
        each.kind,
        each.state,
        (due_at - paging.triggered_at).total_seconds(),
        seconds(due_at, each.ended_at) if is_delivered else None,
        seconds(due_at, each.link_used_at),
        each.reason,
    )


def seconds(since: datetime, at: datetime | None) -> float | None:
    """From one moment to the other, 0 when the clock went back; None: it has not come."""
    return max(0.0, (at - since).total_seconds()) if at else None


def unproven(rounds: Iterable[Round], people: Iterable[PersonName]) -> dict[PersonName, Tested | None]:
    """Of these people, whose last test that is over was not answered; None: none of them was ever over.

    `rounds` newest first.
    """
    last: dict[PersonName, Tested] = {}
    over = (each for one in rounds for each in one.people if each.outcome is not Outcome.WAITING)
    for each in sorted(over, key=lambda each: each.at, reverse=True):
        last.setdefault(each.person, each)
    found = {name: last.get(name) for name in people}
    return {name: each for name, each in found.items() if each is None or each.outcome is not Outcome.ANSWERED}
