"""`/incidents` and `/incidents/new`: what is open, who leads it, when people hear more; a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from accelerapp.access import model as access
from accelerapp.base import errors, ids
from accelerapp.base.severity import Severity
from accelerapp.console import frame, incident_looks, incident_verbs, live
from accelerapp.console.asking import Answer
from accelerapp.console.desk import Desk
from accelerapp.console.incident_looks import Row
from accelerapp.incidents.model import ANYBODY, Incident, Viewer, Wanted
from accelerapp.web import identity as identities
from accelerapp.web import problems

MOST_OPEN, MOST_OVER, MOST_DUE = 100, 30, 20
"""Of open incidents so many are listed, and of the worst it is said when the next update is due."""
_EMPTY = dict.fromkeys(("title", "description", "started", "other", "is_private", "calls"), "") | {"severity": "P3"}
_Word = Annotated[str, Query(max_length=300)]


@dataclass(frozen=True)
class View:
    """What the page of incidents shows."""

    open: Sequence[Row]
    over: Sequence[Row]


async def typed(request: Request) -> dict[str, str]:
    """The fields of a form and of its address, with our line breaks; several of one name are joined by commas."""
    found: dict[str, list[str]] = {}
    for name, value in [*request.query_params.multi_items(), *(await request.form()).multi_items()]:
        if isinstance(value, str) and name != "csrf":
            found.setdefault(name, []).append(incident_looks.lines(value))
    return {name: ", ".join(values) for name, values in found.items()}


Typed = Annotated[dict[str, str], Depends(typed)]


def view(desk: Desk, viewer: Viewer) -> View:
    """Those that the viewer may see."""
    found = incident_looks.ordered(desk.app.incidents.find(viewer, True, MOST_OPEN))
    opened = [_row(desk, each, viewer) for each in found[:MOST_DUE]]
    opened += [Row(each, incident_looks.look(each)) for each in found[MOST_DUE:]]
    over = desk.app.incidents.find(viewer, False, MOST_OVER)
    return View(opened, [Row(each, incident_looks.look(each)) for each in over])


def _row(desk: Desk, incident: Incident, viewer: Viewer) -> Row:
    standing = desk.app.informing.standing(incident.id, viewer)
    due = min((each.due_at for each in standing if each.due_at), default=None)
    return Row(incident, incident_looks.look(incident), due)


def board_of(desk: Desk, viewer: Viewer) -> Viewer:
    """Whose list it is: everybody's, unless there are private ones that this viewer may see."""
    known = desk.app.incidents.find(viewer, None, MOST_OPEN)
    return viewer if any(each.is_private for each in known) else ANYBODY


def _asked(desk: Desk, viewer: Viewer) -> Answer[View]:
    key = ("incidents", viewer.name, str(viewer.is_administrator))
    return desk.asker.ask(key, lambda: view(desk, viewer))


def load_frame(desk: Desk, viewer: Viewer) -> live.Frame:
    """The live state of the list."""
    now, found = desk.app.clock.now(), _asked(desk, viewer)
    parts = {
        f"incidents-{name}": frame.part("incident_parts.html", f"{name}_ones", found, now) for name in ("open", "over")
    }
    return live.Frame(now.timestamp(), parts, {})


def urgent(desk: Desk) -> Answer[list[Row]]:
    """The open ones that everybody may see, for the overview."""

    def find() -> list[Row]:
        found = incident_looks.ordered(desk.app.incidents.find(ANYBODY, True, MOST_OPEN))
        return [Row(each, incident_looks.look(each)) for each in found]

    return desk.asker.ask(("incidents", "urgent"), find)


def add(router: APIRouter, desk: Desk) -> None:
    """Add the pages and their verbs."""

    @router.get("/incidents", response_class=HTMLResponse)
    def listed(request: Request, identity: identities.Reader) -> HTMLResponse:
        found = _asked(desk, incident_looks.viewer(identity))
        return desk.page(request, identity, "incidents.html", section="incidents", found=found)

    @router.get("/live/incidents")
    def listed_live(reader: identities.Reader) -> StreamingResponse:
        whose = board_of(desk, incident_looks.viewer(reader))
        name = f"incidents {whose.name} {whose.is_administrator}"
        return live.response(live.stream(desk.boards.board(name, lambda: load_frame(desk, whose))))

    @router.get("/incidents/new", response_class=HTMLResponse)
    def new(request: Request, identity: identities.Reader, service: _Word = "", title: _Word = "") -> HTMLResponse:
        return _form(desk, request, identity, {"services": service, "title": title, "calls": "yes"})

    @router.post("/incidents")
    def open_one(request: Request, fields: Typed, identity: identities.Operator) -> Response:
        try:
            viewer = incident_looks.viewer(identity)
            made = desk.app.incidents.open(_wanted(desk, fields), viewer)
        except errors.AccelerappError as error:  # what was typed is shown again, and the key opens no second one
            return _form(desk, request, identity, fields, error)
        forget(desk)
        return RedirectResponse(f"/incidents/{made.id}", 303)


def forget(desk: Desk) -> None:
    """Something was changed: no list is kept."""
    for each in ("incidents", "alerts", "pages"):
        desk.asker.forget(each)


def _wanted(desk: Desk, fields: Mapping[str, str]) -> Wanted:
    """Raises WrongUseError."""
    named = (*incident_verbs.names(fields.get("services", "")), *incident_verbs.names(fields.get("other", "")))
    known = {str(each.name) for each in desk.app.services}
    unknown = [each for each in named if each not in known]
    if unknown:
        raise errors.NotFoundError(
            f"The settings name no service '{unknown[0][:40]}'.", mend=f"There are: {', '.join(sorted(known))}."
        )
    started = fields.get("started", "").strip()
    return Wanted(
        title=fields.get("title", ""),
        severity=incident_verbs.of(Severity, fields.get("severity", "P3")),
        services=named,
        description=fields.get("description", ""),
        started_at=incident_verbs.moment(started, desk.app.clock.now()) if started else None,
        is_private=bool(fields.get("is_private")),
        calls=bool(fields.get("calls")),
        key=fields.get("key", "")[:64],
    )


def _form(
    desk: Desk,
    request: Request,
    identity: access.Identity,
    given: Mapping[str, str],
    error: errors.AccelerappError | None = None,
) -> HTMLResponse:
    values: dict[str, Any] = {
        "given": {**_EMPTY, "key": ids.new_id("key", 20), **given},
        "chosen": incident_verbs.names(given.get("services", "")),
        "error": error,
        "severities": [(each, incident_looks.meaning(each)) for each in Severity],
    }
    status = problems.status_of(error) if error else 200
    return desk.page(request, identity, "incident_new.html", section="incidents", status=status, **values)
