"""`/incidents/{id}/report`: the post-mortem to read, to print, and to write in sections; its action items.

Whoever comes second to a section is shown both texts, and loses none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from accelerapp.access import model as access
from accelerapp.base import errors, markdown
from accelerapp.console import incident_looks
from accelerapp.console.desk import Desk
from accelerapp.console.looks import Look, Tone
from accelerapp.incidents.model import Viewer
from accelerapp.oncall import zones
from accelerapp.postmortems import service, texts, wording, written
from accelerapp.postmortems.actions import Wanted
from accelerapp.postmortems.model import Action, Part, Report, State
from accelerapp.web import identity as identities
from accelerapp.web import problems

_AFTER = {State.DRAFT: State.IN_REVIEW, State.IN_REVIEW: State.PUBLISHED, State.PUBLISHED: State.DRAFT}
_ACTS = {State.IN_REVIEW: "Ask for a review", State.PUBLISHED: "Publish it", State.DRAFT: "Take it back to write on"}
_Text = Annotated[str, Form(max_length=4 * texts.LONGEST)]
_Line = Annotated[str, Form(max_length=texts.LINE)]
_Version = Annotated[int, Form(ge=0)]


@dataclass(frozen=True)
class Typed:
    """What somebody typed and could not be written; `version` is the one that it can be written over."""

    part: Part
    text: str
    version: int


def look(report: Report) -> Look:
    """How far it is."""
    if report.is_overdue:
        return Look(Tone.WARNING, f"{service.said(report.state)}, overdue")
    return Look(Tone.OK if report.state is State.PUBLISHED else Tone.NOTICE, service.said(report.state))


def shown(text: str) -> Markup:
    """Markdown of people, made safe."""
    return Markup(markdown.document(written.whole(text)))  # noqa: S704  # no HTML of its own is let through


def figures(report: Report) -> list[tuple[str, str]]:
    """The lines of the impact."""
    return [
        ("Duration", wording.duration(report.duration_seconds)),
        ("Users affected", wording.users(report)),
        ("Services affected", wording.services(report)),
        ("Revenue impact", wording.revenue(report.revenue)),
    ]


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page and its verbs. They stand before those of `/incidents/{id}/…`, which take any word."""
    _add_page(router, desk)
    _add_actions(router, desk)
    _add_action(router, desk)


def _add_page(router: APIRouter, desk: Desk) -> None:
    @router.get("/incidents/{id}/report", response_class=HTMLResponse)
    def page(request: Request, id: str, identity: identities.Reader) -> HTMLResponse:
        return _page(desk, request, identity, id)

    @router.post("/incidents/{id}/report/sections/{part}")
    def write(
        request: Request, id: str, part: Part, version: _Version, identity: identities.Operator, text: _Text = ""
    ) -> Response:
        try:
            desk.app.postmortems.write(id, incident_looks.viewer(identity), part, text, version)
        except errors.AccelerappError as error:
            now = error.section.version if isinstance(error, service.OvertakenError) else version
            return _page(desk, request, identity, id, error, Typed(part, text, now))
        return RedirectResponse(f"/incidents/{id}/report#{part}", 303)

    @router.post("/incidents/{id}/report/state")
    def move(request: Request, id: str, state: Annotated[State, Form()], identity: identities.Operator) -> Response:
        return _tried(desk, request, identity, id, lambda viewer: desk.app.postmortems.move(id, viewer, state))

    @router.post("/incidents/{id}/report/owner")
    def give(request: Request, id: str, identity: identities.Operator, owner: _Line = "") -> Response:
        return _tried(desk, request, identity, id, lambda viewer: desk.app.postmortems.give(id, viewer, owner))


def _add_actions(router: APIRouter, desk: Desk) -> None:
    @router.post("/incidents/{id}/report/actions")
    def add_action(
        request: Request, id: str, identity: identities.Operator, text: _Line = "", owner: _Line = "", due: _Line = ""
    ) -> Response:
        def act(viewer: Viewer) -> object:
            return desk.app.actions.add(id, viewer, Wanted(text, owner, _day(due)))

        return _tried(desk, request, identity, id, act)

    @router.post("/incidents/{id}/report/take")
    def take(request: Request, id: str, identity: identities.Operator) -> Response:
        return _tried(desk, request, identity, id, lambda viewer: desk.app.actions.take_over(id, viewer))


def _add_action(router: APIRouter, desk: Desk) -> None:
    @router.post("/incidents/{id}/report/actions/{action}/done")
    def done(request: Request, id: str, action: str, identity: identities.Operator) -> Response:
        return _tried(desk, request, identity, id, lambda viewer: desk.app.actions.finish(action, viewer))

    @router.post("/incidents/{id}/report/actions/{action}/undone")
    def undone(request: Request, id: str, action: str, identity: identities.Operator) -> Response:
        return _tried(desk, request, identity, id, lambda viewer: desk.app.actions.resume(action, viewer))

    @router.post("/incidents/{id}/report/actions/{action}/export")
    def export(request: Request, id: str, action: str, identity: identities.Operator) -> Response:
        return _tried(desk, request, identity, id, lambda viewer: desk.app.actions.export(action, viewer))


def _day(written: str) -> date | None:
    """Raises WrongUseError."""
    try:
        return date.fromisoformat(written) if written.strip() else None
    except ValueError as error:
        raise errors.WrongUseError(f"'{written[:40]}' is not a day.", mend="Write it like 2026-12-04.") from error


def _tried(
    desk: Desk, request: Request, identity: access.Identity, id: str, act: Callable[[Viewer], object]
) -> Response:
    """Do it and show the page; or show with what is wrong that it was not done."""
    try:
        act(incident_looks.viewer(identity))
    except errors.AccelerappError as error:
        return _page(desk, request, identity, id, error)
    return RedirectResponse(f"/incidents/{id}/report", 303)


def _page(
    desk: Desk,
    request: Request,
    identity: access.Identity,
    id: str,
    error: errors.AccelerappError | None = None,
    typed: Typed | None = None,
) -> HTMLResponse:
    report = _report(desk, id, incident_looks.viewer(identity), error)
    values: dict[str, Any] = {"report": report, "id": id, "error": error, "typed": typed, "parts_of": list(Part)}
    if report is not None:
        values |= _values(desk, report)
    status = problems.status_of(error) if error else 200
    return desk.page(request, identity, "incident_report.html", section="incidents", status=status, **values)


def _report(desk: Desk, id: str, viewer: Viewer, error: errors.AccelerappError | None) -> Report | None:
    """None: it cannot be read now either, and what was typed is shown without it."""
    try:
        return desk.app.postmortems.report(id, viewer)
    except errors.CannotTellError:
        if error is None:
            raise
        return None


def _values(desk: Desk, report: Report) -> dict[str, Any]:
    where = zones.zone(report.zone)
    following = _AFTER[report.state]
    return {
        "look": look(report),
        "due": wording.moment(report.due_at, where) if report.due_at else "",
        "times": wording.times(report.timeline, where),
        "zone_said": wording.zone_said(report, where),
        "shown": shown,
        "figures_of": figures(report),
        "next_state": following,
        "next_act": _ACTS[following],
        "may_write": report.state is not State.PUBLISHED and report.merged_into is None,
        "has_tracker": bool(desk.app.settings.issues.kind) and not report.is_private,
        "due_word": wording.due,
        "owner_word": wording.owner,
        "is_late": lambda action: _is_late(action, desk.app.clock.now().astimezone(where).date()),
    }


def _is_late(action: Action, today: date) -> bool:
    return not action.is_done and action.due_on is not None and action.due_on < today
