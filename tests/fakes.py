"""Fakes that several rooms' tests use. A fake is a small working thing, not a list of canned calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from accelerapp.base import errors
from accelerapp.base.ids import ReplicaName, ServiceName
from accelerapp.platforms import interface as platforms

SHOP = ServiceName("shop")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def replica(number: int = 1, *, service: ServiceName = SHOP, **changes: object) -> platforms.Replica:
    """A replica that is ready, unless `changes` say otherwise."""
    whole = platforms.Replica(
        name=ReplicaName(f"{service}-{number}"),
        state=platforms.ReplicaState.RUNNING,
        ready=True,
        reason="",
        version="1.0.0",
        restarts=0,
        started_at=NOON,
        pid=4000 + number,
        address=f"127.0.0.1:{41000 + number}",
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def workload(*replicas: platforms.Replica, service: ServiceName = SHOP, **changes: object) -> platforms.Workload:
    """A workload whose rollout is complete, unless `changes` say otherwise."""
    ready = sum(each.ready for each in replicas)
    whole = platforms.Workload(
        service=service,
        desired=len(replicas),
        ready=ready,
        updated=len(replicas),
        version="1.0.0",
        revision=1,
        phase=platforms.RolloutPhase.COMPLETE,
        message="",
        replicas=replicas,
        address="http://127.0.0.1:8080",
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


class FakePlatform:
    """A platform in memory. What is wanted is reached at once, unless `stuck` holds a reason: then rollouts fail.

    `unreachable` makes every question raise CannotTellError. Give `clock_now` for the times of events and revisions.
    """

    def __init__(self, *workloads: platforms.Workload, now: datetime = NOON) -> None:
        self.known = {each.service: each for each in workloads or (workload(replica(1), replica(2)),)}
        self.usages: dict[ServiceName, list[platforms.ReplicaUsage]] = {}
        self.machines: list[platforms.Node] = [platforms.Node("host", 2, 0.5, 4 * 1024**3, 1024**3)]
        self.log_lines: dict[ReplicaName, list[bytes]] = {}
        self.releases = {"1.0.0", "1.1.0"}
        self.unreachable = False
        self.stuck = ""
        self.ran: list[tuple[ReplicaName, tuple[str, ...]]] = []
        self.command_result = platforms.CommandResult(0, b"done\n")
        self.now = now
        self.running = True
        self.starts = 0
        self.previous_lines: dict[ReplicaName, list[bytes]] = {}
        self.config_maps: list[platforms.Config] = []
        self._events: list[platforms.Event] = []
        self._revisions = {name: [platforms.Revision(1, each.version, now, "settings")] for name, each in self.items()}

    def items(self) -> list[tuple[ServiceName, platforms.Workload]]:
        """The services and their workloads."""
        return list(self.known.items())

    # -- the local platform's own verbs ----------------------------------------------------------------------------

    def start(self) -> None:
        self.starts += 1
        self.running = True

    def stop(self) -> None:
        self.running = False

    def is_running(self) -> bool:
        return self.running

    # -- questions -------------------------------------------------------------------------------------------------

    def workloads(self) -> list[platforms.Workload]:
        self._reach()
        return list(self.known.values())

    def workload(self, service: ServiceName) -> platforms.Workload:
        self._reach()
        if service not in self.known:
            raise errors.NotFoundError(f"There is no service '{service}'.")
        return self.known[service]

    def usage(self, service: ServiceName) -> list[platforms.ReplicaUsage]:
        self._reach()
        return list(self.usages.get(service, ()))

    def nodes(self) -> list[platforms.Node]:
        self._reach()
        return list(self.machines)

    def log_names(self, service: ServiceName) -> list[ReplicaName]:
        self._reach()
        return [each.name for each in self.workload(service).replicas if each.name in self.log_lines]

    def logs(self, request: platforms.LogRequest) -> Iterator[platforms.LogChunk]:
        self._reach()
        for each in self.workload(request.service).replicas:
            if request.replicas and each.name not in request.replicas:
                continue
            lines = (self.previous_lines if request.previous else self.log_lines).get(each.name, [])
            if request.tail is not None:
                lines = lines[len(lines) - min(request.tail, len(lines)) :]
            if lines:
                yield platforms.LogChunk(each.name, b"".join(line + b"\n" for line in lines))

    def events(self, service: ServiceName, limit: int = 100) -> list[platforms.Event]:
        self.workload(service)
        return self._events[::-1][:limit]

    def revisions(self, service: ServiceName) -> list[platforms.Revision]:
        self.workload(service)
        return self._revisions[service][::-1]

    # -- verbs -----------------------------------------------------------------------------------------------------

    def set_version(self, service: ServiceName, version: str, by: str) -> platforms.Revision:
        self.workload(service)
        if version not in self.releases:
            known = ", ".join(sorted(self.releases))
            raise errors.NotFoundError(f"There is no release {version} of {service}.", mend=f"Releases: {known}.")
        return self._roll(service, version, by)

    def undo(self, service: ServiceName, by: str, to: int | None = None) -> platforms.Revision:
        self.workload(service)
        past = self._revisions[service]
        found = [each for each in past if each.number == (to if to is not None else past[-1].number - 1)]
        if not found:
            raise errors.NotFoundError(f"There is no such revision of {service}.")
        return self._roll(service, found[0].version, by)

    def scale(self, service: ServiceName, replicas: int, by: str) -> None:
        before = self.workload(service)
        wanted = tuple(replica(n + 1, service=service, version=before.version) for n in range(replicas))
        self._settle(replace(before, desired=replicas, replicas=wanted, updated=replicas, ready=replicas))
        self._note("Scaled", f"{by} scaled {service} to {replicas}.")

    def restart(self, service: ServiceName, by: str) -> None:
        self._settle(self.workload(service))
        self._note("Restarted", f"{by} restarted {service}.")

    def configs(self, service: ServiceName) -> list[platforms.Config]:
        self.workload(service)
        return list(self.config_maps)

    def set_config(
        self, service: ServiceName, name: str, version: str, changes: Mapping[str, str | None], by: str
    ) -> platforms.Config:
        """As a cluster does it: refused when the version is not the present one."""
        found = next(one for one in self.configs(service) if one.name == name)
        if found.version != version:
            raise errors.WrongUseError(f"{name} was changed by somebody else.", mend="Look at it again.")
        values = {key: value for key, value in {**found.values, **changes}.items() if value is not None}
        made = replace(found, values=values, version=str(int(found.version) + 1))
        self.config_maps[self.config_maps.index(found)] = made
        return made

    def run(self, replica: ReplicaName, command: Sequence[str], timeout: float) -> platforms.CommandResult:
        self._reach()
        if not any(each.name == replica for one in self.known.values() for each in one.replicas):
            raise errors.NotFoundError(f"There is no replica '{replica}'.")
        self.ran.append((replica, tuple(command)))
        return self.command_result

    # -- within ----------------------------------------------------------------------------------------------------

    def _reach(self) -> None:
        if self.unreachable:
            raise errors.CannotTellError("The supervisor does not run.", mend="Start it with `accelerapp up`.")

    def _roll(self, service: ServiceName, version: str, by: str) -> platforms.Revision:
        past = self._revisions[service]
        made = platforms.Revision(past[-1].number + 1, version, self.now, by, (f"version {version}",))
        past.append(made)
        before = self.known[service]
        replicas = tuple(replace(each, version=version) for each in before.replicas)
        self._settle(replace(before, version=version, revision=made.number, replicas=replicas))
        self._note("RolloutStarted", f"{by} wants version {version}.")
        return made

    def _settle(self, wanted: platforms.Workload) -> None:
        phase = platforms.RolloutPhase.FAILED if self.stuck else platforms.RolloutPhase.COMPLETE
        self.known[wanted.service] = replace(wanted, phase=phase, message=self.stuck)

    def _note(self, reason: str, message: str) -> None:
        self._events.append(platforms.Event(self.now, "Normal", reason, message))
