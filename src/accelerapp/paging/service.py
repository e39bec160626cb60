"""What time, answers and failures do to the escalation of a page. Pure: who is on call is asked of a `Roster`.

Never silence: a step that reaches nobody gives way to the next at once, and when no step reaches anybody everyone is
called. When everybody was called in vain it begins anew after `repage_after`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from accelerapp.base import errors
from accelerapp.base.ids import IncidentId, OutgoingId, PageId, PagingId, new_id
from accelerapp.base.severity import Severity
from accelerapp.paging import model
from accelerapp.paging.model import (
    CALLING,
    TARGETS,
    Called,
    Outgoing,
    Paging,
    PagingKind,
    PagingState,
    Purpose,
    Step,
    Target,
)

WARN_AT = 0.8
"""Of the time to respond: then a warning goes out."""
AT_MOST_EVERY = timedelta(minutes=1)
"""One call per incident and person, but for P1."""
_TEXT = 300
EVERYONE = Step((Target(model.EVERYONE),), timedelta(minutes=5))


class Roster(Protocol):
    """Knows whom a target means at a moment, and how each is reached for a severity."""

    def called(self, targets: Sequence[Target], severity: Severity, at: datetime) -> list[Called]:
        """Each person once, those without a method too."""
        ...


@dataclass(frozen=True)
class Plan:
    """What is frozen at the trigger. `begins_at`: before that nobody is called, since it can wait."""

    policy: str = ""
    steps: tuple[Step, ...] = (EVERYONE,)
    repeat: int = 3
    repage_after: timedelta = timedelta(hours=1)
    begins_at: datetime | None = None


@dataclass(frozen=True)
class Subject:
    """What people are called for."""

    page: PageId
    title: str
    severity: Severity
    service: str = ""
    incident: IncidentId | None = None
    body: str = ""
    kind: PagingKind = PagingKind.PAGE


@dataclass
class Decided:
    """An escalation as it is to be kept, and its new calls."""

    paging: Paging
    outgoing: list[Outgoing] = field(default_factory=list)
    cancels: bool = False
    """Everything of it that has not gone out yet is cancelled."""


# -- the beginning -----------------------------------------------------------------------------------------------------


def trigger(subject: Subject, plan: Plan, now: datetime) -> Paging:
    """A new escalation; its first step is due now, or when it may begin."""
    begins_at = max(now, plan.begins_at or now)
    target = TARGETS[subject.severity]
    return Paging(
        id=PagingId(new_id("pgg")),
        page=subject.page,
        title=subject.title[:_TEXT],
        severity=subject.severity,
        service=subject.service,
        policy=plan.policy,
        steps=plan.steps or (EVERYONE,),
        repeat=plan.repeat,
        repage_after=plan.repage_after,
        triggered_at=now,
        respond_by=begins_at + target,
        incident=subject.incident,
        body=subject.body,
        kind=subject.kind,
        step_at=begins_at,
        warn_at=begins_at + target * WARN_AT if subject.kind.is_real else None,
    )


def trigger_again(paging: Paging, subject: Subject, plan: Plan, now: datetime) -> Decided:
    """The page speaks of more. Nobody is called for that anew, unless it got worse or was resolved by hand."""
    told = replace(paging, title=subject.title[:_TEXT], body=subject.body, incident=subject.incident or paging.incident)
    is_worse = subject.severity.is_worse_than(paging.severity)
    if paging.is_open and not is_worse:
        return Decided(told)
    fresh = trigger(replace(subject, severity=min(subject.severity, paging.severity)), plan, now)
    after = replace(
        fresh,
        id=paging.id,
        triggered_at=paging.triggered_at,
        calls=paging.calls,
        incident=told.incident,
        first_acknowledged_at=paging.first_acknowledged_at,
        respond_by=min(fresh.respond_by, paging.respond_by) if is_worse else paging.respond_by,
        warn_at=fresh.warn_at if paging.first_acknowledged_at is None else None,
        thread=paging.thread + (paging.state not in CALLING),
        heard=paging.heard,
    )
    return Decided(after, cancels=is_worse)


# -- time --------------------------------------------------------------------------------------------------------------


def turn(paging: Paging, roster: Roster, queued: Collection[Outgoing], now: datetime) -> Decided:
    """Everything that is due of it; `queued` are its calls that have not gone out yet."""
    decided = Decided(paging)
    if paging.repage_at is not None and paging.repage_at <= now:
        decided.paging = _anew(paging, now)
    if decided.paging.state is PagingState.TRIGGERED:
        _call_due_step(decided, roster, queued, now)
    if decided.paging.state in CALLING:
        _warn(decided, roster, now)
    return decided


def _anew(paging: Paging, now: datetime) -> Paging:
    """Acknowledged and not resolved, or called in vain: from the first step on."""
    return replace(
        paging,
        state=PagingState.TRIGGERED,
        step=0,
        round=0,
        step_at=now,
        repage_at=None,
        acknowledged_at=None,
        acknowledged_by="",
        thread=paging.thread + (paging.state not in CALLING),
    )


def _call_due_step(decided: Decided, roster: Roster, queued: Collection[Outgoing], now: datetime) -> None:
    """The step that is due, or the next one that reaches anybody; everyone when none does."""
    if decided.paging.step_at is None or decided.paging.step_at > now:
        return
    for _ in decided.paging.steps:
        if decided.paging.step >= len(decided.paging.steps):
            break
        step = decided.paging.steps[decided.paging.step]
        decided.paging = _to_next_step(decided.paging, now)
        if reached := _reachable(roster.called(step.targets, decided.paging.severity, now)):
            purpose = Purpose.STEP if decided.paging.kind.is_real else Purpose.EXERCISE
            _call(decided, reached, purpose, queued, now)
            decided.paging = replace(decided.paging, step_at=now + step.wait)
            return
    if not decided.paging.kind.is_real:
        decided.paging, decided.cancels = _over(decided.paging, "", now), True
        return
    if decided.paging.step >= len(decided.paging.steps):
        again = now + decided.paging.repage_after
        decided.paging = replace(decided.paging, state=PagingState.EXHAUSTED, step_at=None, repage_at=again)
    else:
        decided.paging = replace(decided.paging, step_at=now + EVERYONE.wait)
    everyone = _reachable(roster.called(EVERYONE.targets, decided.paging.severity, now))
    _call(decided, everyone, Purpose.STEP, queued, now)


def _reachable(called: Iterable[Called]) -> list[Called]:
    return [each for each in called if each.calls]


def _to_next_step(paging: Paging, at: datetime) -> Paging:
    """After the last step the first again, as often as the policy says; then none is left."""
    if paging.step + 1 >= len(paging.steps) and paging.round < paging.repeat:
        return replace(paging, step=0, round=paging.round + 1, step_at=at)
    return replace(paging, step=paging.step + 1, step_at=at)


def _warn(decided: Decided, roster: Roster, now: datetime) -> None:
    """Whoever was called so far hears that the time runs out, by their first method."""
    paging = decided.paging
    if paging.warn_at is None or paging.warn_at > now:
        return
    last = paging.step if paging.step and not paging.round else len(paging.steps)
    targets = [target for step in paging.steps[:last] for target in step.targets]
    first = [replace(each, calls=each.calls[:1]) for each in roster.called(targets, paging.severity, now)]
    decided.paging = replace(paging, warn_at=None, warned_at=now)
    _call(decided, _reachable(first), Purpose.WARNING, (), now)


def _call(
    decided: Decided, people: Sequence[Called], purpose: Purpose, queued: Collection[Outgoing], now: datetime
) -> None:
    """Puts the calls into the outbox. What already waits for somebody's method, by quiet hours, is not doubled."""
    if not people:
        return
    number = decided.paging.step if purpose is Purpose.EXERCISE else decided.paging.calls + 1
    decided.paging = replace(decided.paging, calls=number)
    waiting = {(each.person, each.method) for each in queued if each.due_at > now}
    for each in people:
        for index, call in enumerate(each.calls):
            if call.at <= now or (each.person, call.method) not in waiting:
                decided.outgoing.append(_outgoing(decided.paging, each, index, purpose, now))


def _outgoing(paging: Paging, called: Called, index: int, purpose: Purpose, now: datetime) -> Outgoing:
    call = called.calls[index]
    title, body = _told(paging, purpose, now)
    return Outgoing(
        id=OutgoingId(new_id("out", 20)),
        paging=paging.id,
        subject=paging.subject,
        call=paging.calls,
        rank=index,
        purpose=purpose,
        person=called.person,
        method=call.method,
        kind=call.kind,
        address=call.address,
        key=f"{paging.about}/{paging.calls}/{called.person}/{index}",
        severity=paging.severity,
        title=title,
        body=body,
        service=paging.service,
        created_at=now,
        due_at=max(call.at, now),
    )


def _told(paging: Paging, purpose: Purpose, now: datetime) -> tuple[str, str]:
    if purpose is Purpose.WARNING:
        minutes = max(0, round((paging.respond_by - now).total_seconds() / 60))
        body = f"Nobody has acknowledged it. {paging.severity} is to be answered within the next {minutes} min."
        return f"Still unanswered: {paging.title}"[:_TEXT], body
    again = ""
    if paging.first_acknowledged_at is not None:
        again = "It was acknowledged before and is not resolved. "
    elif paging.calls > 1:
        again = f"Nobody has acknowledged it; this is call {paging.calls}. "
    return paging.title, f"{again}{paging.body}".strip()


def throttled(outgoing: Sequence[Outgoing], latest: Mapping[tuple[str, str], datetime]) -> list[Outgoing]:
    """Puts off what would be a person's second call within a minute for one incident; P1 never.

    `latest` is when a person was, or will be, last called first for a subject. All of a person's calls move together.
    """
    moved = []
    for each in outgoing:
        last = latest.get((each.person, each.subject))
        if last is not None and each.severity is not Severity.P1:
            free = last + AT_MOST_EVERY
            each = replace(each, due_at=each.due_at + max(timedelta(0), free - each.created_at))
        moved.append(each)
    return moved


# -- answers -----------------------------------------------------------------------------------------------------------


class Answered(errors.WrongUseError):
    """Somebody was quicker."""


def acknowledge(paging: Paging, by: str, now: datetime) -> Decided:
    """Nobody is called any more, unless it is not resolved in time; an exercise is over with the first answer.

    Raises Answered when it is over or was seen.
    """
    if paging.state is PagingState.RESOLVED:
        raise Answered(f"'{paging.title}' is resolved already{_by(paging.resolved_by)}.")
    if paging.state is PagingState.ACKNOWLEDGED:
        raise Answered(f"'{paging.title}' is acknowledged already{_by(paging.acknowledged_by)}.")
    after = replace(
        paging,
        state=PagingState.ACKNOWLEDGED,
        step_at=None,
        warn_at=None,
        repage_at=now + paging.repage_after,
        acknowledged_at=now,
        acknowledged_by=by[:200],
        first_acknowledged_at=paging.first_acknowledged_at or now,
    )
    return Decided(after if paging.kind.is_real else _over(after, by, now), cancels=True)


def resolve(paging: Paging, by: str, now: datetime) -> Decided:
    """It is over. Raises Answered when it was already."""
    if paging.state is PagingState.RESOLVED:
        raise Answered(f"'{paging.title}' is resolved already{_by(paging.resolved_by)}.")
    return Decided(_over(paging, by, now), cancels=True)


def _over(paging: Paging, by: str, now: datetime) -> Paging:
    return replace(
        paging,
        state=PagingState.RESOLVED,
        step_at=None,
        warn_at=None,
        repage_at=None,
        resolved_at=now,
        resolved_by=by[:200],
    )


def _by(who: str) -> str:
    return f", by {who}" if who else ""
