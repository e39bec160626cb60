"""The only wiring: from settings to stores, platforms, channels and the flows that use them.

Everything is made when it is first asked for, so that a command pays only for what it uses.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from accelerapp.base import clock as clocks
from accelerapp.base.ids import ServiceName
from accelerapp.base.settings import load
from accelerapp.base.settings import model as settings_model
from accelerapp.services import model as services_model
from accelerapp.services import service as services

if TYPE_CHECKING:
    from accelerapp.platforms.interface import Platform
    from accelerapp.storage.unit_of_work import Database


class App:
    """The product, wired. One per process; safe to use from several threads."""

    def __init__(self, settings: settings_model.Settings, clock: clocks.Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or clocks.SystemClock()

    # -- services and platforms ------------------------------------------------------------------------------------

    @cached_property
    def services(self) -> tuple[services_model.Service, ...]:
        """The services of the settings, in their order."""
        return tuple(
            services_model.Service(
                name=ServiceName(name),
                platform=service.platform,
                description=service.description,
                owner=service.owner,
                url=service.url,
                repository=service.repository,
                dashboards=service.dashboards,
                logs=service.logs,
                has_database=bool(service.database.get_secret_value()),
            )
            for name, service in self.settings.services.items()
        )

    def service(self, name: str | None = None) -> services_model.Service:
        """The named service, or the default one. Raises NotFoundError, or WrongUseError when there is none."""
        return services.find(self.services, name, self.settings.default_service)

    @cached_property
    def local_platform(self) -> Platform:
        """The platform of the services that run as processes on this machine."""
        from accelerapp.platforms.local.platform import LocalPlatform

        described = {
            ServiceName(name): service.local for name, service in self.settings.services.items() if service.local
        }
        return LocalPlatform(self.settings.data.folder / "local", described, self.clock)

    def platform(self, service: services_model.Service) -> Platform:
        """Where this service runs."""
        return self.local_platform

    # -- storage ---------------------------------------------------------------------------------------------------

    @cached_property
    def database(self) -> Database:
        """The product's own database, opened, with its schema up to date."""
        from accelerapp.storage import engine, unit_of_work

        opened = engine.open_database(self.settings.data.folder, self.settings.data.database_url.get_secret_value())
        engine.migrate(opened)
        return unit_of_work.Database(opened)


def from_settings(path: Path | None = None) -> App:
    """The product as the settings file and the environment say. Raises InvalidInputError with every mistake."""
    return App(load.load(path))
