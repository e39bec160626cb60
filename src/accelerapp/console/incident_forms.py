"""The forms of incidents as data: what each asks for and says before it is sent, filled in as it was typed. Pure.

The same form stands on its own page, and comes back with what was typed when it could not be done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from accelerapp.base.severity import Severity
from accelerapp.console import incident_looks as looks
from accelerapp.incidents.model import Incident, Role, Status
from accelerapp.incidents.texts import LONGEST, NAME, TITLE

Typed = Mapping[str, str]
TIMES = "14:05, 2026-12-04 14:05 (UTC), or 20m for 20 minutes ago"
_UTC = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class Option:
    """One of a choice."""

    value: str
    word: str


@dataclass(frozen=True)
class Field:
    """One thing that is asked for. `kind`: line, text, choice, check or hidden."""

    name: str
    label: str
    value: str = ""
    kind: str = "line"
    hint: str = ""
    options: Sequence[Option] = ()
    is_needed: bool = False
    most: int = TITLE
    list: str = ""
    """The id of the suggestions."""
    was: str | None = None
    """What stood there, of forms in which only what was touched counts."""

    @property
    def digest(self) -> str:
        """Goes with the form, to know afterwards whether the field was touched."""
        return digest(self.was or "")


@dataclass(frozen=True)
class Form:
    """What a verb asks for."""

    verb: str
    title: str
    button: str
    fields: Sequence[Field] = ()
    says: Sequence[str] = ()
    """What will happen."""
    is_destructive: bool = False


def severity(one: Incident, typed: Typed) -> Form:
    """How bad it is."""
    options = [Option(each, looks.meaning(each)) for each in Severity]
    return Form(
        "severity",
        f"Change the severity of “{one.title}”",
        "Change the severity",
        (
            Field(
                "severity", f"Severity (now {one.severity})", typed.get("severity", one.severity), "choice", "", options
            ),
            Field("why", "Why", typed.get("why", ""), most=2000),
        ),
        ("A worse one calls people anew by its policy, and is to be answered sooner.", "A better one calls nobody."),
    )


def status(one: Incident, typed: Typed) -> Form:
    """How far it is."""
    options = [Option(each, each) for each in Status]
    return Form(
        "status",
        f"How far is “{one.title}”?",
        "Change the status",
        (
            Field("status", f"Status (now {one.status})", typed.get("status", one.status), "choice", "", options),
            Field("text", "A word about it", typed.get("text", ""), "text", "Markdown", most=LONGEST),
        ),
        ("It stands on the time line; nobody outside is told.", "Resolved ends its pages."),
    )


def resolve(one: Incident, typed: Typed) -> Form:
    """It is over."""
    word = Field("text", "How it was resolved", typed.get("text", ""), "text", "Markdown", most=LONGEST)
    says = ("Its pages end, and nobody is called for it again.", "The status page is not changed: an update does that.")
    return Form("resolve", f"Resolve “{one.title}”", "Resolve the incident", (word,), says)


def reopen(one: Incident, typed: Typed) -> Form:
    """It is not over."""
    why = Field("text", "Why", typed.get("text", ""), "text", "Markdown", is_needed=True, most=LONGEST)
    return Form("reopen", f"Reopen “{one.title}”", "Reopen the incident", (why,), ("Nobody is called.",))


def assign(one: Incident, typed: Typed) -> Form:
    """Who has which part. Whoever has it now is named, so that nobody is displaced by chance."""
    role = typed.get("role", Role.COMMANDER)
    holder = one.roles.get(Role(role), "") if role in set(Role) else ""
    person = typed.get("person", "")
    options = [Option(each, looks.ROLES.get(each, "Responder")) for each in Role]
    is_change = bool(holder and person and holder != person)
    fields = [
        Field("role", "Part", role, "choice", "", options),
        Field("person", "Person", person, is_needed=True, most=NAME, list="people"),
        Field("instead_of", "", holder, "hidden"),
    ]
    says = [f"{holder} has it now."] if holder else []
    button = f"Give it to {person} instead of {holder}" if is_change else "Assign"
    return Form("assign", f"Who works on “{one.title}”?", button, fields, says)


def task(one: Incident, typed: Typed) -> Form:
    """Something to do."""
    fields = (
        Field("text", "To do", typed.get("text", ""), is_needed=True, most=2000),
        Field("owner", "Who", typed.get("owner", ""), most=NAME, list="people"),
        Field("due", "Until", typed.get("due", ""), hint="30m from now, or 14:05", most=40),
    )
    return Form("task", f"A task of “{one.title}”", "Add the task", fields)


def note(one: Incident, typed: Typed) -> Form:
    """A word for the time line."""
    fields = (
        Field("text", "Note", typed.get("text", ""), "text", "Markdown", is_needed=True, most=LONGEST),
        Field("at", "When, if not now", typed.get("at", ""), hint=TIMES, most=40),
        Field(
            "evidence", "Evidence", typed.get("evidence", ""), hint="the address of a plot, a log, a page", most=2000
        ),
    )
    return Form("note", f"A note on “{one.title}”", "Add the note", fields)


def link(one: Incident, typed: Typed) -> Form:
    """Something to look at."""
    fields = (
        Field("url", "Address", typed.get("url", ""), hint="https://…", is_needed=True, most=2000),
        Field("title", "What it is", typed.get("title", "")),
    )
    return Form("link", f"A link for “{one.title}”", "Add the link", fields)


def relate(one: Incident, typed: Typed) -> Form:
    """They have to do with each other."""
    other = Field("other", "The other incident", typed.get("other", ""), hint="inc_…", is_needed=True, list="others")
    return Form("relate", f"What else belongs to “{one.title}”?", "Relate them", (other,))


def merge(one: Incident, typed: Typed) -> Form:
    """It is a duplicate."""
    into = Field("other", "Into which incident", typed.get("other", ""), hint="inc_…", is_needed=True, list="others")
    says = (
        f"“{one.title}” ends as a duplicate.",
        "Its people, tasks, links, pages and alerts go over; its time line stays its own.",
    )
    return Form("merge", f"Merge “{one.title}” into another", f"Merge {one.id} into it", (into,), says, True)


def impact(one: Incident, typed: Typed) -> Form:
    """What customers saw."""
    known = one.impact
    starts = known.starts_at.strftime(_UTC) if known.starts_at else ""
    ends = known.ends_at.strftime(_UTC) if known.ends_at else ""
    users = "" if known.users is None else str(known.users)
    fields = (
        Field("text", "What customers saw", typed.get("text", known.text), "text", most=LONGEST),
        Field("starts_at", "From", typed.get("starts_at", starts), hint=TIMES, most=40),
        Field("ends_at", "Until", typed.get("ends_at", ends), hint=TIMES, most=40),
        Field("users", "How many users; empty: not known", typed.get("users", users), most=12),
        _seen(one),
    )
    return Form("impact", f"The impact of “{one.title}”", "Save the impact", fields)


def edit(one: Incident, typed: Typed) -> Form:
    """What is written of it."""
    started = one.started_at.strftime(_UTC) if one.started_at else ""

    def field(name: str, label: str, now: str, kind: str = "line", hint: str = "", most: int = TITLE) -> Field:
        return Field(name, label, typed.get(name, now), kind, hint, is_needed=name == "title", most=most, was=now)

    fields = (
        field("title", "Title", one.title),
        field("services", "Services, with commas", ", ".join(one.services), most=4000),
        field("components", "Components of the status page", ", ".join(one.components), most=4000),
        field("tags", "Tags", ", ".join(one.tags), most=4000),
        field("started_at", "When the harm began", started, hint=TIMES, most=40),
        field("conference", "The call to work in", one.conference, hint="https://…", most=2000),
        field("root_cause", "Root cause", one.root_cause, "text", most=LONGEST),
        field("resolution", "Resolution", one.resolution, "text", most=LONGEST),
        field(
            "is_private",
            "Private: only its people and administrators know of it",
            "yes" if one.is_private else "",
            "check",
        ),
        _seen(one),
    )
    return Form("edit", f"Edit “{one.title}”", "Save", fields)


def _seen(one: Incident) -> Field:
    """Which version was read. A form that comes back has read the present one."""
    return Field("version", "", str(one.version), "hidden")


FORMS: Mapping[str, Callable[[Incident, Typed], Form]] = {
    each.__name__: each
    for each in (severity, status, resolve, reopen, assign, task, note, link, relate, merge, impact, edit)
}


def kept(verb: str, typed: Typed) -> Form:
    """Whatever was typed, while the incident itself cannot be read: nothing that somebody wrote is lost."""
    shown = [Field(name, _label(name), value, _kind(name, value), most=LONGEST) for name, value in typed.items()]
    return Form(verb, "It could not be kept yet", "Try again", shown)


def digest(value: str) -> str:
    """Tells whether a field still says what it said."""
    return hashlib.sha256(value.strip().encode("utf-8", "replace")).hexdigest()[:12]


def touched(typed: Typed) -> dict[str, str]:
    """Of a form that says what stood in its fields those that were changed: the others may be another's by now."""
    were = {name.removeprefix("was."): value for name, value in typed.items() if name.startswith("was.")}
    changed = {name: typed.get(name, "") for name, value in were.items() if digest(typed.get(name, "")) != value}
    rest = {name: value for name, value in typed.items() if name not in were and not name.startswith("was.")}
    return rest | changed


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _kind(name: str, value: str) -> str:
    if name in ("version", "instead_of", "key", "seen"):
        return "hidden"
    return "text" if len(value) > 80 or "\n" in value else "line"
