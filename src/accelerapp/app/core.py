"""What all of the wiring rests on: settings, clock, services, platforms, the database."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from accelerapp.base import clock as clocks
from accelerapp.base import side_by_side
from accelerapp.base.ids import ServiceName
from accelerapp.base.settings import load
from accelerapp.base.settings import model as settings_model
from accelerapp.services import model as services_model
from accelerapp.services import service as services

if TYPE_CHECKING:
    from accelerapp.platforms.interface import Node, Platform
    from accelerapp.platforms.kubernetes.platform import KubernetesPlatform
    from accelerapp.platforms.local.platform import LocalPlatform
    from accelerapp.storage.leases import Leases
    from accelerapp.storage.unit_of_work import Database


class Core:
    """Made when first asked for; safe to use from several threads."""

    def __init__(self, settings: settings_model.Settings, clock: clocks.Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or clocks.SystemClock()
        self._asker = side_by_side.SideBySide()
        self._wakes: list[Callable[[], None]] = []
        self._due_wakes: list[Callable[[], None]] = []

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
                has_database=bool(service.database.get_secret_value() or service.database_command),
                is_default=name == (self.settings.default_service or next(iter(self.settings.services))),
            )
            for name, service in self.settings.services.items()
        )

    def service(self, name: str | None = None) -> services_model.Service:
        """The named service, or the default one. Raises NotFoundError, or WrongUseError when there is none."""
        return services.find(self.services, name, self.settings.default_service)

    @cached_property
    def local_platform(self) -> LocalPlatform:
        """The platform of the services that run as processes on this machine."""
        from accelerapp.platforms.local.platform import LocalPlatform

        described = {
            ServiceName(name): service.local
            for name, service in self.settings.services.items()
            if service.platform == "local" and service.local
        }
        return LocalPlatform(self.settings.data.folder / "local", described, self.clock)

    @cached_property
    def kubernetes_platform(self) -> KubernetesPlatform:
        """The platform of the services that are workloads of Kubernetes clusters."""
        from accelerapp.platforms.kubernetes.platform import KubernetesPlatform

        described = {
            ServiceName(name): service.kubernetes
            for name, service in self.settings.services.items()
            if service.platform == "kubernetes" and service.kubernetes
        }
        return KubernetesPlatform(described, clock=self.clock)

    def platform(self, service: services_model.Service) -> Platform:
        """Where this service runs."""
        return self.kubernetes_platform if service.platform == "kubernetes" else self.local_platform

    def nodes(self) -> list[Node]:
        """The machines of every platform that has a service. Raises CannotTellError."""
        used = dict.fromkeys(service.platform for service in self.services) or {"local": None}
        platforms = [self.kubernetes_platform if name == "kubernetes" else self.local_platform for name in used]
        return [node for platform in platforms for node in platform.nodes()]

    # -- storage ---------------------------------------------------------------------------------------------------

    @cached_property
    def database(self) -> Database:
        """The product's own database, opened, with its schema up to date."""
        from accelerapp.storage import engine, unit_of_work

        opened = engine.open_database(self.settings.data.folder, self.settings.data.database_url.get_secret_value())
        engine.migrate(opened)
        return unit_of_work.Database(opened)

    @cached_property
    def leases(self) -> Leases | None:
        """How the processes of one database divide the work; None on SQLite: the folder's lock leaves only this one."""
        from accelerapp.storage import leases

        if not self.settings.data.database_url.get_secret_value():
            return None
        return leases.Leases(self.database, self.clock, self.process)

    @property
    def process(self) -> str:
        """What this process is called among those of one database."""
        return f"{os.uname().nodename} (process {os.getpid()})"

    def secret(self, reference: str) -> str:
        """What `env:NAME` or `file:PATH` stands for; a path is relative to the settings. Raises WrongUseError."""
        source = self.settings.source
        return load.secret(reference, source.parent if source else Path.cwd())

    @property
    def address(self) -> str:
        """Under which people reach the console, without a slash at its end."""
        server = self.settings.server
        return (server.url or f"http://{server.host}:{server.port}").rstrip("/")

    def when_outgoing(self, wake: Callable[[], None]) -> None:
        """`wake` is called whenever this process has committed something that may have to be sent."""
        self._wakes.append(wake)

    def _wake(self) -> None:
        for wake in self._wakes:
            wake()

    def when_alerts_due(self, wake: Callable[[], None]) -> None:
        """`wake` is called whenever this process has committed an alert that is to be decided about now."""
        self._due_wakes.append(wake)

    def _wake_due(self) -> None:
        for wake in self._due_wakes:
            wake()
