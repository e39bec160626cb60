"""`/incidents/{id}/update`: tell the team and the public, with a preview of what the public will see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from accelerapp.access import model as access
from accelerapp.base import errors
from accelerapp.console import incident_forms, incident_looks, incident_verbs, incidents, war_room
from accelerapp.console.desk import Desk
from accelerapp.flows.informing import AudienceStanding
from accelerapp.flows.status_updates import Preview
from accelerapp.incidents.model import Audience, Incident, Viewer
from accelerapp.statuspage import service
from accelerapp.statuspage.model import Board, Component, ComponentState, Progress
from accelerapp.statuspage.publishing import Wanted
from accelerapp.web import identity as identities
from accelerapp.web import problems

_STATES = tuple(each for each in ComponentState if each is not ComponentState.UNDER_MAINTENANCE)
_COMPONENT = "component."


@dataclass(frozen=True)
class View:
    """What the page shows."""

    incident: Incident
    audiences: Mapping[Audience, AudienceStanding]
    board: Board

    @property
    def components(self) -> list[Component]:
        """In the order of the page."""
        return list(service.ordered(self.board.components))

    @property
    def is_known_outside(self) -> bool:
        """Has the public heard of it?"""
        return any(each.id == self.incident.id for each in self.board.reports)


def wanted(typed: Mapping[str, str]) -> Wanted:
    """What the public is to be told. Raises WrongUseError."""
    states = {
        name.removeprefix(_COMPONENT): incident_verbs.of(ComponentState, value)
        for name, value in typed.items()
        if name.startswith(_COMPONENT) and value
    }
    status = typed.get("status", "")
    return Wanted(
        message=typed.get("message", ""),
        status=incident_verbs.of(Progress, status) if status else None,
        components=states,
        title=typed.get("title", ""),
    )


def view(desk: Desk, id: str, viewer: Viewer) -> View:
    """Raises NotFoundError, CannotTellError."""
    incident = desk.app.incidents.get(id, viewer)
    standing = desk.app.informing.standing(incident.id, viewer)
    return View(incident, {each.audience: each for each in standing}, desk.app.status_page.load()[1])


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page and its verbs."""

    @router.get("/incidents/{id}/update", response_class=HTMLResponse)
    def page(request: Request, id: str, identity: identities.Reader) -> HTMLResponse:
        return _page(desk, request, identity, id, {})

    @router.post("/incidents/{id}/update/preview")
    def preview(request: Request, id: str, fields: incidents.Typed, identity: identities.Operator) -> Response:
        viewer = incident_looks.viewer(identity)
        try:
            shown = desk.app.status_updates.preview(id, wanted(fields), viewer)
        except errors.AccelerappError as error:
            return _again(desk, request, identity, id, "preview", fields, error)
        return _page(desk, request, identity, id, fields, preview=shown)

    @router.post("/incidents/{id}/update/publish")
    def publish(request: Request, id: str, fields: incidents.Typed, identity: identities.Operator) -> Response:
        try:
            desk.app.status_updates.publish(id, wanted(fields), incident_looks.viewer(identity))
        except errors.AccelerappError as error:
            return _again(desk, request, identity, id, "publish", fields, error)
        incidents.forget(desk)
        return RedirectResponse(f"/incidents/{id}", 303)

    @router.post("/incidents/{id}/update/team")
    def team(request: Request, id: str, fields: incidents.Typed, identity: identities.Operator) -> Response:
        try:
            desk.app.informing.tell_team(id, incident_looks.viewer(identity), fields.get("text", ""))
        except errors.AccelerappError as error:
            return _again(desk, request, identity, id, "team", fields, error)
        incidents.forget(desk)
        return RedirectResponse(f"/incidents/{id}", 303)


def _again(
    desk: Desk,
    request: Request,
    identity: access.Identity,
    id: str,
    verb: str,
    typed: Mapping[str, str],
    error: errors.AccelerappError,
) -> HTMLResponse:
    """What was typed, with what is wrong."""
    if isinstance(error, errors.CannotTellError):
        again = incident_forms.kept(f"update/{verb}", typed)
        return war_room.show_form(desk, request, identity, None, again, error, id)
    return _page(desk, request, identity, id, typed, error=error)


def _page(
    desk: Desk,
    request: Request,
    identity: access.Identity,
    id: str,
    typed: Mapping[str, str],
    *,
    preview: Preview | None = None,
    error: errors.AccelerappError | None = None,
) -> HTMLResponse:
    found = view(desk, id, incident_looks.viewer(identity))
    values: dict[str, Any] = {
        "found": found,
        "typed": typed,
        "preview": preview,
        "html": Markup(preview.html) if preview else "",  # noqa: S704  escaped by base.markdown
        "progress": list(Progress),
        "states": _STATES,
        "error": error,
    }
    status = problems.status_of(error) if error else 200
    return desk.page(request, identity, "incident_update.html", section="incidents", status=status, **values)
