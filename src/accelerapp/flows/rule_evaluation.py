"""One evaluation of the rules: look up how they stood, ask the metrics, decide, write what is new with its signals.

Statuses and signals are written in one unit of work: a process that dies in between has done nothing, and the next
evaluation does it again. A source that cannot tell makes rules unknown, and one alert says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.alerts.model import Signal
from accelerapp.alerts.rules import meta, service, signalling
from accelerapp.alerts.rules.model import Observation, Reading, Rule, RuleId, State, Status
from accelerapp.alerts.rules.store import RuleStates
from accelerapp.base import errors
from accelerapp.metrics.model import NAME, Vector

Ask = Callable[[str, datetime], Vector]
"""An expression at a time. Raises CannotTellError, or WrongUseError for an expression that cannot be evaluated."""
_GIVE_UP_AFTER = 2
"""So many questions in a row that the source cannot answer, and it is asked no more in this evaluation."""


@dataclass(frozen=True)
class Evaluated:
    """What one evaluation did."""

    rules: int
    unknown: int
    signals: int
    silence: str = ""
    """Why the source could not tell; empty: it could."""


@dataclass(frozen=True)
class Doors:
    """What an evaluation needs from outside."""

    ask: Ask
    reading: Callable[[], AbstractContextManager[RuleStates]]
    writing: Callable[[], AbstractContextManager[tuple[RuleStates, Callable[[Sequence[Signal]], object]]]]
    """The states, and what takes signals, in one unit of work."""
    url: Callable[[Rule], str]
    """Where a rule is shown."""


def evaluate(rules: Sequence[Rule], doors: Doors, source: str, now: datetime) -> Evaluated:
    """Evaluate the rules that are due at `now`. `source` names what is asked, for people."""
    with doors.reading() as states:
        before, looks = states.all(), states.looks()
    due = service.due(rules, looks, now)
    known = {rule.id: _looked(before.get(rule.id), looks.get(rule.every)) for rule in (*due, meta.RULE)}
    seen, silence = observe(due, doors.ask, now)
    after = [(rule, service.follow(rule, known[rule.id], seen[rule.id], now)) for rule in due]
    nothing = after and all(status.state is State.UNKNOWN for _, status in after)
    said = silence or ("No rule has data." if nothing else "")
    if due:
        after.append((meta.RULE, service.follow(meta.RULE, known[meta.RULE.id], meta.observation(source, said), now)))
    signals = [each for rule, status in after for each in _signals(rule, known[rule.id], status, now, doors)]
    gone = [before[id] for id in before.keys() - {rule.id for rule in rules} - {meta.RULE.id}]
    signals += [each for status in gone for each in signalling.endings(status, now)]
    with doors.writing() as (states, take):
        states.put([status for _, status in after if not service.is_same(before.get(status.rule), status)])
        states.remove([status.rule for status in gone])
        states.looked(now, {rule.every for rule in due})
        if signals:
            take(signals)
    unknown = sum(status.state is State.UNKNOWN for _, status in after)
    return Evaluated(len(due), unknown, len(signals), silence)


def _looked(status: Status | None, at: datetime | None) -> Status | None:
    return status and replace(status, evaluated_at=at)


def _signals(rule: Rule, before: Status | None, after: Status, now: datetime, doors: Doors) -> Iterable[Signal]:
    return signalling.signals(rule, before, after, now, doors.url(rule))


def observe(rules: Sequence[Rule], ask: Ask, now: datetime) -> tuple[Mapping[RuleId, Observation], str]:
    """What is seen of each rule, and why the source cannot tell when it cannot."""
    seen: dict[RuleId, Observation] = {}
    silence, failures = "", 0
    for rule in rules:
        if failures >= _GIVE_UP_AFTER:
            seen[rule.id] = Observation(silence=silence)
            continue
        try:
            seen[rule.id] = _observe(rule, ask, now)
            failures = 0
        except errors.WrongUseError as error:
            seen[rule.id] = Observation(silence=error.message)
        except errors.CannotTellError as error:
            silence, failures = error.message, failures + 1
            seen[rule.id] = Observation(silence=error.message)
    return seen, silence if failures else ""


def _observe(rule: Rule, ask: Ask, now: datetime) -> Observation:
    measured = readings(ask(rule.measure.expr if rule.measure else rule.condition, now))
    if rule.measure is not None and rule.is_compound:
        return service.observation(rule, measured, readings(ask(rule.condition, now)))
    return service.observation(rule, measured)


def readings(vector: Vector) -> list[Reading]:
    """The elements of an answer, without the names of their metrics."""
    return [
        Reading({name: value for name, value in each.labels.items() if name != NAME}, each.point.value)
        for each in vector.elements
    ]


def period(rules: Iterable[Rule]) -> timedelta:
    """How often something is due; at most once a second."""
    return max(timedelta(seconds=1), min((rule.every for rule in rules), default=meta.RULE.every))
