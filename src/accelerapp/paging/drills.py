"""Drills: how they begin and are marked, and what came of them. Pure.

A drill calls a chain as a page would, in one escalation. A whole drill calls everybody of the chain at once, each in an
escalation of their own: each answers for themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from accelerapp.base import text
from accelerapp.base.ids import PageId, PersonName
from accelerapp.base.severity import Severity
from accelerapp.paging import exercises
from accelerapp.paging.exercises import Tried
from accelerapp.paging.model import Outgoing, Paging, PagingKind
from accelerapp.paging.service import Subject


@dataclass(frozen=True)
class Answer:
    """Somebody answered a drill, so many seconds after it began. `method`: as far as the message itself was used."""

    by: str
    after: float
    method: str = ""


@dataclass(frozen=True)
class Drill:
    """What came of a drill."""

    id: str
    is_whole: bool
    policy: str
    """Empty: there was none, and everyone was called."""
    severity: Severity
    service: str
    at: datetime
    steps: int
    """Of the chain."""
    ended_at: datetime | None
    """None: it runs."""
    answers: tuple[Answer, ...]
    """The quickest first; one at most, unless the drill is whole."""
    silent: tuple[PersonName, ...]
    """Who was called and did not answer; of a drill that is not whole, only when nobody did."""
    unreachable_steps: tuple[int, ...]
    """Steps whose turn came and that could call nobody."""
    is_stopped: bool
    tried: tuple[Tried, ...]


# -- the beginning -----------------------------------------------------------------------------------------------------


def subject(mark: str, severity: Severity, service: str, by: str) -> Subject:
    """What people are told in a drill; `mark` is its id, in a whole one with the link behind it."""
    return Subject(
        page=PageId(mark),
        title="Drill: please acknowledge",
        severity=severity,
        service=service,
        body=f"Nothing is wrong. {by} tries whether the chain of pages works.",
        kind=PagingKind.DRILL,
    )


def link_mark(drill_id: str, step: int, number: int) -> str:
    """Of one person in a whole drill; `step` from 1."""
    return f"{drill_id}/{step}.{number}"


# -- what came of it ---------------------------------------------------------------------------------------------------


def read(pagings: Sequence[Paging], messages: exercises.Messages) -> Drill:
    """Of the escalations of one drill: one, or, of a whole one, one for each person."""
    first = min(pagings, key=lambda each: (each.triggered_at, _link(each)))
    is_whole = "/" in first.page
    answers = [found for each in pagings if (found := _answer(each, messages.get(each.id, ())))]
    ended = [each.resolved_at for each in pagings if each.resolved_at]
    tried = [one for each in pagings for one in exercises.tried(each, messages.get(each.id, ()), _link(each)[0])]
    return Drill(
        id=exercises.round_of(first),
        is_whole=is_whole,
        policy=first.policy,
        severity=first.severity,
        service=first.service,
        at=first.triggered_at,
        steps=max(_link(each)[0] for each in pagings) if is_whole else len(first.steps),
        ended_at=max(ended) if len(ended) == len(pagings) else None,
        answers=tuple(sorted(answers, key=lambda each: each.after)),
        silent=_silent(pagings, tried, is_whole),
        unreachable_steps=() if is_whole else _unreachable(first, messages.get(first.id, ())),
        is_stopped=any(each.resolved_by and not each.first_acknowledged_at for each in pagings),
        tried=tuple(sorted(tried, key=lambda each: (each.step, each.called_after, each.person))),
    )


def _answer(paging: Paging, outgoing: Iterable[Outgoing]) -> Answer | None:
    after = exercises.seconds(paging.triggered_at, paging.first_acknowledged_at)
    used = next((each.method for each in exercises.calls_of(outgoing) if each.link_used_at), "")
    return None if after is None else Answer(paging.acknowledged_by, after, used)


def _link(paging: Paging) -> tuple[int, int]:
    """Step and number of a link of a whole drill; of another one zeros."""
    step, _, number = paging.page.partition("/")[2].partition(".")
    return (int(step), int(number)) if step.isdecimal() and number.isdecimal() else (0, 0)


def _silent(pagings: Sequence[Paging], tried: Iterable[Tried], is_whole: bool) -> tuple[PersonName, ...]:
    over = [each for each in pagings if not each.is_open and not each.first_acknowledged_at]
    if is_whole:
        return tuple(PersonName(each.steps[0].targets[0].name) for each in sorted(over, key=_link))
    return tuple(dict.fromkeys(each.person for each in tried)) if over else ()


def _unreachable(paging: Paging, outgoing: Iterable[Outgoing]) -> tuple[int, ...]:
    """A call of an exercise has the number of its step."""
    called = {each.call for each in exercises.calls_of(outgoing)}
    return tuple(step for step in range(1, min(paging.step, len(paging.steps)) + 1) if step not in called)


def sentence(drill: Drill) -> str:
    """What came of it: `ann answered after 12 s by ntfy.`."""
    told = [
        f"{each.by} answered after {text.duration(each.after)}" + (f" by {each.method}" if each.method else "")
        for each in drill.answers
    ]
    if drill.is_stopped:
        told.append("it was stopped")
    elif drill.ended_at is None:
        told.append("it runs")
    elif drill.silent:
        told.append(f"no answer from {', '.join(drill.silent)}")
    return "; ".join(told or ["nobody could be called"]) + "."
