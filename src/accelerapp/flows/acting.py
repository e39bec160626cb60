"""The one place where an act on a service is told: a platform like any other, which tells of what was done by it.

An act is told after it was done. Telling never fails it, and never holds it up for long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from accelerapp.base.clock import Clock
from accelerapp.base.ids import ReplicaName, ServiceName
from accelerapp.incidents import acts
from accelerapp.incidents.acts import Act
from accelerapp.platforms import interface


@dataclass(frozen=True)
class ToldPlatform:
    """`tell` takes what was done; it raises nothing."""

    platform: interface.Platform
    tell: Callable[[Act], None]
    clock: Clock

    # -- acts ------------------------------------------------------------------------------------------------------

    def set_version(self, service: ServiceName, version: str, by: str) -> interface.Revision:
        """Want this version."""
        made = self.platform.set_version(service, version, by)
        self.tell(acts.revision(service, made.number, made.version, by, made.at))
        return made

    def undo(self, service: ServiceName, by: str, to: int | None = None) -> interface.Revision:
        """Want an earlier revision again."""
        made = self.platform.undo(service, by, to)
        self.tell(acts.revision(service, made.number, made.version, by, made.at, "rolled back"))
        return made

    def scale(self, service: ServiceName, replicas: int, by: str) -> None:
        """Want so many replicas."""
        self.platform.scale(service, replicas, by)
        self.tell(acts.command(service, f"scaled to {replicas} replicas.", by, self.clock.now()))

    def restart(self, service: ServiceName, by: str) -> None:
        """Replace every replica."""
        self.platform.restart(service, by)
        self.tell(acts.command(service, "every replica is replaced (restart).", by, self.clock.now()))

    def set_config(
        self, service: ServiceName, name: str, version: str, changes: Mapping[str, str | None], by: str
    ) -> interface.Config:
        """Set keys of a ConfigMap, or remove them."""
        made = self.platform.set_config(service, name, version, changes, by)
        keys = [f"{key} set" if value is not None else f"{key} removed" for key, value in changes.items()]
        self.tell(acts.config(service, name, made.version, keys, by, self.clock.now()))
        return made

    def run_by(
        self, service: ServiceName, replica: ReplicaName, command: Sequence[str], timeout: float, by: str
    ) -> interface.CommandResult:
        """Run a command that a person gave; what it answers is not told."""
        made = self.platform.run(replica, command, timeout)
        told = f"`{' '.join(command)}` was run beside {replica} and ended with exit code {made.exit_code}."
        self.tell(acts.command(service, told, by, self.clock.now()))
        return made

    # -- questions, and what is no act of a person -----------------------------------------------------------------

    def workloads(self) -> list[interface.Workload]:
        """Every service."""
        return self.platform.workloads()

    def workload(self, service: ServiceName) -> interface.Workload:
        """One service."""
        return self.platform.workload(service)

    def usage(self, service: ServiceName) -> list[interface.ReplicaUsage]:
        """CPU and memory."""
        return self.platform.usage(service)

    def nodes(self) -> list[interface.Node]:
        """The machines."""
        return self.platform.nodes()

    def log_names(self, service: ServiceName) -> list[ReplicaName]:
        """Replicas whose logs can be read."""
        return self.platform.log_names(service)

    def logs(self, request: interface.LogRequest) -> Iterator[interface.LogChunk]:
        """The logs."""
        return self.platform.logs(request)

    def events(self, service: ServiceName, limit: int = 100) -> list[interface.Event]:
        """What happened."""
        return self.platform.events(service, limit)

    def revisions(self, service: ServiceName) -> list[interface.Revision]:
        """Newest first."""
        return self.platform.revisions(service)

    def run(self, replica: ReplicaName, command: Sequence[str], timeout: float) -> interface.CommandResult:
        """A command of the product's own, such as a check: it is not told."""
        return self.platform.run(replica, command, timeout)

    def configs(self, service: ServiceName) -> list[interface.Config]:
        """The ConfigMaps."""
        return self.platform.configs(service)
