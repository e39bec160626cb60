"""Channels and on-call, wired."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from accelerapp.app.core import Core
from accelerapp.base import errors

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from accelerapp.flows.notifying import Notifying
    from accelerapp.flows.oncall import Rota
    from accelerapp.flows.oncall_links import Codes, Feeds
    from accelerapp.notifications.channels.interface import Channel
    from accelerapp.oncall.store import OncallStore


class Calling(Core):
    """Who is called, and by what."""

    # -- notifications ---------------------------------------------------------------------------------------------

    @cached_property
    def _channels(self) -> dict[str, Channel]:
        from accelerapp.notifications.channels import family

        known = self.settings.channels
        return {name: family.of_settings(name, each, public=self.address) for name, each in known.items()}

    def channel(self, name: str) -> Channel:
        """A channel of the settings. Raises NotFoundError."""
        if name not in self._channels:
            raise errors.NotFoundError(f"There is no channel '{name}'.", mend="Describe it as [channels.NAME].")
        return self._channels[name]

    @cached_property
    def notifying(self) -> Notifying:
        """The verbs of telling the team."""
        from accelerapp.flows.notifying import Notifying

        return Notifying(self.settings.channels, self.settings.notify, self.channel, self.clock, self._asker)

    # -- on-call ---------------------------------------------------------------------------------------------------

    @cached_property
    def oncall(self) -> Rota:
        """The verbs of on-call: who is, the book of people, schedules and policies, overrides and swaps."""
        from accelerapp.flows.oncall import Rota

        return Rota(
            reading=lambda: self._oncall_store(self.database.read()),
            writing=lambda: self._oncall_store(self.database.write()),
            clock=self.clock,
            channels=self.settings.channels,
        )

    @cached_property
    def oncall_codes(self) -> Codes:
        """Proofs of contact methods."""
        from accelerapp.access import passwords
        from accelerapp.flows.code_sending import ByChannels
        from accelerapp.flows.oncall_links import Codes

        channels = self.settings.channels
        return Codes(
            self.oncall, passwords.digest, ByChannels(channels, self.channel, self.clock) if channels else None
        )

    @cached_property
    def oncall_feeds(self) -> Feeds:
        """Calendars behind links."""
        from accelerapp.access import passwords
        from accelerapp.flows.oncall_links import Feeds

        return Feeds(self.oncall, passwords.digest)

    @contextmanager
    def _oncall_store(self, opened: AbstractContextManager[Connection]) -> Iterator[OncallStore]:
        from accelerapp.oncall.store_sql import SqlOncall

        with opened as work:
            yield SqlOncall(work)
