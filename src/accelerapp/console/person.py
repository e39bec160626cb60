"""`/oncall/people/{name}`: how and when somebody is reached. They edit it themselves, an administrator everybody's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from accelerapp.access import model as access
from accelerapp.base import errors
from accelerapp.base.severity import Severity
from accelerapp.console import calendar, frame, people
from accelerapp.console.desk import Desk, by
from accelerapp.console.looks import Look, Tone
from accelerapp.flows import carrying, oncall_links
from accelerapp.oncall import contacting, editing
from accelerapp.oncall.model import ContactMethod, MethodKind, Person, Shift
from accelerapp.web import identity as identities
from accelerapp.web import problems

_SHOWN_SHIFTS = 3
_DONE = {
    "saved": "It is saved.",
    "added": "The method is there. A code proves that it is yours: send one below.",
    "removed": "The method is gone, and so are the steps that used it.",
    "code": "A code is on its way. It holds for 15 minutes: type it in below.",
    "verified": "The method is verified.",
    "made": "The person is there.",
}
_Word = Annotated[str, Form(max_length=200)]
_Line = Annotated[str, Field(max_length=200)]


class ProfileForm(BaseModel):
    """`method` names the rows of the table, and each severity has a text for each of them."""

    title: _Line = ""
    zone: _Line = ""
    quiet: _Line = ""
    method: list[_Line] = Field([], max_length=100)
    P1: list[_Line] = Field([], max_length=100)
    P2: list[_Line] = Field([], max_length=100)
    P3: list[_Line] = Field([], max_length=100)
    P4: list[_Line] = Field([], max_length=100)

    @property
    def profile(self) -> editing.Profile:
        """What it says."""
        times = {severity: getattr(self, severity) for severity in Severity}
        return editing.Profile(self.title, self.zone, self.quiet, self.method, times)


class MethodForm(BaseModel):
    """A way to reach somebody; `called` is empty when there is one of the kind."""

    kind: _Line = ""
    address: Annotated[str, Field(max_length=1100)] = ""
    called: _Line = ""


@dataclass(frozen=True)
class Way:
    """A contact method, and why it cannot be used although it is there."""

    method: ContactMethod
    look: Look
    trouble: str = ""


@dataclass(frozen=True)
class Detail:
    """What the page of a person shows."""

    person: Person
    look: Look
    ways: Sequence[Way]
    shifts: Sequence[tuple[Shift, str]]
    """The next ones, with the zone of their schedule."""


# -- what is shown -----------------------------------------------------------------------------------------------------


def _way(desk: Desk, person: Person, method: ContactMethod) -> Way:
    if not people.carried(desk, method):
        kind = carrying.kind(method.kind)
        return Way(method, Look(Tone.WARNING, "no channel"), f"No channel carries it. {carrying.missing(kind)}")
    if method.verified_at:
        return Way(method, Look(Tone.OK, "verified"))
    is_used = method in contacting.usable(person)
    return Way(method, Look(Tone.NOTICE, "not verified" if is_used else "not verified, not used"))


def detail(desk: Desk, identity: access.Identity, name: str) -> Detail:
    """One. Raises NotFoundError."""
    rota, who = desk.app.oncall, by(identity)
    book = rota.book()
    person = oncall_links.found_person(book, name)
    shifts = [(each, book.schedules[each.schedule].zone) for each in rota.shifts(person=name)[:_SHOWN_SHIFTS]]
    ways = [_way(desk, person, each) for each in person.methods]
    if not (who.is_admin or who.name == name):
        shown = contacting.masked(person)
        ways = [Way(method, way.look, way.trouble) for method, way in zip(shown.methods, ways, strict=True)]
    return Detail(person, people.look(desk, person), ways, shifts)


# -- the page and its verbs --------------------------------------------------------------------------------------------


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page and its verbs."""
    _add_person(router, desk)
    _add_methods(router, desk)


def _add_person(router: APIRouter, desk: Desk) -> None:
    @router.get("/oncall/people/{name}", response_class=HTMLResponse)
    def page(
        request: Request, name: str, identity: identities.Reader, did: Annotated[str, Query(max_length=20)] = ""
    ) -> HTMLResponse:
        return _person(desk, request, identity, name, done=_DONE.get(did, ""))

    @router.post("/oncall/people/{name}")
    def save(
        request: Request, name: str, identity: identities.Operator, form: Annotated[ProfileForm, Form()]
    ) -> Response:
        def act() -> None:
            _edit(desk, identity, name, lambda table: editing.with_profile(table, form.profile))

        return _tried(desk, request, identity, name, act, "saved", profile=form.profile)

    @router.post("/oncall/people/{name}/remove")
    def remove(request: Request, name: str, identity: identities.Administrator) -> Response:
        try:
            desk.app.oncall.remove("people", name, by(identity))
        except errors.WrongUseError as error:
            return _person(desk, request, identity, name, error=error)
        return RedirectResponse("/oncall/people", 303)


def _add_methods(router: APIRouter, desk: Desk) -> None:
    @router.post("/oncall/people/{name}/methods")
    def put(
        request: Request, name: str, identity: identities.Operator, form: Annotated[MethodForm, Form()]
    ) -> Response:
        def act() -> None:
            _edit(desk, identity, name, lambda table: editing.with_method(table, form.kind, form.address, form.called))

        return _tried(desk, request, identity, name, act, "added", method=form)

    @router.post("/oncall/people/{name}/methods/remove")
    def take_out(request: Request, name: str, identity: identities.Operator, method: _Word = "") -> Response:
        def act() -> None:
            _edit(desk, identity, name, lambda table: editing.without_method(table, method))

        return _tried(desk, request, identity, name, act, "removed")

    @router.post("/oncall/people/{name}/code")
    def send(request: Request, name: str, identity: identities.Operator, method: _Word = "") -> Response:
        return _tried(desk, request, identity, name, lambda: desk.app.oncall_codes.send(name, method), "code")

    @router.post("/oncall/people/{name}/verify")
    def verify(
        request: Request, name: str, identity: identities.Operator, method: _Word = "", code: _Word = ""
    ) -> Response:
        def act() -> None:
            desk.app.oncall_codes.check(name, method, code)

        return _tried(desk, request, identity, name, act, "verified")


def _edit(
    desk: Desk, identity: access.Identity, name: str, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> None:
    """Change the entry of a person as it stands now."""
    desk.app.oncall.edit(lambda book: {"people": {name: change(editing.person_table(book, name))}}, by(identity))


def _tried(
    desk: Desk, request: Request, identity: access.Identity, name: str, act: Callable[[], None], did: str, **given: Any
) -> Response:
    """Do it and show the person; or show the page again, filled in as it was, with what is wrong."""
    who = by(identity)
    if not who.is_admin and who.name != name:
        raise errors.ForbiddenError(f"Only {name[:64]} or an administrator may do that.", mend="Ask one of them.")
    try:
        act()
    except errors.InvalidInputError as error:
        told = [replace(each, field=each.field.removeprefix(f"people.{name}.")) for each in error.problems]
        return _person(desk, request, identity, name, error=errors.InvalidInputError("The form", told), **given)
    except errors.AccelerappError as error:  # a channel that does not answer, too
        return _person(desk, request, identity, name, error=error, **given)
    return _back(name, did)


def _back(name: str, did: str) -> Response:
    return RedirectResponse(frame.address(f"/oncall/people/{name}", did=did), 303)


def _person(
    desk: Desk,
    request: Request,
    identity: access.Identity,
    name: str,
    *,
    profile: editing.Profile | None = None,
    method: MethodForm | None = None,
    error: errors.AccelerappError | None = None,
    done: str = "",
) -> HTMLResponse:
    found, who = detail(desk, identity, name), by(identity)
    values: dict[str, Any] = {
        "found": found,
        "profile": profile or _profile(found.person),
        "method": method or MethodForm(),
        "may_edit": who.is_admin or (who.name == name and not _is_viewer(identity)),
        "by": who,
        "error": error,
        "done": done,
        "kinds": list(MethodKind),
        "zone_names": people.zone_names(),
        "severities": list(Severity),
        "usual": editing.usual,
        "wall": calendar.wall,
    }
    status = problems.status_of(error) if error else 200
    return desk.page(request, identity, "person.html", section="oncall", status=status, **values)


def _is_viewer(identity: access.Identity) -> bool:
    return identity.role is access.Role.VIEWER


def _profile(person: Person) -> editing.Profile:
    """The form as it is filled in before anybody typed."""
    methods = [each.name for each in person.methods]
    times = {level: [editing.times(person, level, each) for each in methods] for level in Severity}
    quiet = f"{person.quiet.starts:%H:%M}-{person.quiet.ends:%H:%M}" if person.quiet else ""
    return editing.Profile(person.title, person.zone, quiet, methods, times)
