"""Alerts, silences, maintenances and senders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from accelerapp.alerts import matching, silencing
from accelerapp.alerts.intake import bodies, generic
from accelerapp.alerts.model import (
    Alert,
    AlertDetail,
    Decision,
    Kind,
    ShownIntegration,
    SilenceDetail,
    Trial,
)
from accelerapp.alerts.store import Filter
from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.ids import AlertId
from accelerapp.flows.alert_intake import Taken
from accelerapp.web.identity import Administrator, Operator, Reader

Minutes = Annotated[float, Field(gt=0, le=525_600)]


class Acknowledgement(BaseModel):
    """A word about it, or none."""

    note: Annotated[str, Field(max_length=1000)] = ""


class WantedSilence(BaseModel):
    """A silence to put: `matchers` as one text, and until when, or for how many minutes."""

    matchers: Annotated[str, Field(max_length=4000, examples=['service="shop", alertname=~"High.*"'])]
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    minutes: Minutes | None = None
    ends_at: AwareDatetime | None = None
    starts_at: AwareDatetime | None = None


class WantedMaintenance(BaseModel):
    """A maintenance of a service, or of everything when none is named."""

    service: Annotated[str, Field(max_length=63)] = ""
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    minutes: Minutes
    starts_at: AwareDatetime | None = None


class WantedIntegration(BaseModel):
    """A sender to make. `secret` says where the signing secret is found; `every_seconds` is for heartbeats."""

    name: Annotated[str, Field(max_length=100)]
    kind: Kind
    service: Annotated[str, Field(max_length=63)] = ""
    secret: Annotated[str, Field(max_length=500)] = ""
    every_seconds: Annotated[float | None, Field(gt=0, le=40_000_000)] = None


class SentAlert(BaseModel):
    """An alert of our own shape; see `alerts/intake/generic.py`."""

    title: Annotated[str, Field(max_length=1000)] = ""
    service: Annotated[str, Field(max_length=200)] = ""
    severity: Annotated[str, Field(max_length=50)] = ""
    rule: Annotated[str, Field(max_length=200)] = ""
    key: Annotated[str, Field(max_length=500)] = ""
    state: Annotated[str, Field(max_length=20)] = "firing"
    description: Annotated[str, Field(max_length=4000)] = ""
    labels: Annotated[dict[str, str], Field(max_length=64)] = {}
    url: Annotated[str, Field(max_length=2000)] = ""


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""
    _add_alerts(router, app)
    _add_silences(router, app)
    _add_integrations(router, app)


def _add_alerts(router: APIRouter, app: App) -> None:
    @router.get("/alerts", operation_id="list_alerts")
    def alerts(
        who: Reader,
        is_open: Annotated[bool | None, Query(alias="open")] = True,
        service: Annotated[str, Query(max_length=200)] = "",
        group: Annotated[str, Query(max_length=500)] = "",
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    ) -> list[Alert]:
        """Open alerts, worst first; with `open=false` those that are over, newest first."""
        wanted = Filter(is_open, bodies.as_text(service), bodies.as_text(group), limit)
        return app.alerting.alerts(wanted)

    @router.post("/alerts", operation_id="send_alert", status_code=201)
    def send(body: SentAlert, who: Operator) -> Taken:
        """Send an alert, or its end."""
        return app.alerting.take([generic.by_hand(body.model_dump(), who.name, app.clock.now())])

    @router.post("/alerts/test", operation_id="try_alert")
    def trial(who: Operator, service: Annotated[str | None, Query(max_length=63)] = None) -> Trial:
        """A harmless alert that goes the whole way."""
        return app.try_alert(service, who.name)

    @router.get("/alerts/{id}", operation_id="get_alert")
    def alert(id: AlertId, who: Reader) -> AlertDetail:
        """An alert with every decision about it."""
        return app.alerting.detail(id)

    @router.post("/alerts/{id}/acknowledge", operation_id="acknowledge_alert")
    def acknowledge(id: AlertId, body: Acknowledgement, who: Operator) -> Alert:
        """Somebody has seen it."""
        return app.alerting.acknowledge(id, who.name, bodies.as_text(body.note, 1000))


def _add_silences(router: APIRouter, app: App) -> None:
    @router.get("/silences", operation_id="list_silences")
    def silences(who: Reader) -> list[SilenceDetail]:
        """Silences and maintenances that are not over, with the alerts that they hold back."""
        return app.alerting.silences()

    @router.get("/silences/{id}", operation_id="get_silence")
    def silence(id: str, who: Reader) -> SilenceDetail:
        """One with its history."""
        return app.alerting.silence_detail(id)

    @router.post("/silences", operation_id="add_silence", status_code=201)
    def add_silence(body: WantedSilence, who: Operator) -> SilenceDetail:
        """Put a silence."""
        ends_at = _ends_at(body, app.clock.now())
        matchers, reason = matching.parse(bodies.as_text(body.matchers)), bodies.as_text(body.reason, 1000)
        made = app.alerting.silence(silencing.Wanted(matchers, who.name, reason, ends_at, body.starts_at))
        return app.alerting.silence_detail(made.id)

    @router.delete("/silences/{id}", operation_id="end_silence")
    def end_silence(id: str, who: Operator) -> SilenceDetail:
        """End a silence or a maintenance before its time."""
        return app.alerting.silence_detail(app.alerting.end_silence(id, who.name).id)

    @router.post("/maintenance", operation_id="begin_maintenance", status_code=201)
    def maintenance(body: WantedMaintenance, who: Operator) -> SilenceDetail:
        """Put a maintenance."""
        service = app.service(body.service).name if body.service else ""
        length, reason = timedelta(minutes=body.minutes), bodies.as_text(body.reason, 1000)
        made = app.alerting.maintain(service, length, who.name, reason, body.starts_at)
        return app.alerting.silence_detail(made.id)

    @router.delete("/maintenance", operation_id="end_maintenance")
    def end_maintenance(who: Operator, service: Annotated[str, Query(max_length=63)] = "") -> Sequence[SilenceDetail]:
        """End the maintenances of a service, or those of everything."""
        ended = app.alerting.end_maintenance(bodies.as_text(service), who.name)
        return [app.alerting.silence_detail(each.id) for each in ended]


def _ends_at(wanted: WantedSilence, now: datetime) -> datetime:
    if (wanted.minutes is None) == (wanted.ends_at is None):
        raise errors.InvalidInputError("The silence", [errors.FieldProblem("minutes", "or ends_at: give one of them.")])
    if wanted.ends_at is not None:
        return wanted.ends_at
    return (wanted.starts_at or now) + timedelta(minutes=wanted.minutes or 0)


def _add_integrations(router: APIRouter, app: App) -> None:
    @router.get("/integrations", operation_id="list_integrations")
    def integrations(who: Reader) -> list[ShownIntegration]:
        """The senders that are known."""
        return app.alerting.integrations()

    @router.post("/integrations", operation_id="add_integration", status_code=201)
    def add_integration(body: WantedIntegration, who: Administrator) -> ShownIntegration:
        """Make a sender; its key is shown this once."""
        every = timedelta(seconds=body.every_seconds) if body.every_seconds is not None else None
        return app.alerting.add_integration(
            body.name, body.kind, who.name, service_name=body.service, secret=body.secret, every=every
        )

    @router.get("/integrations/{id}/changes", operation_id="list_changes")
    def changes(id: str, who: Reader) -> list[Decision]:
        """What a sender told of changes, oldest first."""
        return app.alerting.changes(id)

    @router.delete("/integrations/{id}", operation_id="remove_integration", status_code=204)
    def remove_integration(id: str, who: Administrator) -> None:
        """Make a sender's key worthless."""
        app.alerting.remove_integration(id)
