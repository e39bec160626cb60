"""Policies: which one counts, whom a step calls, whether it can reach anybody, and when what can wait is told. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta

from accelerapp.base import errors
from accelerapp.base.ids import PersonName, ScheduleName, TeamName
from accelerapp.base.severity import Severity
from accelerapp.oncall import service, zones
from accelerapp.oncall.model import Book, Override, Policy, PolicyStep, Rank, Target, TargetKind, WorkingHours

_FORTNIGHT = 15
_RANKS = {TargetKind.PRIMARY: Rank.PRIMARY, TargetKind.SECONDARY: Rank.SECONDARY}


def choose(policies: Iterable[Policy], of_service: str, severity: Severity) -> Policy | None:
    """The policy for an alert of this service and severity; None: there is none.

    One that names the service counts before one for all, then one that names the severity; of two alike the first by
    name.
    """
    fitting = [
        each
        for each in policies
        if (not each.services or of_service in each.services) and (not each.severities or severity in each.severities)
    ]
    return min(fitting, key=lambda each: (not each.services, not each.severities, each.name), default=None)


def called(target: Target, book: Book, overrides: Sequence[Override], at: datetime) -> list[PersonName]:
    """Whom the target means at this moment; nobody, when the schedule has a gap or the name is not known any more.

    Raises WrongUseError for a schedule in a zone that is not known.
    """
    if target.kind not in _RANKS:
        return _named(target, book)
    schedule = book.schedules.get(ScheduleName(target.name))
    found = schedule and service.holder(schedule, overrides, _RANKS[target.kind], at)
    return [found.person] if found and found.person in book.people else []


def ever_called(target: Target, book: Book) -> list[PersonName]:
    """Whom the target can mean at some time, overrides aside."""
    if target.kind not in _RANKS:
        return _named(target, book)
    schedule = book.schedules.get(ScheduleName(target.name))
    return [name for name in service.members(schedule, _RANKS[target.kind]) if name in book.people] if schedule else []


def _named(target: Target, book: Book) -> list[PersonName]:
    team = book.teams.get(TeamName(target.name))
    if target.kind is TargetKind.PERSON:
        names = [PersonName(target.name)]
    elif target.kind is TargetKind.LEAD:
        names = [team.lead] if team else []
    elif target.name:
        names = [*team.members, team.lead] if team else []
    else:
        names = list(book.people)
    return [name for name in dict.fromkeys(names) if name in book.people]


def reachable(step: PolicyStep, book: Book) -> list[PersonName]:
    """Who can be reached by the step at some time: whom it can mean and who has a contact method."""
    names = dict.fromkeys(name for target in step.targets for name in ever_called(target, book))
    return [name for name in names if book.people[name].methods]


def check(policy: Policy, book: Book) -> list[errors.FieldProblem]:
    """Everything that forbids to save it: names that are not known, and that it can reach nobody."""
    where = f"policies.{policy.name}"
    unknown = [
        errors.FieldProblem(f"{where}.steps[{index}]", f"there is no {_place(target)} '{target.name}'.", _mend(target))
        for index, step in enumerate(policy.steps)
        for target in step.targets
        if not _is_known(target, book)
    ]
    if not unknown and not any(reachable(step, book) for step in policy.steps):
        reason = "it can reach nobody: none of the people that its steps can call has a contact method."
        return [errors.FieldProblem(f"{where}.steps", reason, "Add one with `accelerapp oncall person method`.")]
    return unknown


def _place(target: Target) -> str:
    if target.kind in _RANKS:
        return "schedule"
    return "person" if target.kind is TargetKind.PERSON else "team"


def _mend(target: Target) -> str:
    return f"Describe the {_place(target)}, or name another."


def _is_known(target: Target, book: Book) -> bool:
    places: dict[str, Collection[str]] = {"schedule": book.schedules, "person": book.people, "team": book.teams}
    return target.name in places[_place(target)] or (target.kind is TargetKind.EVERYONE and not target.name)


def holidays(policy: Policy, book: Book) -> set[date]:
    """The holidays of all schedules that its steps name: what can wait is not told on them."""
    names = [ScheduleName(each.name) for step in policy.steps for each in step.targets if each.kind in _RANKS]
    found = [book.schedules[name] for name in names if name in book.schedules]
    return {holiday.day for schedule in found for holiday in schedule.holidays}


def working_moment(hours: WorkingHours, at: datetime, holidays: Collection[date] = ()) -> datetime:
    """This moment when it lies in the working hours, else the beginning of the next ones.

    When no day of the next fortnight has any, it does not wait. Raises WrongUseError for a zone that is not known.
    """
    where, hour = zones.zone(hours.zone), hours.hours
    today = zones.day_of(at, where)
    for offset in range(-1, _FORTNIGHT):
        day = today + timedelta(days=offset)
        over = day if hour.ends > hour.starts else day + timedelta(days=1)
        starts, ends = zones.moment(day, hour.starts, where), zones.moment(over, hour.ends, where)
        if day.weekday() in hour.days and day not in holidays and at < ends and starts < ends:
            return max(at, starts)
    return at
