"""Who has which part in an incident: commander, scribe, communications, and those who help. Pure."""

from __future__ import annotations

from datetime import datetime

from accelerapp.base import errors
from accelerapp.incidents import service, texts, timeline
from accelerapp.incidents.model import EntryKind, Incident, Role
from accelerapp.incidents.service import Changed


class TakenError(errors.WrongUseError):
    """Somebody else has the part already."""


def assign(incident: Incident, role: Role, person: str, by: str, now: datetime, instead_of: str = "") -> Changed:
    """`person` has the part from now on. Whoever takes it over says from whom: of two at once the second is told.

    Raises TakenError, ResolvedError, InvalidInputError; WrongUseError when this person has it already.
    """
    service.need_open(incident)
    checked = texts.Checked("The part")
    name = checked.line("person", person, texts.NAME, is_needed=True)
    checked.end()
    if role is Role.RESPONDER:
        return _help(incident, name, by, now)
    holder = incident.roles.get(role, "")
    if holder == name:
        raise errors.WrongUseError(f"{name} is {_called(role)} of {incident.id} already.")
    if holder != instead_of:
        raise _taken(incident, role, holder, instead_of)
    after = service.changed(incident, roles={**incident.roles, role: name}, is_taken=True)
    told = f"{name} is {_called(role)}" + (f" instead of {holder}." if holder else ".")
    return after, [timeline.entry(incident.id, EntryKind.ROLE, told, by, now)]


def _taken(incident: Incident, role: Role, holder: str, instead_of: str) -> TakenError:
    if not holder:
        return TakenError(
            f"{instead_of} is not {_called(role)} of {incident.id}: nobody is.", mend="Assign it as a free one."
        )
    return TakenError(
        f"{holder} is {_called(role)} of {incident.id} already.",
        mend=f"To take it over: `accelerapp incident assign {incident.id} {role} PERSON --instead-of {holder}`.",
    )


def _help(incident: Incident, name: str, by: str, now: datetime) -> Changed:
    if name in incident.responders:
        raise errors.WrongUseError(f"{name} is a responder of {incident.id} already.")
    if len(incident.responders) >= texts.MOST:
        raise errors.WrongUseError(f"{incident.id} has {texts.MOST} responders already.")
    after = service.changed(incident, responders=(*incident.responders, name), is_taken=True)
    return after, [timeline.entry(incident.id, EntryKind.ROLE, f"{name} helps.", by, now)]


def leave(incident: Incident, role: Role, person: str, by: str, now: datetime) -> Changed:
    """`person` has the part no more. Raises WrongUseError when it was not theirs."""
    service.need_open(incident)
    if role is Role.RESPONDER and person in incident.responders:
        after = service.changed(incident, responders=tuple(each for each in incident.responders if each != person))
    elif role is not Role.RESPONDER and incident.roles.get(role) == person:
        after = service.changed(incident, roles={key: name for key, name in incident.roles.items() if key is not role})
    else:
        raise errors.WrongUseError(f"{person} is not {_called(role)} of {incident.id}.")
    told = f"{person} is not {_called(role)} any more."
    return after, [timeline.entry(incident.id, EntryKind.ROLE, told, by, now)]


def _called(role: Role) -> str:
    return "communications lead" if role is Role.COMMUNICATIONS else role.value
