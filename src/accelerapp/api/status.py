"""The status page for those who run it: components, maintenances, outages, and what is told of incidents."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from accelerapp.api.incidents import viewer
from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.severity import Severity
from accelerapp.flows.status_page import Standing
from accelerapp.flows.status_subscribers import Added
from accelerapp.flows.status_updates import Preview
from accelerapp.statuspage import components, maintenances, publishing
from accelerapp.statuspage.model import (
    Component,
    ComponentState,
    Follows,
    Impact,
    Maintenance,
    Outage,
    Progress,
    Report,
)
from accelerapp.statuspage.subscribers import Subscriber
from accelerapp.web.identity import Administrator, Operator, Reader

Text = Annotated[str, Field(max_length=200_000)]
"""Longer than any that is taken, so that the answer says how long one may be."""
Name = Annotated[str, Field(max_length=1000)]
_MOST = components.MOST


class WantedComponent(BaseModel):
    """What is to be different of a component; what is left out stays."""

    name: Name | None = None
    description: Name | None = None
    group: Name | None = None
    service: Name | None = None
    follows: Follows | None = None
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None
    only_show_if_degraded: bool | None = None
    showcase: bool | None = None
    starts_at: AwareDatetime | None = None


class NewState(BaseModel):
    """How a component is from now on."""

    state: ComponentState


class PastOutage(BaseModel):
    """An outage that was not on the page."""

    component: Name
    state: ComponentState
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class WantedMaintenance(BaseModel):
    """A maintenance to announce."""

    title: Name
    scheduled_for: AwareDatetime
    scheduled_until: AwareDatetime
    message: Text = ""
    components: Annotated[tuple[Name, ...], Field(max_length=_MOST)] = ()


class Word(BaseModel):
    """A word about a maintenance; `until`: its new end, to extend it."""

    message: Text = ""
    until: AwareDatetime | None = None


class WantedWebhook(BaseModel):
    """An address to be told at, of some components or of all."""

    url: Name
    components: Annotated[tuple[Name, ...], Field(max_length=_MOST)] = ()


class WantedUpdate(BaseModel):
    """What is to be told of an incident. Components by name or id, with their new state."""

    message: Text
    status: Progress | None = None
    components: Annotated[dict[Name, ComponentState], Field(max_length=_MOST)] = {}
    title: Name = ""
    impact: Impact | None = None

    def wanted(self) -> publishing.Wanted:
        """As the flow takes it."""
        return publishing.Wanted(self.message, self.status, self.components, self.title, self.impact)


class WantedSaying(WantedUpdate):
    """The same for the one incident that is open. `severity`: of one that is opened for it, when none is."""

    severity: Severity | None = None


def add(router: APIRouter, app: App) -> None:
    """Its routes."""
    _add_components(router, app)
    _add_maintenances(router, app)
    _add_updates(router, app)
    _add_subscribers(router, app)


def _add_subscribers(router: APIRouter, app: App) -> None:
    @router.get("/status/subscribers", operation_id="list_status_subscribers")
    def subscribers(who: Administrator) -> list[Subscriber]:
        """Who is told of what is published."""
        return app.status_subscribers.all()

    @router.post("/status/subscribers", operation_id="add_status_subscriber", status_code=201)
    def add_webhook(body: WantedWebhook, who: Administrator) -> Added:
        """An address that gets each update as JSON, and the secret that signs it."""
        return app.status_subscribers.add_webhook(body.url, body.components)

    @router.delete("/status/subscribers/{id}", operation_id="remove_status_subscriber")
    def remove(id: str, who: Administrator) -> Subscriber:
        """End a subscription."""
        return app.status_subscribers.remove(id)


def edited(app: App, body: WantedComponent) -> components.Edited:
    """As the flow takes it. Raises NotFoundError for a service that is not in the settings."""
    service = app.service(body.service).name if body.service else body.service
    return components.Edited(**{**body.model_dump(), "service": service})


def _add_components(router: APIRouter, app: App) -> None:
    @router.get("/status", operation_id="get_status_page")
    def standing(who: Reader) -> Standing:
        """How the page stands, with what should be looked at."""
        return app.status_standing()

    @router.post("/status/components", operation_id="add_status_component", status_code=201)
    def add_component(body: WantedComponent, who: Operator) -> Component:
        """A new component, at the end."""
        return app.status_editing.add_component(body.name or "", edited(app, body))

    @router.patch("/status/components/{component}", operation_id="edit_status_component")
    def edit_component(component: str, body: WantedComponent, who: Operator) -> Component:
        """Change what is given."""
        return app.status_editing.edit_component(component, edited(app, body))

    @router.post("/status/components/{component}/state", operation_id="set_status_component")
    def set_component(component: str, body: NewState, who: Operator) -> Component:
        """How it is from now on, without an incident."""
        return app.status_editing.set_component(component, body.state)

    @router.delete("/status/components/{component}", operation_id="remove_status_component", status_code=204)
    def remove_component(component: str, who: Administrator) -> None:
        """Take it off the page, with its record."""
        app.status_editing.remove_component(component)

    @router.post("/status/outages", operation_id="record_outage", status_code=201)
    def record(body: PastOutage, who: Operator) -> Outage:
        """Write down an outage of the past, for the uptime."""
        return app.status_editing.record_outage(body.component, body.state, body.starts_at, body.ends_at)


def _add_maintenances(router: APIRouter, app: App) -> None:
    @router.post("/status/maintenances", operation_id="announce_maintenance", status_code=201)
    def announce(body: WantedMaintenance, who: Operator) -> Maintenance:
        """Announce work; it begins and ends by the clock."""
        planned = maintenances.Planned(
            body.title, body.scheduled_for, body.scheduled_until, body.message, body.components
        )
        return app.status_editing.announce(planned, viewer(who).name)

    @router.post("/status/maintenances/{id}/{act}", operation_id="change_maintenance")
    def change(
        id: str, act: Literal["start", "verify", "complete", "extend", "tell"], body: Word, who: Operator
    ) -> Maintenance:
        """Start it early, say that it is being verified, complete it, extend it, or tell something about it."""
        editing = app.status_editing
        if act == "extend":
            return editing.extend(id, need_until(body), body.message, viewer(who).name)
        verbs = {"start": editing.start, "verify": editing.verify, "complete": editing.complete, "tell": editing.tell}
        return verbs[act](id, body.message, viewer(who).name)

    @router.delete("/status/maintenances/{id}", operation_id="withdraw_maintenance", status_code=204)
    def withdraw(id: str, who: Operator) -> None:
        """Take one that has not begun off the page."""
        app.status_editing.withdraw(id)


def need_until(body: Word) -> AwareDatetime:
    """Raises InvalidInputError without it."""
    if body.until is None:
        raise errors.InvalidInputError("The maintenance", [errors.FieldProblem("until", "is missing.")])
    return body.until


def _add_updates(router: APIRouter, app: App) -> None:
    @router.post("/status/updates", operation_id="say_on_status_page", status_code=201)
    def say(body: WantedSaying, who: Operator) -> Preview:
        """Publish an update of the one incident that is open; when none is, one is opened."""
        return app.status_updates.say(body.wanted(), viewer(who), body.severity)

    @router.get("/status/incidents", operation_id="list_published_incidents")
    def reports(who: Reader, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> list[Report]:
        """What was told of incidents, newest first."""
        return app.status_updates.reports(None, limit)

    @router.post("/incidents/{id}/updates", operation_id="publish_update", status_code=201)
    def publish(id: str, body: WantedUpdate, who: Operator) -> Preview:
        """Publish an update of an incident."""
        return app.status_updates.publish(id, body.wanted(), viewer(who))

    @router.post("/incidents/{id}/updates/preview", operation_id="preview_update")
    def preview(id: str, body: WantedUpdate, who: Operator) -> Preview:
        """What the public would see; nothing is published."""
        return app.status_updates.preview(id, body.wanted(), viewer(who))

    @router.delete("/incidents/{id}/updates", operation_id="withdraw_updates", status_code=204)
    def withdraw(id: str, who: Administrator) -> None:
        """Take all that was published of an incident off the page."""
        app.status_updates.withdraw(id, viewer(who))
