"""`/incidents/{id}`: the room in which people work on an incident, live, and one page for each thing that can be done.

One look per process serves all who watch an incident; each of them is asked for anew whether they may see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from accelerapp.access import model as access
from accelerapp.base import errors
from accelerapp.console import (
    frame,
    incident_forms,
    incident_looks,
    incident_plots,
    incident_verbs,
    incidents,
    live,
    looks,
)
from accelerapp.console.asking import Answer, Question
from accelerapp.console.desk import Desk
from accelerapp.flows.informing import AudienceStanding
from accelerapp.incidents import service
from accelerapp.incidents.changes import Changes
from accelerapp.incidents.model import ANYBODY, Entry, Incident, IncidentDetail, Viewer
from accelerapp.paging.model import PagingDetail
from accelerapp.web import identity as identities
from accelerapp.web import problems

PERIOD = 0.8
"""Seconds between two looks: what is new is seen within one."""
ALL_ANEW = timedelta(seconds=3)
"""So often what the mark of the incident does not tell is looked at too: messages on the way, figures, what is late."""
MOST_ENTRIES = 40
_ENTRIES = 1000
_CHANGES_KEEP = 300.0
_CHANGES_WAIT = 1.0
PARTS = ("head", "clocks", "team", "timeline", "tasks", "around", "impact", "calls", "changes")


@dataclass(frozen=True)
class Room:
    """What is shown of an incident."""

    detail: IncidentDetail
    audiences: Answer[list[AudienceStanding]]
    calls: Answer[list[PagingDetail]]
    changes: Answer[Changes]
    figures: incident_plots.Shown
    services: tuple[str, ...]
    """Those of the incident that the settings name."""

    @property
    def incident(self) -> Incident:
        """The incident."""
        return self.detail.incident

    @property
    def look(self) -> looks.Look:
        """How bad it is."""
        return incident_looks.look(self.incident)

    @property
    def entries(self) -> list[Entry]:
        """The newest first, so many as a page shows."""
        return incident_looks.newest(self.detail.entries, MOST_ENTRIES)


@dataclass(frozen=True)
class Scene(live.Frame):
    """A state of the room, and of what it is: who may see it is asked of that."""

    incident: Incident

    def at_moment(self, now: datetime) -> Scene:
        """The same, as of now; what was worked out of it goes with it."""
        made = replace(self, at=now.timestamp())
        made.__dict__["marks"] = self.marks
        return made


def load(desk: Desk, id: str, viewer: Viewer, wait: float = _CHANGES_WAIT) -> Room:
    """Everything. Raises NotFoundError, CannotTellError; the parts that others tell may be unknown by themselves."""
    detail = desk.app.incidents.detail(id, viewer, _ENTRIES)
    one = detail.incident
    answers = desk.asker.ask_all(
        {
            "audiences": Question(
                ("incidents", one.id, "audiences"),
                lambda: desk.app.informing.standing(one.id, incident_looks.EVERYTHING),
                0.5,
            ),
            "calls": Question(("incidents", one.id, "calls"), lambda: _calls(desk, one), 0.5),
        }
    )
    changes = desk.asker.ask(
        ("incident changes", one.id, incident_looks.began(one).isoformat(), *one.services),
        lambda: desk.app.what_changed.of_incident(one.id, incident_looks.EVERYTHING),
        keep=_CHANGES_KEEP,
        timeout=wait,
    )
    known = {str(each.name) for each in desk.app.services}
    mine = tuple(each for each in one.services if each in known)
    return Room(detail, answers["audiences"], answers["calls"], changes, incident_plots.load(desk, one), mine)


def _calls(desk: Desk, incident: Incident) -> list[PagingDetail]:
    found = [desk.app.pager.of_page(each) for each in incident.pages]
    return [each for each in found if each is not None]


class Watch:
    """Makes the states of one incident's room: the parts anew only when something has happened."""

    def __init__(self, desk: Desk, id: str) -> None:
        self._desk = desk
        self._id = id
        self._mark = ""
        self._scene: Scene | None = None
        self._made_at: datetime | None = None

    def load(self) -> Scene:
        """The state now. Raises CannotTellError."""
        now = self._desk.app.clock.now()
        mark = self._desk.app.incidents.mark(self._id, incident_looks.EVERYTHING)
        is_old = self._made_at is None or not timedelta(0) <= now - self._made_at < ALL_ANEW
        if self._scene is None or is_old or mark != self._mark:
            self._scene, self._mark, self._made_at = self._made(now), mark, now
        return self._scene.at_moment(now)

    def _made(self, now: datetime) -> Scene:
        room = load(self._desk, self._id, incident_looks.EVERYTHING, wait=0.0)
        parts = {f"room-{name}": frame.part("incident_parts.html", name, room, now) for name in PARTS}
        for plot in room.figures.plots:
            parts[f"{plot.id}-figures"] = frame.part("incident_parts.html", "figures", plot, room)
        data = {"usage": room.figures.document} if any(each.lines for each in room.figures.plots) else {}
        return Scene(now.timestamp(), parts, data, room.incident)


def add(router: APIRouter, desk: Desk) -> None:
    """Add the room, its forms and its verbs."""
    watches: dict[str, Watch] = {}

    @router.get("/incidents/{id}", response_class=HTMLResponse)
    def room(request: Request, id: str, identity: identities.Reader) -> HTMLResponse:
        return show(desk, request, identity, id)

    @router.get("/live/incidents/{id}")
    def room_live(id: str, reader: identities.Reader) -> StreamingResponse:
        viewer = incident_looks.viewer(reader)
        known = desk.app.incidents.get(id, viewer).id
        watch = watches.setdefault(known, Watch(desk, known))
        board = desk.boards.board(f"incident {known}", watch.load, PERIOD)
        return live.response(live.stream(board, may_see=lambda seen: may_see(seen, viewer)))

    @router.get("/incidents/{id}/timeline", response_class=HTMLResponse)
    def timeline(request: Request, id: str, identity: identities.Reader) -> HTMLResponse:
        detail = desk.app.incidents.detail(id, incident_looks.viewer(identity), _ENTRIES)
        values: dict[str, Any] = {"detail": detail, "most": _ENTRIES}
        return desk.page(request, identity, "incident_timeline.html", section="incidents", **values)

    @router.get("/incidents/{id}/{verb}", response_class=HTMLResponse)
    def ask(request: Request, id: str, verb: str, identity: identities.Reader) -> HTMLResponse:
        incident = desk.app.incidents.get(id, incident_looks.viewer(identity))
        return show_form(desk, request, identity, incident, _form(verb)(incident, dict(request.query_params)))

    @router.post("/incidents/{id}/{verb}")
    def do(request: Request, id: str, verb: str, fields: incidents.Typed, identity: identities.Operator) -> Response:
        viewer, clean = incident_looks.viewer(identity), incident_forms.touched(fields)
        if verb not in incident_verbs.VERBS:
            raise _no_such(verb)
        asked = incident_verbs.Asked(desk.app.incidents, id, viewer, clean, desk.app.clock.now())
        try:
            incident_verbs.VERBS[verb](asked)
        except errors.AccelerappError as error:
            return not_done(desk, request, identity, id, verb, clean, error)
        incidents.forget(desk)
        return RedirectResponse(f"/incidents/{clean['other'] if verb == 'merge' else id}", 303)


def may_see(seen: live.Frame, viewer: Viewer) -> bool:
    """Is this state for this viewer?"""
    return isinstance(seen, Scene) and service.may_see(seen.incident, viewer)


def show(
    desk: Desk,
    request: Request,
    identity: access.Identity,
    id: str,
    error: errors.AccelerappError | None = None,
) -> HTMLResponse:
    """The whole room."""
    found = load(desk, id, incident_looks.viewer(identity))
    values: dict[str, Any] = {"room": found, "error": error}
    note = incident_forms.note(found.incident, {})
    values["note"] = replace(note, fields=note.fields[:1])
    values["task"] = incident_forms.task(found.incident, {})
    status = problems.status_of(error) if error else 200
    return desk.page(request, identity, "incident.html", section="incidents", status=status, **values)


def show_form(
    desk: Desk,
    request: Request,
    identity: access.Identity,
    incident: Incident | None,
    form: incident_forms.Form,
    error: errors.AccelerappError | None = None,
    id: str = "",
) -> HTMLResponse:
    """A form on a page of its own; `incident` is None while it cannot be read."""
    values: dict[str, Any] = {"form": form, "incident": incident, "id": incident.id if incident else id, "error": error}
    values |= {"people": _people(desk), "others": _others(desk, incident)}
    status = problems.status_of(error) if error else 200
    return desk.page(request, identity, "incident_form.html", section="incidents", status=status, **values)


def not_done(
    desk: Desk,
    request: Request,
    identity: access.Identity,
    id: str,
    verb: str,
    typed: Mapping[str, str],
    error: errors.AccelerappError,
) -> HTMLResponse:
    """What was typed comes back, with what is wrong; a button without a form is told on the room itself.

    Raises NotFoundError when there is no such incident for this person.
    """
    try:
        incident = desk.app.incidents.get(id, incident_looks.viewer(identity))
    except errors.CannotTellError:
        return show_form(desk, request, identity, None, incident_forms.kept(verb, typed), error, id)
    if verb == "take":
        verb, typed = "assign", {**typed, "person": identity.name}
    if verb not in incident_forms.FORMS:
        return show(desk, request, identity, id, error)
    return show_form(desk, request, identity, incident, incident_forms.FORMS[verb](incident, typed), error)


def _form(verb: str) -> Any:
    if verb not in incident_forms.FORMS:
        raise _no_such(verb)
    return incident_forms.FORMS[verb]


def _no_such(verb: str) -> errors.NotFoundError:
    return errors.NotFoundError(
        f"Nothing is called '{verb[:40]}' here.", mend="The incident's page shows what can be done."
    )


def _people(desk: Desk) -> Sequence[str]:
    """Suggestions: without them everything can be typed all the same."""
    answer = desk.asker.ask(("people",), lambda: list(desk.app.oncall.book().people), keep=30.0, timeout=1.0)
    return answer.value or ()


def _others(desk: Desk, incident: Incident | None) -> Sequence[Incident]:
    answer = desk.asker.ask(
        ("incidents", "others"), lambda: desk.app.incidents.find(ANYBODY, True, 50), keep=2.0, timeout=1.0
    )
    return [each for each in answer.value or () if incident is None or each.id != incident.id]
