"""One person, team, schedule or policy from its table; every mistake is kept with its field. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from accelerapp.base import errors
from accelerapp.base.ids import PersonName, PolicyName, ScheduleName, TeamName
from accelerapp.base.severity import Severity
from accelerapp.oncall import contacting, model, written, zones
from accelerapp.oncall.written import Unreadable

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
_MOST = 500
_TEXT = 200
_SOON, _STEP = timedelta(hours=1), timedelta(minutes=5)


class Reader:
    """A table and where it stands. What cannot be read becomes a problem, and the default instead."""

    def __init__(self, value: Any, where: str, problems: list[errors.FieldProblem] | None = None) -> None:
        self.problems: list[errors.FieldProblem] = [] if problems is None else problems
        self.where = where
        self.value: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        if not isinstance(value, Mapping):
            self.wrong("", "must be a table.")

    def wrong(self, key: str, reason: str, mend: str = "") -> None:
        """A mistake at this key, or of the table itself. What is no text of Unicode, as JSON can have, is replaced."""
        place = ".".join(part for part in (self.where, key) if part)
        said = (part.encode("utf-8", "replace").decode() for part in (place, reason, mend))
        self.problems.append(errors.FieldProblem(*said))

    def only(self, keys: Collection[str]) -> None:
        """Every other key is a mistake."""
        for key in self.value:
            if key not in keys:
                self.wrong(str(key)[:64], "is not known here.", f"Known are {', '.join(keys)}.")

    def table(self, key: str) -> Reader:
        """The table at this key; an empty one when there is none."""
        place = ".".join(part for part in (self.where, key) if part)
        return Reader(self.value.get(key, {}), place, self.problems)

    def tables(self, key: str) -> list[Reader]:
        """The tables in the list at this key."""
        return [Reader(each, f"{self.where}.{key}[{n}]", self.problems) for n, each in enumerate(self._list(key))]

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts in the list at this key."""
        return self.parsed_all(key, str)

    def parsed(self, key: str, parse: Callable[[str], T], default: T) -> T:
        """What `parse` makes of the text at this key."""
        return self._parsed(key, self.value[key], parse, default) if key in self.value else default

    def needed(self, key: str, parse: Callable[[str], T], default: T) -> T:
        """The same, and it is a mistake to leave it out."""
        if key not in self.value:
            self.wrong(key, "is missing.")
        return self.parsed(key, parse, default)

    def parsed_all(self, key: str, parse: Callable[[str], T]) -> tuple[T, ...]:
        """What `parse` makes of each text of a list; one text alone is a list of one."""
        nothing: Any = object()
        found = [self._parsed(f"{key}[{n}]", each, parse, nothing) for n, each in enumerate(self._list(key))]
        return tuple(each for each in found if each is not nothing)

    def number(self, key: str, default: int, most: int) -> int:
        """A whole number from 0 to `most`."""
        value = self.value.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            self.wrong(key, f"must be a whole number from 0 to {most}.")
            return default
        return value

    def day(self, key: str) -> date:
        """A date, as TOML has them or as text; a mistake to leave it out."""
        return self.needed(key, _date, date.min)

    def _list(self, key: str) -> list[Any]:
        value = self.value.get(key, [])
        if isinstance(value, str):
            return [value]
        if not isinstance(value, list | tuple) or len(value) > _MOST:
            self.wrong(key, f"must be a list of at most {_MOST}.")
            return []
        return list(value)

    def _parsed(self, key: str, value: Any, parse: Callable[[str], T], default: T) -> T:
        said = value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value
        if not isinstance(said, str) or len(said) > 2 * _MOST or not said.isprintable():
            self.wrong(key, f"must be a text of at most {2 * _MOST} printable characters.")
            return default
        try:
            return parse(said)
        except Unreadable as error:
            self.wrong(key, error.reason, error.mend)
        except errors.AccelerappError as error:
            self.wrong(key, error.message, error.mend)
        return default


def _date(said: str) -> date:
    try:
        found = date.fromisoformat(said)
    except ValueError as error:
        raise Unreadable(f"'{said[:40]}' is not a date.", "Write it like 2026-12-24.") from error
    if not 1970 <= found.year <= 2200:
        raise Unreadable(f"{found} is too far away.")
    return found


def _short(said: str) -> str:
    if len(said) > _TEXT:
        raise Unreadable(f"takes at most {_TEXT} characters.")
    return said


def _zone(said: str) -> str:
    zones.zone(said)
    return said


def _word(kind: type[E]) -> Callable[[str], E]:
    def parse(said: str) -> E:
        found = next((each for each in kind if each.value.lower() == said.strip().lower()), None)
        if found is None:
            raise Unreadable(f"'{said[:40]}' is not known.", f"Known are {', '.join(kind)}.")
        return found

    return parse


# -- people and teams --------------------------------------------------------------------------------------------------


def person(name: PersonName, at: Reader) -> model.Person:
    """`title`, `zone`, `quiet`, `methods`, `rules`."""
    at.only(("title", "zone", "quiet", "methods", "rules"))
    methods = tuple(_methods(at.table("methods")))
    return model.Person(
        name=name,
        title=at.parsed("title", _short, ""),
        zone=at.parsed("zone", _zone, "UTC"),
        methods=methods,
        rules=tuple(_rules(at.table("rules"), [each.name for each in methods])),
        quiet=at.parsed("quiet", lambda said: written.quiet(said), None) if "quiet" in at.value else None,
    )


def _methods(at: Reader) -> Iterable[model.ContactMethod]:
    """`sms = "+49…"`, or `mobile = { kind = "sms", address = "+49…" }`."""
    for name, value in at.value.items():
        if not isinstance(name, str) or not 0 < len(name) <= 40 or not name.isprintable():
            at.wrong(str(name)[:40], "is not a name for a method: 1 to 40 printable characters.")
            continue
        each = Reader({"kind": name, "address": value} if isinstance(value, str) else value, "", [])
        each.where, each.problems = f"{at.where}.{name}", at.problems
        each.only(("kind", "address"))
        kind = each.needed("kind", _word(model.MethodKind), None)
        address = each.needed("address", str.strip, "")
        wrong = contacting.wrong_address(kind, address) if kind and address else ""
        if wrong:
            each.wrong("address", wrong)
        if kind:
            yield model.ContactMethod(name, kind, address)


def _rules(at: Reader, methods: Collection[str]) -> Iterable[model.NotificationRule]:
    """`P1 = [{ method = "ntfy" }, { method = "sms", after = "2m" }]`."""
    at.only(tuple(Severity))
    for severity in Severity:
        if severity.value in at.value:
            steps = tuple(_notification_step(each, methods) for each in at.tables(severity.value))
            if not steps:
                at.wrong(severity.value, "has no step.", "Leave it out, and the defaults hold.")
            yield model.NotificationRule(severity, steps)


def _notification_step(at: Reader, methods: Collection[str]) -> model.NotificationStep:
    at.only(("method", "after"))
    method = at.needed("method", str, "")
    if method and method not in methods:
        at.wrong("method", f"there is no method '{method[:40]}'.", f"There are {', '.join(methods) or 'none'}.")
    return model.NotificationStep(method, at.parsed("after", written.duration, timedelta()))


def team(name: TeamName, at: Reader) -> model.Team:
    """`lead`, `members`."""
    at.only(("lead", "members"))
    return model.Team(name, PersonName(at.needed("lead", str, "")), _people(at, "members"))


def _people(at: Reader, key: str) -> tuple[PersonName, ...]:
    return tuple(PersonName(each) for each in at.texts(key))


# -- schedules ---------------------------------------------------------------------------------------------------------


def schedule(name: ScheduleName, at: Reader) -> model.Schedule:
    """`zone`, `layers`, `holidays`: a list of days, or a table with their names."""
    at.only(("zone", "layers", "holidays"))
    layers = tuple(_layer(each, number) for number, each in enumerate(at.tables("layers"), 1))
    for layer_name in {each.name for each in layers}:
        if sum(each.name == layer_name for each in layers) > 1:
            at.wrong("layers", f"two layers are called '{layer_name}'.")
    return model.Schedule(name, at.needed("zone", _zone, "UTC"), layers, _holidays(at))


def _holidays(at: Reader) -> tuple[model.Holiday, ...]:
    if not isinstance(at.value.get("holidays"), Mapping):
        return tuple(model.Holiday(each) for each in sorted(set(at.parsed_all("holidays", _date))))
    named = at.table("holidays")
    days = {}
    for key in named.value:
        try:
            days[_date(str(key))] = named.parsed(key, _short, "")
        except Unreadable as error:
            named.wrong(str(key)[:40], error.reason, error.mend)
    return tuple(model.Holiday(each, days[each]) for each in sorted(days))


def _layer(at: Reader, number: int) -> model.Layer:
    at.only(("name", "rank", "members", "starts_on", "handoff", "turn", "hours", "holidays"))
    weekday, clock = at.parsed("handoff", written.handoff, written.handoff("Friday 17:00"))
    return model.Layer(
        name=at.parsed("name", _short, f"layer {number}"),
        members=_people(at, "members"),
        starts_on=at.day("starts_on"),
        rank=at.parsed("rank", _word(model.Rank), model.Rank.PRIMARY),
        weekday=weekday,
        at=clock,
        turn_days=at.parsed("turn", written.turn, 7),
        hours=at.parsed_all("hours", written.hours),
        on_holidays=at.parsed("holidays", _word(model.OnHolidays), model.OnHolidays.COUNTS),
    )


# -- policies ----------------------------------------------------------------------------------------------------------


def policy(name: PolicyName, at: Reader) -> model.Policy:
    """`steps`, `services`, `severities`, `repeat`, `repage_after`, `waiting`, `working_hours`."""
    at.only(("steps", "services", "severities", "repeat", "repage_after", "waiting", "working_hours"))
    steps = tuple(_policy_step(each) for each in at.tables("steps"))
    if not steps:
        at.wrong("steps", "has no step: it calls nobody.", 'Write steps = [{ call = "primary NAME", wait = "5m" }].')
    severity = _word(Severity)
    return model.Policy(
        name=name,
        steps=steps,
        services=at.texts("services"),
        severities=at.parsed_all("severities", severity),
        repeat=at.number("repeat", 3, 100),
        repage_after=at.parsed("repage_after", written.duration, _SOON),
        waiting=at.parsed_all("waiting", severity) if "waiting" in at.value else (Severity.P4,),
        working_hours=_working_hours(at.table("working_hours")),
    )


def _policy_step(at: Reader) -> model.PolicyStep:
    at.only(("call", "wait"))
    targets = at.parsed_all("call", written.target)
    if not at.value.get("call"):
        at.wrong("call", "names nobody.", 'Write it like "primary shop".')
    wait = at.parsed("wait", written.duration, _STEP)
    if wait < timedelta(seconds=10):
        at.wrong("wait", "is shorter than 10 seconds: nobody could answer.", "Write it like 5m.")
    return model.PolicyStep(targets, wait)


def _working_hours(at: Reader) -> model.WorkingHours:
    at.only(("zone", "hours"))
    usual = model.WorkingHours()
    return model.WorkingHours(at.parsed("zone", _zone, usual.zone), at.parsed("hours", written.hours, usual.hours))
