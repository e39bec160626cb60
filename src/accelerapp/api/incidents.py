"""Incidents: open, follow, answer, end; private ones only for their people and administrators."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from accelerapp.access.model import Identity, Role
from accelerapp.app import App
from accelerapp.base.severity import Severity
from accelerapp.incidents import model, texts
from accelerapp.incidents.model import Entry, Evidence, Impact, Incident, IncidentDetail, Status, Viewer, Wanted
from accelerapp.web.identity import Operator, Reader

Words = Annotated[str, Field(max_length=texts.LONGEST)]
Name = Annotated[str, Field(max_length=texts.NAME)]
Line = Annotated[str, Field(max_length=2000)]
Names = Annotated[tuple[Name, ...], Field(max_length=texts.MOST)]


class WantedIncident(BaseModel):
    """An incident to open. `key`: the same key a second time opens no second one."""

    title: Line
    severity: Severity = Severity.P3
    services: Names = ()
    description: Words = ""
    components: Names = ()
    tags: Names = ()
    responders: Names = ()
    started_at: AwareDatetime | None = None
    is_private: bool = False
    calls: bool = True
    key: Name = ""


class Said(BaseModel):
    """A word about it, or none."""

    text: Words = ""


class Part(BaseModel):
    """Who is to have which part; `instead_of` names who has it now, to take it over."""

    role: model.Role
    person: Name
    instead_of: Name = ""


class NewSeverity(BaseModel):
    """How bad it is, and why."""

    severity: Severity
    why: Line = ""


class NewStatus(BaseModel):
    """How far it is, with a word about it."""

    status: Status
    text: Words = ""


class Note(BaseModel):
    """A word for the time line; `at`: when it happened, if not now."""

    text: Words
    at: AwareDatetime | None = None
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=texts.MOST)] = ()


class Correction(BaseModel):
    """What an entry should say, by somebody who saw this `version` of it."""

    version: Annotated[int, Field(ge=1)]
    why: Line
    text: Words | None = None
    at: AwareDatetime | None = None


class NewTask(BaseModel):
    """Something to do."""

    text: Line
    owner: Name = ""
    due_at: AwareDatetime | None = None


class NewImpact(BaseModel):
    """What customers saw, by somebody who saw this `version` of the incident."""

    version: Annotated[int, Field(ge=1)]
    text: Words = ""
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    users: int | None = None


class Fields(BaseModel):
    """Fields to write, by somebody who saw this `version` of the incident; those left out stay as they are."""

    version: Annotated[int, Field(ge=1)]
    title: Line = ""
    root_cause: Words = ""
    resolution: Words = ""
    draft: Words = ""
    conference: Line = ""
    services: Names = ()
    components: Names = ()
    tags: Names = ()
    started_at: AwareDatetime | None = None
    detected_at: AwareDatetime | None = None
    is_private: bool = False

    def given(self) -> dict[str, Any]:
        """Those that were sent."""
        found = self.model_dump(exclude_unset=True, exclude={"version"})
        return {name: value for name, value in found.items() if value is not None}


class NewLink(BaseModel):
    """Something to look at."""

    url: Line
    title: Line = ""


class Other(BaseModel):
    """Another incident."""

    id: Name


def viewer(who: Identity) -> Viewer:
    """Whoever asks, as incidents see them."""
    return Viewer(who.name.removeprefix("token "), who.role is Role.ADMIN)


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""
    _add_looks(router, app)
    _add_life(router, app)
    _add_people(router, app)
    _add_words(router, app)
    _add_several(router, app)


def _add_looks(router: APIRouter, app: App) -> None:
    @router.get("/incidents", operation_id="list_incidents")
    def incidents(
        who: Reader,
        is_open: Annotated[bool | None, Query(alias="open")] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> list[Incident]:
        """Newest first."""
        return app.incidents.find(viewer(who), is_open, limit)

    @router.get("/incidents/{id}", operation_id="get_incident")
    def incident(id: str, who: Reader, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000) -> IncidentDetail:
        """One with its time line."""
        return app.incidents.detail(id, viewer(who), limit)

    @router.get("/incidents/{id}/entries/{entry}", operation_id="get_incident_entry")
    def versions(id: str, entry: str, who: Reader) -> list[Entry]:
        """An entry as it read at first, and after each correction."""
        return app.incidents.versions(id, entry, viewer(who))


def _add_life(router: APIRouter, app: App) -> None:
    @router.post("/incidents", operation_id="open_incident", status_code=201)
    def open_incident(body: WantedIncident, who: Operator) -> Incident:
        """Open one and call people for it."""
        return app.open_incident(Wanted(**dict(body)), viewer(who))

    @router.post("/incidents/{id}/acknowledge", operation_id="acknowledge_incident")
    def acknowledge(id: str, who: Operator) -> Incident:
        """Somebody sees to it: nobody else is called."""
        return app.incidents.acknowledge(id, viewer(who))

    @router.post("/incidents/{id}/severity", operation_id="change_incident_severity")
    def severity(id: str, body: NewSeverity, who: Operator) -> Incident:
        """A worse one calls people anew."""
        return app.incidents.change_severity(id, viewer(who), body.severity, body.why)

    @router.post("/incidents/{id}/status", operation_id="change_incident_status")
    def status(id: str, body: NewStatus, who: Operator) -> Incident:
        """How far it is."""
        return app.incidents.change_status(id, viewer(who), body.status, body.text)

    @router.post("/incidents/{id}/resolve", operation_id="resolve_incident")
    def resolve(id: str, body: Said, who: Operator) -> Incident:
        """It is over."""
        return app.incidents.resolve(id, viewer(who), body.text)

    @router.post("/incidents/{id}/reopen", operation_id="reopen_incident")
    def reopen(id: str, body: Said, who: Operator) -> Incident:
        """It is not over after all; `text` says why."""
        return app.incidents.reopen(id, viewer(who), body.text)


def _add_people(router: APIRouter, app: App) -> None:
    @router.post("/incidents/{id}/assign", operation_id="assign_incident")
    def assign(id: str, body: Part, who: Operator) -> Incident:
        """Give somebody a part."""
        return app.incidents.assign(id, viewer(who), body.role, body.person, body.instead_of)

    @router.post("/incidents/{id}/leave", operation_id="leave_incident")
    def leave(id: str, body: Part, who: Operator) -> Incident:
        """Take a part from somebody."""
        return app.incidents.leave(id, viewer(who), body.role, body.person)


def _add_words(router: APIRouter, app: App) -> None:
    @router.post("/incidents/{id}/notes", operation_id="note_incident", status_code=201)
    def note(id: str, body: Note, who: Operator) -> Entry:
        """A word on the time line, at any time."""
        return app.incidents.note(id, viewer(who), body.text, at=body.at, evidence=body.evidence)

    @router.post("/incidents/{id}/entries/{entry}", operation_id="correct_incident_entry")
    def correct(id: str, entry: str, body: Correction, who: Operator) -> Entry:
        """A further version of an entry; those before stay readable."""
        return app.incidents.correct(id, viewer(who), entry, body.version, body.why, text=body.text, at=body.at)

    @router.patch("/incidents/{id}", operation_id="edit_incident")
    def edit(id: str, body: Fields, who: Operator) -> Incident:
        """Write fields."""
        return app.incidents.edit(id, viewer(who), body.given(), body.version)

    @router.post("/incidents/{id}/impact", operation_id="set_incident_impact")
    def impact(id: str, body: NewImpact, who: Operator) -> Incident:
        """What customers saw."""
        impact = Impact(body.text, body.starts_at, body.ends_at, body.users)
        return app.incidents.set_impact(id, viewer(who), impact, body.version)

    @router.post("/incidents/{id}/links", operation_id="link_incident")
    def link(id: str, body: NewLink, who: Operator) -> Incident:
        """Something to look at."""
        return app.incidents.add_link(id, viewer(who), body.url, body.title)

    @router.post("/incidents/{id}/tasks", operation_id="add_incident_task", status_code=201)
    def task(id: str, body: NewTask, who: Operator) -> Incident:
        """Something to do; it is the last of the tasks."""
        return app.incidents.add_task(id, viewer(who), body.text, owner=body.owner, due_at=body.due_at)

    @router.post("/incidents/{id}/tasks/{task}/done", operation_id="end_incident_task")
    def done(id: str, task: str, who: Operator) -> Incident:
        """A task is done."""
        return app.incidents.end_task(id, viewer(who), task)


def _add_several(router: APIRouter, app: App) -> None:
    @router.post("/incidents/{id}/relate", operation_id="relate_incident")
    def relate(id: str, body: Other, who: Operator) -> Incident:
        """They have to do with each other."""
        return app.incidents.relate(id, viewer(who), body.id)

    @router.post("/incidents/{id}/merge", operation_id="merge_incident")
    def merge(id: str, body: Other, who: Operator) -> Incident:
        """It is a duplicate of the other, which is given."""
        return app.incidents.merge(id, viewer(who), body.id)
