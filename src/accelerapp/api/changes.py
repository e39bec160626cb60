"""What changed before an incident, or before a moment at a service."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from accelerapp.api.incidents import viewer
from accelerapp.app import App
from accelerapp.flows import incident_changes
from accelerapp.incidents.changes import Changes
from accelerapp.web.identity import Reader

Hours = Annotated[float, Query(gt=0, le=incident_changes.MOST_HOURS)]


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""

    @router.get("/incidents/{id}/changes", operation_id="get_incident_changes")
    def of_incident(id: str, who: Reader, hours: Hours = incident_changes.HOURS) -> Changes:
        """The likeliest cause first, and who was asked; a source that cannot tell says why."""
        return app.what_changed.of_incident(id, viewer(who), hours)

    @router.get("/services/{name}/changes", operation_id="get_service_changes")
    def of_service(
        name: str, who: Reader, before: AwareDatetime | None = None, hours: Hours = incident_changes.HOURS
    ) -> Changes:
        """The same for a service before a moment, which is now unless it is named."""
        return app.what_changed.of_services((app.service(name).name,), before or app.clock.now(), hours)
