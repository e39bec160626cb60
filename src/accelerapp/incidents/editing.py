"""What people write into an incident: title, cause, impact, tags, links, tasks. Pure.

Two people who write at once lose nothing: each says which version they saw, and who comes second to a field that was
written since is told by whom and what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from accelerapp.base import errors
from accelerapp.base.ids import TaskId, new_id
from accelerapp.incidents import service, texts, timeline
from accelerapp.incidents.model import Edit, EntryKind, Impact, Incident, Link, Task
from accelerapp.incidents.service import Changed

_LINES = {"title": texts.TITLE}
_TEXTS = ("root_cause", "resolution", "draft")
_NAMES = ("services", "components", "tags")
_URLS = ("conference",)
_TIMES = ("started_at", "detected_at")
_QUIET = frozenset({"draft"})
"""Not told on the time line."""


class OvertakenError(errors.WrongUseError):
    """Somebody has written the same field meanwhile."""


def edit(incident: Incident, fields: Mapping[str, Any], seen: int, by: str, now: datetime) -> Changed:
    """Write fields, as somebody who saw the version `seen`. Raises OvertakenError, InvalidInputError, ResolvedError."""
    service.need_unmerged(incident)
    wanted = {name: value for name, value in _read(fields, now).items() if value != getattr(incident, name)}
    _check_overtaken(incident, wanted, seen)
    if not wanted:
        return incident, []
    made = Edit(incident.version + 1, by[: texts.NAME], now)
    edits = {**incident.edits, **dict.fromkeys(wanted, made)}
    after = service.changed(incident, edits=edits, is_taken=True, **wanted)
    if after.is_private and by not in after.people:  # who hides it goes on seeing it
        after = replace(after, responders=(*after.responders, by))
    if "draft" not in wanted and after.draft == service.draft(incident):
        after = replace(after, draft=service.draft(after))  # nobody wrote it: it follows the facts
    told = "\n".join(_told(name, value) for name, value in wanted.items() if name not in _QUIET)
    return after, [timeline.entry(incident.id, EntryKind.EDITED, told, by, now)] if told else []


def _check_overtaken(incident: Incident, wanted: Mapping[str, Any], seen: int) -> None:
    for name in wanted:
        last = incident.edits.get(name)
        if last is not None and last.version > seen:
            shown = _shown(getattr(incident, name))
            raise OvertakenError(
                f"{last.by} has changed the {_named(name)} at {last.at:%H:%M} UTC, to: {shown}",
                mend=f"Read it and write yours again: the version is now {incident.version}.",
            )


def _read(fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    checked, found = texts.Checked("The change"), dict[str, Any]()
    for name, value in fields.items():
        if name in _LINES:
            found[name] = checked.line(name, value, _LINES[name], is_needed=True)
        elif name in _TEXTS:
            found[name] = checked.text(name, value)
        elif name in _NAMES:
            found[name] = checked.names(name, value)
        elif name in _URLS:
            found[name] = checked.url(name, value) if value else ""
        elif name in _TIMES:
            found[name] = value
            if value > now:
                checked.refuse(name, "has not come yet.")
        elif name == "is_private":
            found[name] = bool(value)
        else:
            checked.refuse(name, "cannot be written.")
    checked.end()
    return found


def _named(name: str) -> str:
    return name.removeprefix("is_").replace("_", " ")


def _told(name: str, value: Any) -> str:
    return f"The {_named(name)} is now: {_shown(value)}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return (", ".join(value) if isinstance(value, tuple) else str(value)) or "empty"


def set_impact(incident: Incident, impact: Impact, seen: int, by: str, now: datetime) -> Changed:
    """What customers saw, from when until when. Raises OvertakenError, InvalidInputError, ResolvedError."""
    service.need_unmerged(incident)
    checked = texts.Checked("The impact")
    clean = replace(impact, text=checked.text("text", impact.text))
    if impact.users is not None and not 0 <= impact.users <= 10**10:
        checked.refuse("users", "is a number of people.")
    if impact.ends_at and (impact.starts_at is None or impact.ends_at < impact.starts_at):
        checked.refuse("ends_at", "comes after starts_at.")
    if impact.starts_at and impact.starts_at > now:
        checked.refuse("starts_at", "has not come yet.")
    checked.end()
    if clean == incident.impact:
        return incident, []
    _check_overtaken(incident, {"impact": clean}, seen)
    edits = {**incident.edits, "impact": Edit(incident.version + 1, by[: texts.NAME], now)}
    after = service.changed(incident, impact=clean, edits=edits, is_taken=True)
    if after.draft == service.draft(incident):
        after = replace(after, draft=service.draft(after))
    return after, [timeline.entry(incident.id, EntryKind.IMPACT, told_impact(clean), by, now)]


def told_impact(impact: Impact) -> str:
    """`Impact from 14:02 until 14:40 UTC, 120 users: nobody could order.`"""
    begin = f" from {impact.starts_at:%H:%M}" if impact.starts_at else ""
    end = f" until {impact.ends_at:%H:%M}" if impact.ends_at else ""
    users = f", {impact.users:,} users" if impact.users is not None else ""
    return f"Impact{begin}{end}{' UTC' if begin or end else ''}{users}: {impact.text or 'not described'}"


# -- links and tasks ---------------------------------------------------------------------------------------------------


def add_link(incident: Incident, title: str, url: str, by: str, now: datetime) -> Changed:
    """Something to look at; the same address a second time changes nothing. Raises InvalidInputError, ResolvedError."""
    service.need_unmerged(incident)
    checked = texts.Checked("The link")
    link = Link(checked.line("title", title or url), checked.url("url", url))
    _check_room(checked, "links", len(incident.links))
    checked.end()
    if link.url in [each.url for each in incident.links]:
        return incident, []
    after = service.changed(incident, links=(*incident.links, link), is_taken=True)
    return after, [timeline.entry(incident.id, EntryKind.LINK, f"{link.title}: {link.url}", by, now)]


def add_task(
    incident: Incident, text: str, by: str, now: datetime, *, owner: str = "", due_at: datetime | None = None
) -> Changed:
    """Something to do. Raises InvalidInputError, ResolvedError."""
    service.need_unmerged(incident)
    checked = texts.Checked("The task")
    task = Task(
        id=TaskId(new_id("tsk", 6)),
        text=checked.line("text", text, 2000, is_needed=True),
        added_by=by[: texts.NAME],
        added_at=now,
        owner=checked.line("owner", owner, texts.NAME),
        due_at=due_at,
    )
    _check_room(checked, "tasks", len(incident.tasks))
    checked.end()
    after = service.changed(incident, tasks=(*incident.tasks, task), is_taken=True)
    told = f"To do: {task.text}" + (f" ({task.owner})" if task.owner else "")
    return after, [timeline.entry(incident.id, EntryKind.TASK, told, by, now)]


def end_task(incident: Incident, id: TaskId, by: str, now: datetime) -> Changed:
    """It is done. Raises NotFoundError, or WrongUseError when it was done before."""
    task = next((each for each in incident.tasks if each.id == id), None)
    if task is None:
        raise errors.NotFoundError(
            f"{incident.id} has no task '{id}'.", mend=f"`accelerapp incident show {incident.id}`."
        )
    if task.done_at is not None:
        raise errors.WrongUseError(f"{task.done_by} has done it already: {task.text}")
    done = replace(task, done_at=now, done_by=by[: texts.NAME])
    tasks = tuple(done if each.id == id else each for each in incident.tasks)
    after = service.changed(incident, tasks=tasks, is_taken=True)
    return after, [timeline.entry(incident.id, EntryKind.TASK, f"Done: {task.text}", by, now)]


def _check_room(checked: texts.Checked, what: str, count: int) -> None:
    if count >= texts.MOST:
        checked.refuse(what, f"are at most {texts.MOST}.")
