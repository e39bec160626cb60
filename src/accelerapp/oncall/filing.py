"""The book as tables, as they stand in a TOML file or come as JSON: read with every mistake at once. Pure.

Each entry is read by itself and checked against the whole, so that one that is put by command, API or form goes the
same way as one of a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from accelerapp.base import errors
from accelerapp.base.errors import FieldProblem
from accelerapp.base.ids import PersonName, PolicyName, ScheduleName, TeamName
from accelerapp.oncall import contacting, entries, policies
from accelerapp.oncall.entries import Reader
from accelerapp.oncall.model import Book, Person, Policy, Schedule, Team

T = TypeVar("T")
KINDS = ("people", "teams", "schedules", "policies")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_MOST = 2000


@dataclass
class _Draft:
    people: dict[PersonName, Person] = field(default_factory=dict)
    teams: dict[TeamName, Team] = field(default_factory=dict)
    schedules: dict[ScheduleName, Schedule] = field(default_factory=dict)
    policies: dict[PolicyName, Policy] = field(default_factory=dict)


def read(tables: Mapping[str, Any], before: Book, what: str) -> Book:
    """The book with these tables put in: what they name is replaced, what they do not name stays.

    Raises InvalidInputError with every mistake; a contact method stays verified while its address stays the same.
    """
    root, draft = Reader(tables, ""), _Draft()
    root.only(KINDS)
    draft.people = _all(root, "people", lambda name, at: _person(PersonName(name), at, before))
    draft.teams = _all(root, "teams", lambda name, at: entries.team(TeamName(name), at))
    draft.schedules = _all(root, "schedules", lambda name, at: entries.schedule(ScheduleName(name), at))
    draft.policies = _all(root, "policies", lambda name, at: entries.policy(PolicyName(name), at))
    after = Book(
        people={**before.people, **draft.people},
        teams={**before.teams, **draft.teams},
        schedules={**before.schedules, **draft.schedules},
        policies={**before.policies, **draft.policies},
    )
    # What an entry that could not be read is called is known all the same: one mistake is told once.
    problems = root.problems or broken(before, after)
    if problems:
        raise errors.InvalidInputError(what, problems)
    return after


def _person(name: PersonName, at: Reader, before: Book) -> Person:
    return contacting.with_proofs(entries.person(name, at), before.people.get(name))


def _all(root: Reader, kind: str, read_one: Callable[[str, Reader], T]) -> dict[Any, T]:
    found: dict[Any, T] = {}
    tables = root.table(kind)
    if len(tables.value) > _MOST:
        tables.wrong("", f"has more than {_MOST} entries.")
        return found
    for name in tables.value:
        if not _NAME.fullmatch(name):
            reason = "is not a name: letters, digits and . _ @ - are, at most 64, beginning with a letter or digit."
            tables.wrong(name[:64], reason)
            continue
        found[name] = read_one(name, tables.table(name))
    return found


def broken(before: Book, after: Book) -> list[FieldProblem]:
    """What is wrong after that was not before: names that nobody has, and policies that can reach nobody."""
    known = set(_wrong(before))
    return [problem for problem in _wrong(after) if problem not in known]


def _wrong(book: Book) -> list[FieldProblem]:
    # While names are missing, a policy may be said to reach nobody only because of that: the cause is told first.
    return list(_unknown_members(book)) or [
        problem for policy in book.policies.values() for problem in policies.check(policy, book)
    ]


def _unknown_members(book: Book) -> Iterable[FieldProblem]:
    for team in book.teams.values():
        for name in dict.fromkeys([team.lead, *team.members]):
            if name not in book.people:
                yield _unknown(f"teams.{team.name}", name)
    for schedule in book.schedules.values():
        for index, layer in enumerate(schedule.layers):
            for name in dict.fromkeys(layer.members):
                if name not in book.people:
                    yield _unknown(f"schedules.{schedule.name}.layers[{index}].members", name)


def _unknown(where: str, name: str) -> FieldProblem:
    return FieldProblem(where, f"there is no person '{name}'.", "Describe them under people, or take them out.")


def without(book: Book, kind: str, name: str) -> Book:
    """The book without an entry. Raises NotFoundError, or InvalidInputError when others still name it."""
    found: Mapping[str, Any] = getattr(book, kind)
    if name not in found:
        raise errors.NotFoundError(f"There is no '{name[:64]}' among the {kind}.", mend="`accelerapp oncall export`.")
    changes: dict[str, Any] = {kind: {key: each for key, each in found.items() if key != name}}
    after = replace(book, **changes)
    if problems := broken(book, after):
        raise errors.InvalidInputError(f"What would remain without {name}", problems)
    return after
