"""What is done to services and told on the time lines of incidents, wired."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from accelerapp.app.incidents import Incidents
from accelerapp.app.watching import Watching
from accelerapp.flows.acting import ToldPlatform
from accelerapp.incidents.acts import Act
from accelerapp.services import model as services_model

if TYPE_CHECKING:
    from accelerapp.flows.incident_acts import Acts


class Changing(Incidents, Watching):
    """What changed, and who did it."""

    def platform(self, service: services_model.Service) -> ToldPlatform:
        """Where this service runs; what is done there is told to the service's open incidents."""
        return ToldPlatform(super().platform(service), self._tell, self.clock)

    def _tell(self, act: Act) -> None:
        if self.settings.data.has_database:  # without one there is no incident either
            self.acts.tell(act)

    @cached_property
    def acts(self) -> Acts:
        """Tells open incidents of what was done to their services."""
        from accelerapp.flows.incident_acts import Acts

        revisions = {str(each.name): partial(self.platform(each).revisions, each.name) for each in self.services}
        return Acts(self.pager.reading, self.pager.writing, self.clock, self._asker, revisions)
