"""Incidents, wired."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from accelerapp.app.alerts import Alerts

if TYPE_CHECKING:
    from accelerapp.flows.incidents import Incidents as IncidentVerbs
    from accelerapp.incidents.model import Incident, Viewer, Wanted


class Incidents(Alerts):
    """What people work on when something is wrong."""

    @cached_property
    def incidents(self) -> IncidentVerbs:
        """The verbs of incidents."""
        from accelerapp.flows.incidents import Incidents as IncidentVerbs

        return IncidentVerbs(self.pager.reading, self.pager.writing, self.clock, self._wake)

    def open_incident(self, wanted: Wanted, viewer: Viewer) -> Incident:
        """Open one that is about services of the settings. Raises NotFoundError, InvalidInputError."""
        services = tuple(self.service(each).name for each in wanted.services)
        return self.incidents.open(replace(wanted, services=services), viewer)
