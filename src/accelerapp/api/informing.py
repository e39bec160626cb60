"""Keeping people informed of an incident: updates for the team, and when the next ones are due."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from accelerapp.api.incidents import viewer
from accelerapp.app import App
from accelerapp.flows.chatting import ShownChat
from accelerapp.flows.informing import AudienceStanding, Given
from accelerapp.incidents import updates
from accelerapp.web.identity import Operator, Reader


class TeamUpdate(BaseModel):
    """What the team is told."""

    text: Annotated[str, Field(max_length=updates.LONGEST)]


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""

    @router.post("/incidents/{id}/inside-updates", operation_id="tell_team", status_code=201)
    def tell(id: str, body: TeamUpdate, who: Operator) -> Given:
        """Tell the team by the channels of the severity; it is on its way when this answers."""
        return app.informing.tell_team(id, viewer(who), body.text)

    @router.get("/incidents/{id}/audiences", operation_id="get_incident_audiences")
    def audiences(id: str, who: Reader) -> list[AudienceStanding]:
        """When the team and everybody else were told last, when they are to be told again, and drafts."""
        return app.informing.standing(id, viewer(who))

    @router.get("/incidents/{id}/chat", operation_id="get_incident_chat")
    def chat(id: str, who: Reader) -> ShownChat | None:
        """Its channel in Slack and what is wrong with that; null: it has none."""
        asker = viewer(who)
        return app.chatting.show(id, asker) if app.chatting else None
