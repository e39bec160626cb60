"""`/oncall/edit`: an entry of the book, or all of it, as its TOML; all mistakes are told beside it, nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import escape
from pydantic import BaseModel, Field

from accelerapp.access import model as access
from accelerapp.base import errors
from accelerapp.console import frame
from accelerapp.console.desk import Desk, by
from accelerapp.oncall import editing
from accelerapp.oncall.model import Book
from accelerapp.web import identity as identities
from accelerapp.web import problems

Kind = Literal["", "people", "teams", "schedules", "policies"]
Did = Annotated[str, Query(max_length=20)]
DONE = {"saved": "It is saved.", "same": "Nothing differed: it stays as it was.", "removed": "It is removed."}
_PAGES = {"": "/oncall", "people": "/oncall/people", "teams": "/oncall/people"}
_ONE = {"people": "person", "teams": "team", "schedules": "schedule", "policies": "policy"}
_Name = Annotated[str, Query(max_length=64)]


class PieceForm(BaseModel):
    """The text as it is typed, and what tells of which state of the entry it was made."""

    kind: Kind = ""
    name: Annotated[str, Field(max_length=64)] = ""
    seen: Annotated[str, Field(max_length=64)] = ""
    text: Annotated[str, Field(max_length=500_000)] = ""


@dataclass(frozen=True)
class Editor:
    """What the page shows."""

    form: PieceForm
    is_there: bool
    """Is there such an entry, which could be removed?"""
    told: str = ""
    """What is wrong, in one sentence."""
    wrong: Sequence[errors.FieldProblem] = ()
    now: str = ""
    """What it is by now, when somebody else changed it."""

    @property
    def called(self) -> str:
        """`the policy shop`."""
        return f"the {_ONE[self.form.kind]} {self.form.name}" if self.form.kind else "the whole book"

    @property
    def title(self) -> str:
        """`The policy shop`, `A new policy`."""
        is_new = self.form.kind and not self.is_there
        return f"A new {_ONE[self.form.kind]}" if is_new else self.called[0].upper() + self.called[1:]


def page_of(kind: str) -> str:
    """Where entries of the kind are listed."""
    return _PAGES.get(kind, f"/oncall/{kind}")


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page and its verbs."""

    @router.get("/oncall/edit", response_class=HTMLResponse)
    def page(request: Request, identity: identities.Administrator, kind: Kind = "", name: _Name = "") -> HTMLResponse:
        book = desk.app.oncall.book()
        shown, name = editing.piece(book, kind, name), name.strip()
        text = shown.text
        if kind and not text:
            text = editing.example(kind, name or "NAME", book, desk.app.clock.now().date())
        form = PieceForm(kind=kind, name=name, seen=shown.seen, text=text)
        return _page(desk, request, identity, Editor(form, _is_there(book, form)))

    @router.post("/oncall/edit")
    def save(request: Request, identity: identities.Administrator, form: Annotated[PieceForm, Form()]) -> Response:
        def tables(book: Book) -> Mapping[str, Any]:
            return editing.read(form.text, form.seen, book, form.kind, form.name)

        try:
            changed = desk.app.oncall.edit(tables, by(identity), "The text")
        except errors.WrongUseError as error:
            return _refused(desk, request, identity, form, error)
        return RedirectResponse(frame.address(page_of(form.kind), did="saved" if changed else "same"), 303)

    @router.post("/oncall/remove")
    def remove(request: Request, identity: identities.Administrator, form: Annotated[PieceForm, Form()]) -> Response:
        try:
            desk.app.oncall.remove(form.kind or "policies", form.name, by(identity))
        except errors.WrongUseError as error:
            shown = editing.piece(desk.app.oncall.book(), form.kind, form.name)
            kept = form.model_copy(update={"text": shown.text, "seen": shown.seen})
            return _refused(desk, request, identity, kept, error)
        return RedirectResponse(frame.address(page_of(form.kind), did="removed"), 303)


def _refused(
    desk: Desk, request: Request, identity: access.Identity, form: PieceForm, error: errors.WrongUseError
) -> HTMLResponse:
    """The text as it was typed, with what is wrong beside it."""
    is_there, status = _is_there(desk.app.oncall.book(), form), problems.status_of(error)
    told = f"{error.message} {error.mend}".strip()
    if isinstance(error, editing.ChangedMeanwhile):
        again = form.model_copy(update={"seen": error.now.seen})
        return _page(desk, request, identity, Editor(again, is_there, told, now=error.now.text), status)
    if isinstance(error, errors.InvalidInputError):
        return _page(desk, request, identity, Editor(form, is_there, "", error.problems), status)
    return _page(desk, request, identity, Editor(form, is_there, told), status)


def _is_there(book: Book, form: PieceForm) -> bool:
    return bool(form.kind) and form.name in getattr(book, form.kind)


def _page(desk: Desk, request: Request, identity: access.Identity, found: Editor, status: int = 200) -> HTMLResponse:
    # What is edited is shown whole and as it is: only other texts are cut and made printable.
    values: dict[str, Any] = {"found": found, "text": escape(found.form.text), "now": escape(found.now)}
    values.update(back=page_of(found.form.kind))
    return desk.page(request, identity, "book.html", section="oncall", status=status, **values)
