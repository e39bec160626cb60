"""`/incidents/{id}/entries/{entry}`: an entry of the time line, how it read before, and its correction."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from accelerapp.access import model as access
from accelerapp.base import errors
from accelerapp.console import incident_forms, incident_looks, incident_verbs, incidents, war_room
from accelerapp.console.desk import Desk
from accelerapp.console.incident_forms import Field, Form, Typed
from accelerapp.incidents.model import Entry
from accelerapp.incidents.texts import LONGEST
from accelerapp.web import identity as identities
from accelerapp.web import problems


def form(entry: Entry, typed: Typed) -> Form:
    """What it should say; the version that was read goes with it."""
    fields = (
        Field(
            "text",
            "What it should say",
            typed.get("text", entry.text),
            "text",
            "Markdown",
            is_needed=True,
            most=LONGEST,
        ),
        Field("at", "When it happened, if that is wrong", typed.get("at", ""), hint=incident_forms.TIMES, most=40),
        Field("why", "Why it is corrected", typed.get("why", ""), is_needed=True),
        Field("version", "", str(entry.version), "hidden"),
    )
    says = ("The earlier versions stay readable, with who corrected them and why.",)
    return Form(f"entries/{entry.id}", "Correct it", "Correct the entry", fields, says)


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page and its verb."""

    @router.get("/incidents/{id}/entries/{entry}", response_class=HTMLResponse)
    def shown(request: Request, id: str, entry: str, identity: identities.Reader) -> HTMLResponse:
        return _page(desk, request, identity, id, entry, {})

    @router.post("/incidents/{id}/entries/{entry}")
    def correct(
        request: Request, id: str, entry: str, fields: incidents.Typed, identity: identities.Operator
    ) -> Response:
        viewer = incident_looks.viewer(identity)
        asked = incident_verbs.Asked(desk.app.incidents, id, viewer, fields, desk.app.clock.now())
        try:
            text, why = asked.word("text"), asked.word("why")
            desk.app.incidents.correct(id, viewer, entry, asked.version, why, text=text, at=asked.past("at"))
        except errors.CannotTellError as error:
            again = incident_forms.kept(f"entries/{entry}", fields)
            return war_room.show_form(desk, request, identity, None, again, error, id)
        except errors.WrongUseError as error:
            return _page(desk, request, identity, id, entry, fields, error)
        return RedirectResponse(f"/incidents/{id}/entries/{entry}", 303)


def _page(
    desk: Desk,
    request: Request,
    identity: access.Identity,
    id: str,
    entry: str,
    typed: Typed,
    error: errors.AccelerappError | None = None,
) -> HTMLResponse:
    viewer = incident_looks.viewer(identity)
    versions = desk.app.incidents.versions(id, entry, viewer)
    values: dict[str, Any] = {
        "incident": desk.app.incidents.get(id, viewer),
        "entry": versions[-1],
        "earlier": versions[-2::-1],
        "form": form(versions[-1], typed),
        "error": error,
    }
    status = problems.status_of(error) if error else 200
    return desk.page(request, identity, "incident_entry.html", section="incidents", status=status, **values)
