"""Drills: the chain of a policy is called as it would be for a page, and timed.

A drill ends with the first answer, when nobody answered its last step, or when it is stopped. In a whole drill
everybody of the chain is called at once and answers for themselves: each link is timed, and who is in several steps is
called once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.base import errors, ids, text
from accelerapp.base.clock import Clock
from accelerapp.base.ids import PersonName, PolicyName
from accelerapp.base.severity import Severity
from accelerapp.flows import calling, paging, proving
from accelerapp.flows.paging import Stores, Work
from accelerapp.oncall.model import Book
from accelerapp.paging import drills, exercises, service
from accelerapp.paging.drills import Drill
from accelerapp.paging.model import CALLING, Called, Paging, PagingKind, Step

_LOOKED_BACK = 1000
DRILLS = 20


@dataclass(frozen=True)
class Wanted:
    """The chain to try: that of a policy by its name, or the one that counts for a service and severity."""

    policy: str = ""
    service: str = ""
    severity: Severity = Severity.P1
    is_whole: bool = False


@dataclass(frozen=True)
class PlannedPerson:
    """Who would be called, and by which methods in turn."""

    name: PersonName
    methods: tuple[str, ...]


@dataclass(frozen=True)
class PlannedStep:
    """A step of the chain as it stands now; without people it gives way to the next."""

    number: int
    targets: tuple[str, ...]
    """`primary shop`."""
    wait: timedelta
    people: tuple[PlannedPerson, ...]


@dataclass(frozen=True)
class DrillPlan:
    """Whom a drill would call: what is asked before it begins."""

    policy: str
    """Empty: no policy counts, everyone is called."""
    severity: Severity
    service: str
    steps: tuple[PlannedStep, ...]
    unanswered_pages: int
    """Real pages for which people are being called at this moment."""

    @property
    def people(self) -> list[PersonName]:
        """Everybody who may be called, once."""
        return list(dict.fromkeys(person.name for step in self.steps for person in step.people))


@dataclass(frozen=True)
class Drilling:
    """Wired to stores."""

    reading: Work
    writing: Work
    clock: Clock
    wake: Callable[[], None]

    def plan(self, wanted: Wanted) -> DrillPlan:
        """Whom it would call now. Raises NotFoundError, WrongUseError when it would reach nobody."""
        with self.reading() as stores:
            return _plan(stores, wanted, self.clock.now())[0]

    def begin(self, wanted: Wanted, by: str) -> Drill:
        """Call the chain. Raises NotFoundError, WrongUseError when it would reach nobody or a drill runs already."""
        now, id = self.clock.now(), ids.new_id("drl")
        with self.writing() as stores:
            stores.alerts.lock()
            if running := stores.pagings.find(kind=PagingKind.DRILL, is_open=True, limit=1):
                raise _runs(running[0], now)
            planned, frozen = _plan(stores, wanted, now)
            made = _whole(planned, frozen, id, by) if wanted.is_whole else [_chain(planned, frozen, id, by)]
            proving.begin(stores, (service.trigger(subject, plan, now) for subject, plan in made), now)
        self.wake()
        return self.drill(id)

    def drills(self, limit: int = DRILLS) -> list[Drill]:
        """The newest first."""
        with self.reading() as stores:
            found = exercises.grouped(stores.pagings.find(kind=PagingKind.DRILL, limit=_LOOKED_BACK), limit)
            messages = stores.outbox.of_pagings([each.id for group in found for each in group])
        return [drills.read(group, messages) for group in found]

    def drill(self, id: str) -> Drill:
        """One. Raises NotFoundError."""
        with self.reading() as stores:
            return _read(stores, _of(stores, id))

    def stop(self, id: str, by: str) -> Drill:
        """Nobody else is called. Raises NotFoundError; one that is over stays as it is."""
        now = self.clock.now()
        with self.writing() as stores:
            stores.alerts.lock()
            found = _of(stores, id)
            for each in found:
                paging.stop(stores, each.id, by, now)
            return _read(stores, _of(stores, id))


def _plan(stores: Stores, wanted: Wanted, now: datetime) -> tuple[DrillPlan, service.Plan]:
    book = stores.oncall.book()
    frozen = _frozen(book, wanted, now)
    roster = calling.roster(stores.oncall, now)
    steps = tuple(
        _step(number, step, roster.called(step.targets, wanted.severity, now))
        for number, step in enumerate(frozen.steps, 1)
    )
    if not any(step.people for step in steps):
        raise errors.WrongUseError(
            "The drill would reach nobody: none of its steps has anybody to call.", mend=paging.MEND
        )
    open_ones = stores.pagings.find(kind=PagingKind.PAGE, is_open=True, limit=1000)
    unanswered = sum(each.state in CALLING for each in open_ones)
    return DrillPlan(frozen.policy, wanted.severity, wanted.service, steps, unanswered), frozen


def _frozen(book: Book, wanted: Wanted, now: datetime) -> service.Plan:
    """As at a trigger, but that it begins now and goes through the steps once."""
    if not wanted.policy:
        return replace(calling.plan(book, wanted.service, wanted.severity, now), repeat=0, begins_at=None)
    policy = book.policies.get(PolicyName(wanted.policy))
    if policy is None:
        mend = "`accelerapp oncall policy list` lists them."
        raise errors.NotFoundError(f"There is no policy '{wanted.policy[:64]}'.", mend=mend)
    return service.Plan(policy.name, calling.steps(policy), repeat=0)


def _step(number: int, step: Step, called: Sequence[Called]) -> PlannedStep:
    targets = tuple(f"{each.kind} {each.name}".strip() for each in step.targets)
    people = [
        PlannedPerson(each.person, tuple(dict.fromkeys(call.method for call in each.calls)))
        for each in called
        if each.calls
    ]
    return PlannedStep(number, targets, step.wait, tuple(people))


def _chain(planned: DrillPlan, frozen: service.Plan, id: str, by: str) -> tuple[service.Subject, service.Plan]:
    return drills.subject(id, planned.severity, planned.service, by), frozen


def _whole(planned: DrillPlan, frozen: service.Plan, id: str, by: str) -> list[tuple[service.Subject, service.Plan]]:
    """Each person in the first step that calls them."""
    made, known = [], set[PersonName]()
    for step in planned.steps:
        fresh = [person.name for person in step.people if person.name not in known]
        for number, name in enumerate(fresh, 1):
            mark = drills.link_mark(id, step.number, number)
            plan = replace(exercises.alone(name, step.wait), policy=frozen.policy)
            made.append((drills.subject(mark, planned.severity, planned.service, by), plan))
        known.update(fresh)
    return made


def _runs(running: Paging, now: datetime) -> errors.WrongUseError:
    id, since = exercises.round_of(running), text.ago(running.triggered_at, now)
    return errors.WrongUseError(
        f"The drill {id} runs already; it began {since}.",
        mend=f"Wait for its end, or `accelerapp oncall drills {id} --stop`.",
    )


def _of(stores: Stores, id: str) -> list[Paging]:
    found = [
        each
        for each in stores.pagings.find(kind=PagingKind.DRILL, limit=_LOOKED_BACK)
        if exercises.round_of(each) == id
    ]
    if not found:
        raise errors.NotFoundError(f"There is no drill '{id[:40]}'.", mend="`accelerapp oncall drills` lists them.")
    return found


def _read(stores: Stores, group: Sequence[Paging]) -> Drill:
    return drills.read(group, stores.outbox.of_pagings([each.id for each in group]))
