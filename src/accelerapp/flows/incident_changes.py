"""What changed before an incident? Every source is asked side by side, within a bound, and what they tell is ranked.

A source that cannot tell, or not in time, is named with the reason: its silence is no "nothing has changed".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from accelerapp.base import errors, side_by_side, text
from accelerapp.base.clock import Clock
from accelerapp.flows import incidents
from accelerapp.flows.change_telling import Told
from accelerapp.flows.paging import Work
from accelerapp.incidents import changes
from accelerapp.incidents.changes import Changes, Question, Source
from accelerapp.incidents.model import Viewer

HOURS = 6.0
MOST_HOURS = 24.0 * 14
_AFTER = timedelta(minutes=10)
"""What is shown of the time after the beginning: the first signs often come with it."""
_TIMEOUT = 15.0
Ask = Callable[[], Told]
Sources = Callable[[Question], Mapping[str, Ask]]


@dataclass(frozen=True)
class WhatChanged:
    """Wired to the stores of incidents, and to everything that can be asked: `sources`, by their names."""

    reading: Work
    clock: Clock
    asker: side_by_side.SideBySide
    sources: Sources
    timeout: float = _TIMEOUT

    def of_incident(self, id: str, viewer: Viewer, hours: float = HOURS) -> Changes:
        """Before the incident began, as far as that is known. Raises NotFoundError, WrongUseError."""
        with self.reading() as stores:
            one = incidents.found(stores, id, viewer)
        began = min(each for each in (one.started_at, one.detected_at, one.opened_at) if each is not None)
        return self.of_services(one.services, began, hours)

    def of_services(self, services: tuple[str, ...], before: datetime, hours: float = HOURS) -> Changes:
        """Before a moment. Raises WrongUseError."""
        if not 0 < hours <= MOST_HOURS:
            raise errors.WrongUseError(f"{hours:g} hours are not between 0 and {MOST_HOURS:g}.")
        now = self.clock.now()
        began = min(before, now)
        question = Question(services, began - timedelta(hours=hours), min(now, began + _AFTER), began)
        return self._ask(question)

    def _ask(self, question: Question) -> Changes:
        asked = self.sources(question)
        keys = {f"changes: {name}": ask for name, ask in asked.items()}
        outcomes = self.asker.ask(keys, self.timeout)
        told = dict(zip(asked, outcomes.values(), strict=True))
        found = [
            change for each in told.values() if isinstance(each, side_by_side.Answered) for change in each.value.changes
        ]
        return changes.answer(question, found, [_source(name, each) for name, each in told.items()])


def _source(name: str, outcome: side_by_side.Outcome[Told]) -> Source:
    if isinstance(outcome, side_by_side.Answered):
        return Source(name, len(outcome.value.changes), outcome.value.note)
    return Source(name, None, _why(outcome))


def _why(outcome: side_by_side.Failed | side_by_side.Silent) -> str:
    if isinstance(outcome, side_by_side.Silent):
        return f"No answer within {text.duration(outcome.seconds)}."
    error = outcome.error
    if not isinstance(error, errors.AccelerappError):
        return text.printable(f"{type(error).__name__}: {error}", 300)
    return text.printable(error.told, 500)
