"""`/oncall/people`: who can be called and by what, and the teams; an administrator adds people."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from accelerapp.access import model as access
from accelerapp.base import errors
from accelerapp.console import frame
from accelerapp.console.desk import Desk, by
from accelerapp.console.looks import Look, Tone
from accelerapp.flows import carrying
from accelerapp.oncall import contacting, editing
from accelerapp.oncall.model import Book, ContactMethod, MethodKind, OnCall, Person, Team
from accelerapp.web import identity as identities
from accelerapp.web import problems

_Line = Annotated[str, Field(max_length=200)]


class PersonForm(BaseModel):
    """Somebody new, with the first way to reach them."""

    name: _Line = ""
    title: _Line = ""
    zone: _Line = "UTC"
    kind: _Line = ""
    address: Annotated[str, Field(max_length=1100)] = ""


@dataclass(frozen=True)
class Row:
    """A person as the list shows them; of the addresses of others only the ends."""

    person: Person
    look: Look
    holds: Sequence[OnCall]
    """Where they are on call now."""


@dataclass(frozen=True)
class View:
    """What the page of people shows."""

    rows: Sequence[Row]
    teams: Sequence[Team]


# -- what is shown -----------------------------------------------------------------------------------------------------


def carried(desk: Desk, method: ContactMethod) -> bool:
    """Is there a channel for it?"""
    return carrying.channel(method.kind, desk.app.settings.channels) is not None


def look(desk: Desk, person: Person) -> Look:
    """Can they be called?"""
    if not person.methods:
        return Look(Tone.CRITICAL, "cannot be called")
    if not any(carried(desk, each) for each in contacting.usable(person)):
        return Look(Tone.CRITICAL, "no channel")
    if not any(each.verified_at for each in person.methods):
        return Look(Tone.NOTICE, "not verified")
    return Look(Tone.OK, "can be called")


def view(desk: Desk, identity: access.Identity) -> View:
    """Everybody, and the teams."""
    rota, who = desk.app.oncall, by(identity)
    book, standing = rota.book(), rota.now()
    rows = []
    for person in book.people.values():
        holds = [each for each in standing if each.shift and each.shift.person == person.name]
        shown = person if who.is_admin or who.name == person.name else contacting.masked(person)
        rows.append(Row(shown, look(desk, person), holds))
    return View(rows, list(book.teams.values()))


@lru_cache(maxsize=1)
def zone_names() -> list[str]:
    """Zones to choose from: those of a place, and UTC."""
    return ["UTC", *sorted(each for each in zoneinfo.available_timezones() if "/" in each and "Etc/" not in each)]


# -- the page ----------------------------------------------------------------------------------------------------------


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page and its verb."""

    @router.get("/oncall/people", response_class=HTMLResponse)
    def page(request: Request, identity: identities.Reader) -> HTMLResponse:
        return _people(desk, request, identity)

    @router.post("/oncall/people")
    def make(request: Request, identity: identities.Administrator, form: Annotated[PersonForm, Form()]) -> Response:
        def made(book: Book) -> Mapping[str, Any]:
            if form.name in book.people:
                raise errors.WrongUseError(f"There is a person '{form.name}' already.", mend="Open their page.")
            table = {"title": form.title, "zone": form.zone}
            has_method = form.kind and form.address.strip()
            return {
                "people": {form.name: editing.with_method(table, form.kind, form.address, "") if has_method else table}
            }

        try:
            desk.app.oncall.edit(made, by(identity))
        except errors.WrongUseError as error:
            return _people(desk, request, identity, form, error)
        return RedirectResponse(frame.address(f"/oncall/people/{form.name}", did="made"), 303)


def _people(
    desk: Desk,
    request: Request,
    identity: access.Identity,
    form: PersonForm | None = None,
    error: errors.AccelerappError | None = None,
) -> HTMLResponse:
    found = desk.asker.ask(("people", identity.name), lambda: view(desk, identity), keep=0.0)
    values: dict[str, Any] = {"found": found, "given": form or PersonForm(), "error": error, "by": by(identity)}
    status = problems.status_of(error) if error else 200
    values.update(kinds=list(MethodKind), zone_names=zone_names())
    return desk.page(request, identity, "people.html", section="oncall", status=status, **values)
