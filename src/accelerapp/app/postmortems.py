"""Post-mortems and action items, wired."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING

from accelerapp.app.incidents import Incidents
from accelerapp.base import errors

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from accelerapp.flows.actions import Actions
    from accelerapp.flows.incident_statistics import IncidentStatistics
    from accelerapp.flows.postmortems import PostMortems as PostMortemVerbs
    from accelerapp.flows.postmortems import Stores, Work
    from accelerapp.flows.reminding import Reminding
    from accelerapp.postmortems.reporting import House
    from accelerapp.postmortems.trackers.interface import Tracker


class PostMortems(Incidents):
    """What is written after incidents, and what is done so that they do not come again."""

    @cached_property
    def postmortems(self) -> PostMortemVerbs:
        """The verbs of post-mortems."""
        from accelerapp.flows.postmortems import PostMortems as PostMortemVerbs

        return PostMortemVerbs(*self._postmortem_works, self.clock, self.postmortem_house)

    @cached_property
    def actions(self) -> Actions:
        """The verbs of action items."""
        from accelerapp.flows.actions import Actions

        house = self.postmortem_house
        return Actions(*self._postmortem_works, self.clock, house, lambda: self._tracker, self.address)

    @cached_property
    def reminding(self) -> Reminding:
        """Reminds of both."""
        from accelerapp.flows.reminding import Reminding

        known = self.settings.postmortems
        reading, writing = self._postmortem_works
        return Reminding(
            reading=reading,
            writing=writing,
            clock=self.clock,
            wake=self._wake,
            house=self.postmortem_house,
            address=self.address,
            before=known.remind_before,
            escalate_after=known.escalate_after,
        )

    @cached_property
    def incident_statistics(self) -> IncidentStatistics:
        """Figures of incidents."""
        from accelerapp.flows.incident_statistics import IncidentStatistics

        return IncidentStatistics(self._postmortem_works[0], self.clock, self.postmortem_house.where)

    @cached_property
    def postmortem_house(self) -> House:
        """How reports are made here."""
        from accelerapp.oncall import zones
        from accelerapp.postmortems.reporting import House

        known = self.settings.postmortems
        rates = {
            name: each.revenue_per_minute for name, each in self.settings.services.items() if each.revenue_per_minute
        }
        return House(known.time_zone, zones.zone(known.time_zone), rates, known.currency)

    @cached_property
    def _tracker(self) -> Tracker:
        from accelerapp.postmortems.trackers.github import GitHub
        from accelerapp.postmortems.trackers.gitlab import GitLab

        known = self.settings.issues
        if not known.kind:
            raise errors.WrongUseError(
                "There is no tool to make issues in.", mend="Set kind, project and token in [issues] of the settings."
            )
        kind = GitHub if known.kind == "github" else GitLab
        return kind(known.project, known.token.get_secret_value(), known.labels, known.url)

    @property
    def _postmortem_works(self) -> tuple[Work, Work]:
        return (
            lambda: self._postmortem_stores(self.database.read()),
            lambda: self._postmortem_stores(self.database.write()),
        )

    @contextmanager
    def _postmortem_stores(self, opened: AbstractContextManager[Connection]) -> Iterator[Stores]:
        from accelerapp.flows.postmortems import Stores
        from accelerapp.postmortems.store_sql import SqlPostMortems

        with opened as work, self._alert_stores(nullcontext(work)) as others:
            yield Stores(SqlPostMortems(work), others)
