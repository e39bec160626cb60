"""Channels, and telling the team by them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from accelerapp.app import App
from accelerapp.base.severity import Severity
from accelerapp.flows.notifying import ShownChannel
from accelerapp.notifications.model import Sent
from accelerapp.web.identity import Operator, Reader

Target = Annotated[str, Field(min_length=1, max_length=2000)]


class WantedNotification(BaseModel):
    """What to say. Without `channels` those are told that the settings name for the severity."""

    severity: Severity
    message: Annotated[str, Field(min_length=1, max_length=20_000)]
    service: Annotated[str, Field(max_length=200)] = ""
    channels: Annotated[list[Target], Field(max_length=50)] = []


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""

    @router.get("/channels", operation_id="list_channels")
    def channels(who: Reader) -> list[ShownChannel]:
        """The channels of the settings, without secrets."""
        return app.notifying.channels()

    @router.post("/notifications", operation_id="notify")
    def notify(body: WantedNotification, who: Operator) -> list[Sent]:
        """Tell the team; a result for each target, after a few tries."""
        return app.notifying.notify(body.severity, body.message, body.service, body.channels)

    @router.post("/channels/{name}/test", operation_id="test_channel")
    def test(name: str, who: Operator, to: Annotated[str, Query(max_length=2000)] = "") -> Sent:
        """A harmless message by one channel."""
        return app.notifying.test(f"{name}:{to}")
