"""Incidents, wired."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from accelerapp.app.alerts import Alerts

if TYPE_CHECKING:
    from accelerapp.flows.incidents import Incidents as IncidentVerbs


class Incidents(Alerts):
    """What people work on when something is wrong."""

    @cached_property
    def incidents(self) -> IncidentVerbs:
        """The verbs of incidents."""
        from accelerapp.flows.incidents import Incidents as IncidentVerbs

        return IncidentVerbs(self.pager.reading, self.pager.writing, self.clock, self._wake)
