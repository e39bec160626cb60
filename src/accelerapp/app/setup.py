"""Sign-in, and the settings against reality, wired."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from accelerapp.app.watching import Watching
from accelerapp.base.ids import ServiceName

if TYPE_CHECKING:
    from accelerapp.flows.access_check import May
    from accelerapp.flows.settings_check import Finding
    from accelerapp.flows.signing_in import Access


class Setup(Watching):
    """Who may do what, and whether all is set up."""

    # -- access ----------------------------------------------------------------------------------------------------

    @cached_property
    def access(self) -> Access:
        """The verbs of sign-in, accounts and tokens."""

        from accelerapp.access import passwords
        from accelerapp.access.store import AccessStore
        from accelerapp.access.store_sql import SqlAccessStore
        from accelerapp.flows.signing_in import Access

        @contextmanager
        def reading() -> Iterator[AccessStore]:
            with self.database.read() as work:
                yield SqlAccessStore(work)

        @contextmanager
        def writing() -> Iterator[AccessStore]:
            with self.database.write() as work:
                yield SqlAccessStore(work)

        length = self.settings.server.session_length
        return Access(reading, writing, passwords.Argon2Passwords(), passwords.digest, self.clock, length)

    # -- settings --------------------------------------------------------------------------------------------------

    def check_settings(self) -> list[Finding]:
        """The settings against reality, a finding each; nothing is made or migrated."""
        from accelerapp.clients import http, machine, postgres
        from accelerapp.flows import settings_check
        from accelerapp.logs.sources import family
        from accelerapp.storage import look

        data = self.settings.data
        world = settings_check.World(
            folder=machine.folder,
            own_database=lambda: look.describe(data.folder, data.database_url.get_secret_value()),
            port=machine.port,
            release=machine.release,
            program=machine.program,
            is_running=lambda: self.local_platform.is_running(),
            status=lambda url: http.probe(url, 5).status,
            database_version=lambda url: postgres.state(url, 5).version,
            log=lambda log: family.try_out(log, self.clock.now()) if "://" in log else machine.log(log),
            repository=machine.repository,
            tool=machine.tool,
            workload=self._workload,
            may=self._may,
            metrics=self._try_metrics,
            channel=self._try_channel,
            paging=self._try_paging,
            tests=self._try_tests,
        )
        return settings_check.check(self.settings, world, self._asker)

    def _try_channel(self, name: str) -> str:
        """Of the one that makes channels of incidents whether its bot may do that too."""
        from accelerapp.notifications.channels import family

        told = self.channel(name).check()
        if name != self.settings.incidents.slack:
            return told
        return f"{told} {family.slack_rooms(self.settings.channels[name]).check()}"

    def _workload(self, service: str) -> str:
        from accelerapp.platforms.kubernetes import places

        return f"{places.title_of(self.kubernetes_platform.found(ServiceName(service)))} is there."

    @cached_property
    def _may(self) -> May:
        from accelerapp.platforms.kubernetes import allowing

        return allowing.asker()
