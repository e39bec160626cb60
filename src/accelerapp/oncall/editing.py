"""Changes of the book as forms make them: from tables to tables, and pieces of TOML that somebody saw before. Pure."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from accelerapp.base import errors
from accelerapp.base.ids import PersonName
from accelerapp.base.severity import Severity
from accelerapp.oncall import contacting, tabling, written
from accelerapp.oncall.model import Book, Person

NOW = "now"
NEVER = "–"
_PLACE = re.compile(r"(.*) \(at (.*)\)", re.DOTALL)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_METHOD = 40


# -- a person ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Profile:
    """What a person's form says beside the methods. `times` of each severity has a text for each of `methods`."""

    title: str
    zone: str
    quiet: str
    methods: Sequence[str] = ()
    times: Mapping[Severity, Sequence[str]] = field(default_factory=dict)

    def typed(self, severity: Severity, row: int) -> str:
        """What stands in a field of the table; empty: nothing does."""
        return next(iter(self.times.get(severity, ())[row : row + 1]), "")


def person_table(book: Book, name: str) -> dict[str, Any]:
    """A person as they stand in a file. Raises NotFoundError."""
    found = book.people.get(PersonName(name))
    if found is None:
        raise errors.NotFoundError(f"There is no person '{name[:64]}'.", mend="The page of people lists them.")
    return tabling.person(found)


def with_profile(table: Mapping[str, Any], given: Profile) -> dict[str, Any]:
    """The table with what the form says. Steps of a method that the form did not show stay."""
    after = {**table, "title": given.title.strip(), "zone": given.zone.strip(), "quiet": given.quiet.strip()}
    after["rules"] = {}
    for severity in Severity:
        kept = [step for step in table.get("rules", {}).get(severity, []) if step["method"] not in given.methods]
        texts = given.times.get(severity, ())
        typed = [step for method, text in zip(given.methods, texts, strict=False) for step in _steps(method, text)]
        if kept or typed:
            after["rules"][severity.value] = [*kept, *typed]
    return {key: value for key, value in after.items() if value or key not in ("quiet", "title", "rules")}


def _steps(method: str, text: str) -> list[dict[str, str]]:
    """`now, 10m`."""
    times = [each.strip() for each in text.replace(NEVER, "").split(",") if each.strip()]
    return [{"method": method, "after": "0s" if each.lower() in (NOW, "0") else each} for each in times]


def with_method(table: Mapping[str, Any], kind: str, address: str, called: str) -> dict[str, Any]:
    """The table with one method more, or another address of one that is there."""
    entry = {"kind": kind.strip(), "address": address.strip()}
    return {**table, "methods": {**table.get("methods", {}), called.strip() or kind.strip(): entry}}


def without_method(table: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The table without a method, and without the steps that use it. Raises NotFoundError."""
    methods = table.get("methods", {})
    if name not in methods:
        raise errors.NotFoundError(f"There is no method '{name[:_LONGEST_METHOD]}'.", mend="It was removed before.")
    left = {
        severity: [step for step in steps if step["method"] != name]
        for severity, steps in table.get("rules", {}).items()
    }
    after = {key: each for key, each in methods.items() if key != name}
    return {**table, "methods": after, "rules": {severity: steps for severity, steps in left.items() if steps}}


def times(person: Person, severity: Severity, method: str) -> str:
    """When a rule of the person uses the method: `now, 10m`; empty: no rule does."""
    steps = next((rule.steps for rule in person.rules if rule.severity is severity), ())
    return ", ".join(_shown(step.after) for step in steps if step.method == method)


def usual(person: Person, severity: Severity, method: str) -> str:
    """When the method is used though nothing is written for it: by default, and never beside a rule."""
    if any(rule.severity is severity for rule in person.rules):
        return NEVER
    found = [step.after for step in contacting.default_steps(person, severity) if step.method == method]
    return _shown(found[0]) if found else NEVER


def _shown(after: timedelta) -> str:
    return written.show_duration(after) if after else NOW


# -- pieces of TOML ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """What an editor shows: the TOML of an entry, or of the whole book, and what tells whether it is still so."""

    text: str
    seen: str


class ChangedMeanwhile(errors.WrongUseError):
    """Somebody else saved the same while it was edited."""

    def __init__(self, now: Piece) -> None:
        super().__init__(
            "It was changed by somebody else while you edited it. Nothing was saved.",
            mend="What it is now stands beside your text: take over what you need, and save again.",
        )
        self.now = now


def piece(book: Book, kind: str, name: str) -> Piece:
    """An entry; without a kind the whole book; of an entry that is not there an empty piece."""
    if kind:
        found = getattr(book, kind).get(name)
        only: dict[str, Any] = {kind: {name: found}} if found else {}
        book = Book(**only)
    text = tabling.toml(book)
    return Piece(text, hashlib.sha256(text.encode()).hexdigest()[:16])


def read(text: str, seen: str, book: Book, kind: str, name: str) -> dict[str, Any]:
    """The tables of an edited piece. Raises InvalidInputError (no TOML), ChangedMeanwhile."""
    now = piece(book, kind, name)
    tables = parsed(text)
    if seen and seen != now.seen:
        raise ChangedMeanwhile(now)
    return tables


def parsed(text: str) -> dict[str, Any]:
    """The tables of a piece. Raises InvalidInputError with the place."""
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        match = _PLACE.fullmatch(str(error))
        reason, place = match.groups() if match else (str(error), "the text")
        raise errors.InvalidInputError("The text", [errors.FieldProblem(place, f"{reason}.")]) from error
    except (RecursionError, ValueError) as error:  # tables within tables without end; a date that is none
        raise errors.InvalidInputError("The text", [errors.FieldProblem("the text", "cannot be read.")]) from error


def example(kind: str, name: str, book: Book, today: date) -> str:
    """A piece to begin with, with names that there are."""
    names: list[str] = [*book.people] or ["ann", "ben"]
    schedule = next(iter(book.schedules), "")
    return _EXAMPLES[kind].format(
        name=name if _BARE.fullmatch(name) else json.dumps(name),
        people=", ".join(f'"{each}"' for each in names[:2]),
        first=f"primary {schedule}" if schedule else f"person {names[0]}",
        lead=names[0],
        today=today,
    )


_EXAMPLES = {
    "people": '[people.{name}]\nzone = "UTC"\n[people.{name}.methods]\nemail = "{lead}@example.com"\n',
    "teams": '[teams.{name}]\nlead = "{lead}"\nmembers = [{people}]\n',
    "schedules": """[schedules.{name}]
zone = "UTC"
[[schedules.{name}.layers]]
name = "week"
members = [{people}]
starts_on = "{today}"        # the first handoff on or after this day begins the first turn
handoff = "Friday 17:00"
turn = "1w"
""",
    "policies": """[policies.{name}]
services = []                   # none: for all
severities = []                 # none: for all
steps = [
    {{ call = "{first}", wait = "5m" }},
    {{ call = "everyone", wait = "15m" }},
]
repeat = 3                      # times more after the last step
repage_after = "1h"             # acknowledged, but not resolved
waiting = ["P4"]                # these wait for the working hours
working_hours = {{ zone = "UTC", hours = "Mon-Fri 09:00-17:00" }}
""",
}
