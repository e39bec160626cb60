"""What the forms of incidents do: from typed fields to the verbs of incidents. Reads no store by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from accelerapp.base import errors, text
from accelerapp.base.severity import Severity
from accelerapp.flows.incidents import Incidents
from accelerapp.incidents.model import Evidence, Impact, Role, Status, Viewer

_NAMES = ("services", "components", "tags")
_LINES = ("title", "conference", "root_cause", "resolution")


@dataclass(frozen=True)
class Asked:
    """A form that was sent."""

    incidents: Incidents
    id: str
    viewer: Viewer
    typed: Mapping[str, str]
    now: datetime

    def word(self, name: str) -> str:
        """A field without blanks around it; empty when it was not sent."""
        return self.typed.get(name, "").strip()

    def past(self, name: str) -> datetime | None:
        """A moment that has come; None for an empty field. Raises WrongUseError."""
        return moment(self.word(name), self.now) if self.word(name) else None

    @property
    def version(self) -> int:
        """Which one was read; the first when it is not said, which is safe: then everything is newer."""
        return int(self.word("version")) if self.word("version").isdecimal() else 1


def moment(written: str, now: datetime, *, is_past: bool = True) -> datetime:
    """`14:05` (the last one, or the next), `2026-12-04 14:05`, `…+01:00`, or `20m` (ago, or from now); in UTC.

    Raises WrongUseError.
    """
    try:
        if len(written) <= 5 and ":" in written:
            at = datetime.combine(now.date(), time.fromisoformat(written.zfill(5)), UTC)
            return at if (at <= now) == is_past else at - timedelta(days=1) if is_past else at + timedelta(days=1)
        found = datetime.fromisoformat(written)
    except ValueError:
        return _apart(written, now, is_past=is_past)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _apart(written: str, now: datetime, *, is_past: bool) -> datetime:
    try:
        length = text.parse_duration(written)
        return now - length if is_past else now + length
    except (errors.WrongUseError, OverflowError) as error:
        raise errors.WrongUseError(
            f"'{written[:40]}' is not a time.", mend="Write it like 14:05, 2026-12-04 14:05, or 20m."
        ) from error


def of(kind: type[Any], value: str) -> Any:
    """One of an enumeration. Raises WrongUseError."""
    try:
        return kind(value)
    except ValueError as error:
        known = ", ".join(str(each) for each in kind)
        raise errors.WrongUseError(f"'{value[:40]}' is none of {known}.") from error


def names(written: str) -> tuple[str, ...]:
    """`shop, payments` -> each of them."""
    return tuple(each.strip() for each in written.split(",") if each.strip())


def _severity(asked: Asked) -> object:
    level = of(Severity, asked.word("severity"))
    return asked.incidents.change_severity(asked.id, asked.viewer, level, asked.word("why"))


def _status(asked: Asked) -> object:
    return asked.incidents.change_status(asked.id, asked.viewer, of(Status, asked.word("status")), asked.word("text"))


def _assign(asked: Asked) -> object:
    role, person = of(Role, asked.word("role")), asked.word("person")
    return asked.incidents.assign(asked.id, asked.viewer, role, person, asked.word("instead_of"))


def _take(asked: Asked) -> object:
    """For oneself; whoever takes a part over says from whom by the button that they saw."""
    role = of(Role, asked.word("role"))
    return asked.incidents.assign(asked.id, asked.viewer, role, asked.viewer.name, asked.word("instead_of"))


def _leave(asked: Asked) -> object:
    role = of(Role, asked.word("role"))
    return asked.incidents.leave(asked.id, asked.viewer, role, asked.word("person") or asked.viewer.name)


def _task(asked: Asked) -> object:
    written = asked.word("due")
    due = moment(written, asked.now, is_past=False) if written else None
    return asked.incidents.add_task(asked.id, asked.viewer, asked.word("text"), owner=asked.word("owner"), due_at=due)


def _note(asked: Asked) -> object:
    url = asked.word("evidence")
    evidence = (Evidence(url.removeprefix("https://").removeprefix("http://")[:80], url),) if url else ()
    return asked.incidents.note(asked.id, asked.viewer, asked.word("text"), at=asked.past("at"), evidence=evidence)


def _impact(asked: Asked) -> object:
    users = asked.word("users").replace(",", "")
    if users and not users.isdecimal():
        raise errors.WrongUseError(f"'{users[:40]}' is not a number of users.")
    impact = Impact(
        asked.word("text"), asked.past("starts_at"), asked.past("ends_at"), int(users[:12]) if users else None
    )
    return asked.incidents.set_impact(asked.id, asked.viewer, impact, asked.version)


def _edit(asked: Asked) -> object:
    """Only the fields that were touched."""
    fields: dict[str, Any] = {name: asked.word(name) for name in _LINES if name in asked.typed}
    fields |= {name: names(asked.word(name)) for name in _NAMES if name in asked.typed}
    if asked.word("started_at"):
        fields["started_at"] = asked.past("started_at")
    if "is_private" in asked.typed:
        fields["is_private"] = bool(asked.word("is_private"))
    return asked.incidents.edit(asked.id, asked.viewer, fields, asked.version)


VERBS: Mapping[str, Callable[[Asked], object]] = {
    "acknowledge": lambda asked: asked.incidents.acknowledge(asked.id, asked.viewer),
    "severity": _severity,
    "status": _status,
    "resolve": lambda asked: asked.incidents.resolve(asked.id, asked.viewer, asked.word("text")),
    "reopen": lambda asked: asked.incidents.reopen(asked.id, asked.viewer, asked.word("text")),
    "assign": _assign,
    "take": _take,
    "leave": _leave,
    "task": _task,
    "done": lambda asked: asked.incidents.end_task(asked.id, asked.viewer, asked.word("task")),
    "note": _note,
    "link": lambda asked: asked.incidents.add_link(asked.id, asked.viewer, asked.word("url"), asked.word("title")),
    "relate": lambda asked: asked.incidents.relate(asked.id, asked.viewer, asked.word("other")),
    "merge": lambda asked: asked.incidents.merge(asked.id, asked.viewer, asked.word("other")),
    "impact": _impact,
    "edit": _edit,
}
