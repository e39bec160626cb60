"""Between paging and on-call: whom a step means now, how each is reached, and which policy is frozen at a trigger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accelerapp.base import errors
from accelerapp.base.ids import PersonName
from accelerapp.base.severity import Severity
from accelerapp.oncall import contacting, policies
from accelerapp.oncall.model import Book, Override, Person, Policy, TargetKind
from accelerapp.oncall.model import Target as OncallTarget
from accelerapp.oncall.store import OncallStore
from accelerapp.paging import service
from accelerapp.paging.model import Call, Called, Step, Target

_AROUND = timedelta(days=1)


@dataclass(frozen=True)
class Roster:
    """See `paging.service.Roster`. A schedule or a person that cannot be read keeps nobody else from being called."""

    book: Book
    overrides: Sequence[Override]

    def called(self, targets: Sequence[Target], severity: Severity, at: datetime) -> list[Called]:
        """Each person once."""
        names = dict.fromkeys(name for target in targets for name in self._names(target, at))
        return [_called(self.book.people[name], severity, at) for name in names]

    def _names(self, target: Target, at: datetime) -> list[PersonName]:
        try:
            known = OncallTarget(TargetKind(target.kind), target.name)
            return policies.called(known, self.book, self.overrides, at)
        except (ValueError, errors.WrongUseError):  # a kind that is not known any more, a zone that is not known here
            return []


def roster(store: OncallStore, at: datetime) -> Roster:
    """As the book stands now."""
    return Roster(store.book(), store.overrides(at - _AROUND, at + _AROUND))


def is_configured(book: Book) -> bool:
    """Is there anybody who can be called?"""
    return any(person.methods for person in book.people.values())


def _called(person: Person, severity: Severity, at: datetime) -> Called:
    try:
        calls = contacting.plan(person, severity, at).calls
    except errors.WrongUseError:  # the person's zone is not known here: better at night than never
        calls = tuple(contacting.Call(method, at) for method in contacting.usable(person))
    made = tuple(Call(each.method.name, each.method.kind, each.method.address, each.at) for each in calls)
    return Called(person.name, made)


def plan(book: Book, of_service: str, severity: Severity, now: datetime) -> service.Plan:
    """The policy for it as it is now; without one everyone is called."""
    policy = policies.choose(book.policies.values(), of_service, severity)
    if policy is None:
        return service.Plan()
    begins_at = _begins_at(policy, book, severity, now)
    return service.Plan(policy.name, steps(policy), policy.repeat, policy.repage_after, begins_at)


def steps(policy: Policy) -> tuple[Step, ...]:
    """Its steps, to be frozen."""
    return tuple(
        Step(tuple(Target(target.kind, target.name) for target in step.targets), step.wait) for step in policy.steps
    )


def _begins_at(policy: Policy, book: Book, severity: Severity, now: datetime) -> datetime:
    if severity not in policy.waiting:
        return now
    try:
        return policies.working_moment(policy.working_hours, now, policies.holidays(policy, book))
    except errors.WrongUseError:  # a zone that is not known here: it does not wait
        return now
