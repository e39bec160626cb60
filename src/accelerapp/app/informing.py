"""Keeping people informed while incidents last, wired."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from accelerapp.app.status_page import StatusPage

if TYPE_CHECKING:
    from accelerapp.flows.informing import Informing as InformingVerbs
    from accelerapp.incidents.model import Incident


class Informing(StatusPage):
    """Who hears of incidents, and when."""

    @cached_property
    def informing(self) -> InformingVerbs:
        """Updates for the team, and the clock of updates."""
        from accelerapp.flows.informing import Informing as InformingVerbs
        from accelerapp.incidents.model import Audience
        from accelerapp.incidents.updates import Cadence

        given = self.settings.incidents.updates
        wiring = self._status_wiring
        return InformingVerbs(
            reading=wiring["reading"],
            writing=wiring["writing"],
            clock=self.clock,
            wake=self._wake,
            cadence=Cadence(
                every={Audience.INSIDE: given.inside, Audience.OUTSIDE: given.outside},
                later={Audience.OUTSIDE: given.outside_later},
                later_after=given.later_after,
                missed_after=given.missed_after,
            ),
            routes=self.settings.notify.of,
            zone=ZoneInfo(self.settings.status_page.time_zone),
            conference=self._conference,
        )

    def _conference(self, incident: Incident) -> str:
        return self.settings.incidents.conference.replace("{id}", incident.id)
