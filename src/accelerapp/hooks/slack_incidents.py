"""`/incident` in Slack: open, look, answer, note, end. Private incidents do not exist there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from accelerapp.app import App
from accelerapp.base import errors, text
from accelerapp.base.severity import Severity
from accelerapp.incidents.model import Incident, Role, Status, Viewer, Wanted
from accelerapp.notifications import rooms
from accelerapp.notifications.channels.slack_commands import Command

HELP = """/incident open [P1|P2|P3|P4] [SERVICE:] TITLE
/incident list
/incident show ID
/incident ack ID
/incident assign ID commander|scribe|communications|responder [PERSON, or you]
/incident severity ID P1|P2|P3|P4 [WHY]
/incident status ID investigating|identified|monitoring [WORDS]
/incident note ID WORDS
/incident update ID WORDS (for the team, by its channels)
/incident resolve ID [WORDS]
/incident reopen ID WHY"""
Kind = TypeVar("Kind", bound=StrEnum)
_ENTRIES = 5
_MOST = 20


@dataclass(frozen=True)
class Said:
    """The answer, and whether everybody in the channel sees it."""

    text: str
    is_for_all: bool = False


def run(app: App, command: Command) -> Said:
    """Do it, and say what came of it. What cannot be done is said to whoever typed it; nothing raises."""
    verb, _, rest = command.words.partition(" ")
    known = _VERBS.get(verb.lower())
    if known is None:
        return Said(HELP)
    try:
        return known(app, command, rest.strip())
    except errors.AccelerappError as error:
        return Said(error.told)


def _viewer(command: Command) -> Viewer:
    return Viewer(rooms.written_by(command.user_name or command.user_id))


def _open(app: App, command: Command, rest: str) -> Said:
    severity, title = _severity_first(rest)
    name, _, after = title.partition(":")
    services: tuple[str, ...] = ()
    if after and name.strip() in [service.name for service in app.services]:
        services, title = (name.strip(),), after.strip()
    wanted = Wanted(title, severity, services, key=f"slack {command.trigger}" if command.trigger else "")
    made = app.incidents.open(wanted, _viewer(command))
    return Said(f"{_line(made)} Opened by {command.user_name}. `/incident ack {made.id}` if you see to it.", True)


def _severity_first(rest: str) -> tuple[Severity, str]:
    first, _, after = rest.partition(" ")
    if first.upper() in Severity.__members__:
        return Severity[first.upper()], after.strip()
    return Severity.P3, rest


def _list(app: App, command: Command, rest: str) -> Said:
    found = app.incidents.find(_viewer(command), True, _MOST)
    return Said("\n".join(_line(each) for each in found) or "No incident is open.")


def _show(app: App, command: Command, rest: str) -> Said:
    found = app.incidents.detail(rest, _viewer(command))
    roles = [f"{role}: {person}" for role, person in found.incident.roles.items()]
    told = [f"{each.at:%H:%M} UTC {each.by}: {each.text[:300]}" for each in found.entries[-_ENTRIES:]]
    return Said("\n".join([_line(found.incident), *roles, *told]))


def _acknowledge(app: App, command: Command, rest: str) -> Said:
    found = app.incidents.acknowledge(rest, _viewer(command))
    return Said(f"{command.user_name} sees to it: {_line(found)}", True)


def _assign(app: App, command: Command, rest: str) -> Said:
    id, role, person = _three(rest)
    viewer = _viewer(command)
    name = person.lstrip("@") if person and person not in ("me", "you") else viewer.name
    found = app.incidents.assign(id, viewer, _one_of(Role, role), name)
    return Said(f"{name} is {role.lower()}: {_line(found)}", True)


def _severity(app: App, command: Command, rest: str) -> Said:
    id, severity, why = _three(rest)
    found = app.incidents.change_severity(id, _viewer(command), _one_of(Severity, severity), why)
    return Said(_line(found), True)


def _status(app: App, command: Command, rest: str) -> Said:
    id, status, words = _three(rest)
    found = app.incidents.change_status(id, _viewer(command), _one_of(Status, status), words)
    return Said(_line(found), True)


def _note(app: App, command: Command, rest: str) -> Said:
    id, _, words = rest.partition(" ")
    app.incidents.note(id, _viewer(command), words)
    return Said(f"Noted on the time line of {id}.")


def _update(app: App, command: Command, rest: str) -> Said:
    id, _, words = rest.partition(" ")
    given = app.informing.tell_team(id, _viewer(command), words)
    return Said(given.remark or f"On its way to {', '.join(given.targets)}: {words.strip()}", True)


def _resolve(app: App, command: Command, rest: str) -> Said:
    id, _, words = rest.partition(" ")
    return Said(_line(app.incidents.resolve(id, _viewer(command), words)), True)


def _reopen(app: App, command: Command, rest: str) -> Said:
    id, _, words = rest.partition(" ")
    return Said(_line(app.incidents.reopen(id, _viewer(command), words)), True)


_VERBS: Mapping[str, Callable[[App, Command, str], Said]] = {
    "open": _open,
    "list": _list,
    "show": _show,
    "ack": _acknowledge,
    "assign": _assign,
    "severity": _severity,
    "status": _status,
    "note": _note,
    "update": _update,
    "resolve": _resolve,
    "reopen": _reopen,
}


def _line(incident: Incident) -> str:
    services = f" ({', '.join(incident.services)})" if incident.services else ""
    return f"{incident.id} {incident.severity} {incident.status}: {text.printable(incident.title, 200)}{services}."


def _three(rest: str) -> tuple[str, str, str]:
    words = [*rest.split(None, 2), "", "", ""]
    return words[0], words[1], words[2]


def _one_of(kind: type[Kind], word: str) -> Kind:
    known = {each.value.lower(): each for each in kind}
    if word.lower() not in known:
        raise errors.WrongUseError(f"'{word[:40]}' is none of {', '.join(known)}.")
    return known[word.lower()]
