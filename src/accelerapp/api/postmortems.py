"""Post-mortems, action items and the figures of incidents; those of private ones only for their people."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from accelerapp.api.incidents import viewer
from accelerapp.app import App
from accelerapp.oncall import zones
from accelerapp.postmortems import printed, texts, written
from accelerapp.postmortems.actions import Wanted
from accelerapp.postmortems.model import Action, Due, ListedAction, Part, Report, State
from accelerapp.postmortems.statistics import Statistics
from accelerapp.web.identity import Operator, Reader

Line = Annotated[str, Field(max_length=texts.LINE)]
Name = Annotated[str, Field(max_length=texts.NAME)]
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


class NewSection(BaseModel):
    """A section, by somebody who saw this `version` of it; 0: nobody had written it."""

    version: Annotated[int, Field(ge=0)]
    text: Annotated[str, Field(max_length=texts.LONGEST)]


class NewState(BaseModel):
    """How far it is."""

    state: State


class NewOwner(BaseModel):
    """Who sees to it."""

    owner: Name


class NewAction(BaseModel):
    """Something to do so that it does not come again."""

    text: Line
    owner: Name = ""
    due_on: date | None = None


class ChangedAction(BaseModel):
    """What is left out stays."""

    text: Line | None = None
    owner: Name | None = None
    due_on: date | None = None


class Tasks(BaseModel):
    """Tasks of the incident; none: all that are not done."""

    tasks: Annotated[tuple[Name, ...], Field(max_length=texts.MOST)] = ()


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""
    _add_reports(router, app)
    _add_writing(router, app)
    _add_actions(router, app)
    _add_action(router, app)


def _add_reports(router: APIRouter, app: App) -> None:
    @router.get("/incidents/{id}/report", operation_id="get_incident_report")
    def report(id: str, who: Reader) -> Report:
        """The manual's template, filled; what is empty or null is not known."""
        return app.postmortems.report(id, viewer(who))

    @router.get("/incidents/{id}/report/as/{form}", operation_id="print_incident_report", response_class=Response)
    def shown(id: str, form: Literal["markdown", "html"], who: Reader) -> Response:
        """The same as Markdown, or as an HTML page that stands alone and prints well."""
        found = app.postmortems.report(id, viewer(who))
        where = zones.zone(found.zone)
        if form == "markdown":
            return Response(written.markdown(found, where), media_type="text/markdown")
        return Response(printed.html(found, where), media_type="text/html", headers=_SAFE)

    @router.get("/postmortems", operation_id="list_due_postmortems")
    def due(who: Reader) -> list[Due]:
        """Those that are to be written, the longest due first."""
        return app.postmortems.due(viewer(who))

    @router.get("/incident-statistics", operation_id="get_incident_statistics")
    def statistics(who: Reader, days: Annotated[int, Query(ge=1, le=3660)] = 90) -> Statistics:
        """Figures of the incidents that were opened in the last days."""
        return app.incident_statistics.of_days(days, viewer(who))


def _add_writing(router: APIRouter, app: App) -> None:
    @router.post("/incidents/{id}/report/state", operation_id="move_incident_report")
    def move(id: str, body: NewState, who: Operator) -> Report:
        """Draft, in review, published; and back."""
        return app.postmortems.move(id, viewer(who), body.state)

    @router.post("/incidents/{id}/report/owner", operation_id="give_incident_report")
    def give(id: str, body: NewOwner, who: Operator) -> Report:
        """Somebody else sees to it."""
        return app.postmortems.give(id, viewer(who), body.owner)

    @router.put("/incidents/{id}/report/{part}", operation_id="write_incident_report")
    def write(id: str, part: Part, body: NewSection, who: Operator) -> Report:
        """Write a section; refused when somebody else wrote it since that version."""
        return app.postmortems.write(id, viewer(who), part, body.text, body.version)


def _add_actions(router: APIRouter, app: App) -> None:
    @router.get("/actions", operation_id="list_actions")
    def actions(
        who: Reader, with_done: Annotated[bool, Query(alias="all")] = False, owner: Name = ""
    ) -> list[ListedAction]:
        """Action items that are not done, or all; the soonest due first."""
        return app.actions.find(viewer(who), is_done=None if with_done else False, owner=owner)

    @router.post("/incidents/{id}/actions", operation_id="add_action", status_code=201)
    def add_action(id: str, body: NewAction, who: Operator) -> Action:
        """Add one to an incident."""
        return app.actions.add(id, viewer(who), Wanted(body.text, body.owner, body.due_on))

    @router.post("/incidents/{id}/actions/take", operation_id="take_actions")
    def take(id: str, body: Tasks, who: Operator) -> list[Action]:
        """Take over tasks of the incident; those that were taken over before are left out."""
        return app.actions.take_over(id, viewer(who), body.tasks)


def _add_action(router: APIRouter, app: App) -> None:
    @router.patch("/actions/{id}", operation_id="change_action")
    def change(id: str, body: ChangedAction, who: Operator) -> Action:
        """Another text, owner or day."""
        return app.actions.change(id, viewer(who), body.text, body.owner, body.due_on)

    @router.post("/actions/{id}/done", operation_id="finish_action")
    def done(id: str, who: Operator) -> Action:
        """It is done."""
        return app.actions.finish(id, viewer(who))

    @router.post("/actions/{id}/undone", operation_id="resume_action")
    def undone(id: str, who: Operator) -> Action:
        """It is not done after all."""
        return app.actions.resume(id, viewer(who))

    @router.post("/actions/{id}/export", operation_id="export_action")
    def export(id: str, who: Operator) -> Action:
        """Make an issue of it where the settings say; never a second one."""
        return app.actions.export(id, viewer(who))
