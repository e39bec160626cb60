"""Keeping people informed while incidents last, wired."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from accelerapp.app.status_page import StatusPage

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from accelerapp.flows.chatting import Chatting, Stores
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

    @cached_property
    def chatting(self) -> Chatting | None:
        """Channels of incidents in Slack; None: the settings want none."""
        from accelerapp.flows.chatting import Chatting
        from accelerapp.notifications.channels import family

        given = self.settings.incidents
        if not given.slack:
            return None
        return Chatting(
            reading=lambda: self._chat_stores(self.database.read()),
            writing=lambda: self._chat_stores(self.database.write()),
            clock=self.clock,
            rooms=family.slack_rooms(self.settings.channels[given.slack]),
            channel=self.channel(given.slack),
            address=self.address,
            severities=given.slack_severities,
            marks=given.marks,
        )

    @contextmanager
    def _chat_stores(self, opened: AbstractContextManager[Connection]) -> Iterator[Stores]:
        from accelerapp.flows.chatting import Stores
        from accelerapp.incidents.chat_store_sql import SqlChats

        with opened as work, self._alert_stores(nullcontext(work)) as others:
            yield Stores(SqlChats(work), others)
