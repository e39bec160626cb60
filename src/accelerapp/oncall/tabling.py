"""The book as tables that `filing` reads back: what `accelerapp oncall export` writes. Pure.

What is as it is by default is left out. Whether a contact method is verified is not written: it is a fact of this
installation, not of the file.
"""

from __future__ import annotations

from typing import Any

from accelerapp.oncall import written
from accelerapp.oncall.model import (
    Book,
    Layer,
    OnHolidays,
    Person,
    Policy,
    Rank,
    Schedule,
    Team,
    WorkingHours,
)


def tables(book: Book) -> dict[str, Any]:
    """All of it."""
    whole = {
        "people": {name: person(each) for name, each in sorted(book.people.items())},
        "teams": {name: team(each) for name, each in sorted(book.teams.items())},
        "schedules": {name: schedule(each) for name, each in sorted(book.schedules.items())},
        "policies": {name: policy(each) for name, each in sorted(book.policies.items())},
    }
    return {kind: entries for kind, entries in whole.items() if entries}


def toml(book: Book) -> str:
    """All of it as a file; what is small stands in one line, and the order stays."""
    import tomlkit  # 20 ms: only who exports pays for it

    whole = tables(book)
    for entry in whole.get("people", {}).values():
        entry.update({key: _lines(entry[key]) for key in ("methods", "rules") if key in entry})
    for entry in whole.get("policies", {}).values():
        entry["steps"], entry["working_hours"] = _one_line(entry["steps"]), _one_line(entry["working_hours"])
    return tomlkit.dumps(whole)


def _lines(table: dict[str, Any]) -> dict[str, Any]:
    return {key: _one_line(value) for key, value in table.items()}


def _one_line(value: Any) -> Any:
    import tomlkit

    if isinstance(value, list):
        array = tomlkit.array()
        array.extend([_one_line(each) for each in value])
        return array.multiline(len(value) > 1 and isinstance(value[0], dict))
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        table.update(value)
        return table
    return value


def person(found: Person) -> dict[str, Any]:
    """`title`, `zone`, `quiet`, `methods`, `rules`."""
    methods = {
        each.name: each.address if each.name == each.kind else {"kind": each.kind.value, "address": each.address}
        for each in found.methods
    }
    rules = {
        rule.severity.value: [
            {"method": step.method, "after": written.show_duration(step.after)} for step in rule.steps
        ]
        for rule in found.rules
    }
    quiet = f"{found.quiet.starts:%H:%M}-{found.quiet.ends:%H:%M}" if found.quiet else ""
    return _set({"title": found.title, "quiet": quiet, "zone": found.zone, "methods": methods, "rules": rules})


def team(found: Team) -> dict[str, Any]:
    """`lead`, `members`."""
    return _set({"lead": found.lead, "members": list(found.members)})


def schedule(found: Schedule) -> dict[str, Any]:
    """`zone`, `holidays`, `layers`."""
    holidays = {each.day.isoformat(): each.name for each in found.holidays}
    return _set({"zone": found.zone, "holidays": holidays, "layers": [_layer(each) for each in found.layers]})


def _layer(found: Layer) -> dict[str, Any]:
    weeks, days = divmod(found.turn_days, 7)
    return {
        "name": found.name,
        "members": list(found.members),
        "starts_on": found.starts_on.isoformat(),
        "handoff": written.show_handoff(found.weekday, found.at),
        "turn": f"{found.turn_days}d" if days else f"{weeks}w",
        **_set(
            {
                "rank": found.rank.value if found.rank is not Rank.PRIMARY else "",
                "hours": [written.show_hours(each) for each in found.hours],
                "holidays": found.on_holidays.value if found.on_holidays is not OnHolidays.COUNTS else "",
            }
        ),
    }


def policy(found: Policy) -> dict[str, Any]:
    """`steps`, `services`, `severities`, `repeat`, `repage_after`, `waiting`, `working_hours`."""
    steps = [
        {"call": [written.show_target(target) for target in step.targets], "wait": written.show_duration(step.wait)}
        for step in found.steps
    ]
    return {
        **_set({"services": list(found.services), "severities": [each.value for each in found.severities]}),
        "repeat": found.repeat,
        "repage_after": written.show_duration(found.repage_after),
        "waiting": [each.value for each in found.waiting],
        "working_hours": _working_hours(found.working_hours),
        "steps": steps,
    }


def _working_hours(found: WorkingHours) -> dict[str, Any]:
    return {"zone": found.zone, "hours": written.show_hours(found.hours)}


def _set(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}
