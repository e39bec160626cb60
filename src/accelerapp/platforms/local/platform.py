"""The local platform as others see it: writes what is wanted, reads what is. It and the supervisor share files only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import accelerapp
from accelerapp.base import clock as clocks
from accelerapp.base import errors, text
from accelerapp.base.ids import ReplicaName, ServiceName
from accelerapp.base.settings.model import Local
from accelerapp.platforms import interface
from accelerapp.platforms.local import control, files, host, logfiles, model, placeholders, states, wanted

_STALE_AFTER = 15.0
_STOP_MARGIN = 15.0
_START = "Start it with `accelerapp up`."
_NOT_RUNNING = "The local supervisor is not running, so nobody knows how the service is."


class LocalPlatform:
    """Services as processes on this machine, under one folder."""

    def __init__(self, folder: Path, services: Mapping[ServiceName, Local], clock: clocks.Clock) -> None:
        self._folder = files.Folder(folder)
        self._services = dict(services)
        self._clock = clock

    # -- the supervisor --------------------------------------------------------------------------------------------

    def is_running(self) -> bool:
        """Does a supervisor run?"""
        return control.is_running(self._folder)

    def start(self) -> None:
        """Want what the settings say, and see to it that a supervisor runs. Harmless when one does."""
        for name, local in self._services.items():
            folder = self._folder.service(name)
            with folder.locked():
                _write(folder, wanted.configured(folder.read_desired(), local, self._at()))
        self._retire()
        if self.is_running() and self._is_of_another_version():
            self.stop_supervisor()
        if not self.is_running():
            control.spawn(self._folder)
        control.started(self._folder, lambda: all(self._report_of(name) is not None for name in self._services))

    def _retire(self) -> None:
        """Stop what an earlier version of the settings named: nobody could stop it otherwise."""
        for folder in self._folder.services():
            name = ServiceName(folder.name)
            if name not in self._services and folder.desired.exists():
                before = folder.read_desired()
                if before is not None and not before.stopped:
                    self._change(name, wanted.stopped)
                    self._tell(name, "Retired", "The settings do not name this service any more: it is stopped.")

    def _is_of_another_version(self) -> bool:
        """Does a supervisor with other code than ours run? Its successor adopts the replicas."""
        reports = [self._report_of(name) for name in self._services]
        return any(report is not None and report.code != accelerapp.__version__ for report in reports)

    def _report_of(self, name: ServiceName) -> model.Status | None:
        """What the supervisor that runs now has told of a service."""
        try:
            status = self._folder.service(name).read_status()
        except errors.CannotTellError:  # left damaged by an earlier one, and soon written anew
            return None
        told = status is not None and status.supervisor_pid == self._folder.supervisor_pid()
        return status if told else None

    def stop(self) -> None:
        """End the services as `on_exit` says, the last of the settings first; the supervisor ends with the last one.

        A service that others need stands before them in the settings, and so ends after them. Raises CannotTellError
        when a replica does not end.
        """
        ending = [name for name, local in self._services.items() if local.on_exit == "stop"]
        if not self.is_running():
            if all(self._is_gone(name) for name in ending):
                return
            control.spawn(self._folder)  # one that died left replicas behind, and only a supervisor ends them well
        for name in reversed(ending):
            self._change(name, wanted.stopped)
            if not control.wait(lambda name=name: self._is_gone(name), self._patience(name)):  # type: ignore[misc]
                raise errors.CannotTellError(f"{name} has not ended.", mend="The local supervisor goes on trying.")
        if len(ending) == len(self._services):
            self.stop_supervisor()

    def stop_supervisor(self) -> None:
        """End the supervisor alone; replicas that run go on and are adopted by the next one."""
        control.stop(self._folder)

    def _patience(self, name: ServiceName) -> float:
        """Seconds in which a service has ended: it drains for a grace, and is killed after another."""
        return 2 * self._services[name].stop_grace.total_seconds() + _STOP_MARGIN

    def _is_gone(self, name: ServiceName) -> bool:
        """Is no replica left, as far as the last report says?"""
        try:
            status = self._folder.service(name).read_status()
        except errors.CannotTellError:
            return False
        return status is None or not status.replicas

    # -- what is wanted --------------------------------------------------------------------------------------------

    def _at(self) -> float:
        return self._clock.now().timestamp()

    def _change(self, name: ServiceName, change: wanted.Change) -> tuple[model.Desired, model.Desired]:
        """What was wanted before and what is wanted now."""
        folder = self._folder.service(name)
        with folder.locked():
            before = _known(folder)
            after = change(before)
            if after != before:
                _write(folder, after)
        return before, after

    def _tell(self, service: ServiceName, reason: str, message: str) -> None:
        self._folder.service(service).append_event(model.EventRecord(self._at(), "Normal", reason, message))

    def set_version(self, service: ServiceName, version: str, by: str) -> interface.Revision:
        """Want this version. Raises NotFoundError when there is no such release."""
        self._need(service)
        _need_release(service, self._services[service].releases, version)
        _, after = self._change(service, wanted.version(version, by, self._at()))
        return states.revision(after.current)

    def undo(self, service: ServiceName, by: str, to: int | None = None) -> interface.Revision:
        """Want an earlier revision again, its configuration included. Raises NotFoundError."""
        self._need(service)
        earlier = wanted.earlier_revision(_known(self._folder.service(service)), to)
        _need_release(service, Path(earlier.definition.releases), earlier.version)
        _, after = self._change(service, wanted.undone(to, by, self._at()))
        return states.revision(after.current)

    def scale(self, service: ServiceName, replicas: int, by: str) -> None:
        """Want so many replicas, 0 to 100."""
        self._need(service)
        before, _ = self._change(service, wanted.scaled(replicas))
        self._tell(service, "Scaled", f"{by} scaled from {before.replicas} to {replicas} replicas.")

    def restart(self, service: ServiceName, by: str) -> None:
        """Replace every replica, one after the other."""
        self._need(service)
        self._change(service, wanted.restarted)
        self._tell(service, "Restarted", f"{by} asked to replace every replica.")

    # -- what is ---------------------------------------------------------------------------------------------------

    def workloads(self) -> list[interface.Workload]:
        """Every service of the settings that runs here."""
        return [self.workload(name) for name in self._services]

    def workload(self, service: ServiceName) -> interface.Workload:
        """One service. Raises CannotTellError when no supervisor tells."""
        desired, status = self._status(service)
        return states.workload(service, desired, status)

    def _need(self, service: ServiceName) -> None:
        if service not in self._services:
            raise errors.NotFoundError(
                f"The local platform runs no service '{service}'.", mend=f"It runs: {', '.join(self._services)}."
            )

    def _status(self, service: ServiceName) -> tuple[model.Desired, model.Status]:
        self._need(service)
        folder = self._folder.service(service)
        desired, status = folder.read_desired(), folder.read_status()
        if not self.is_running():
            raise errors.CannotTellError(_NOT_RUNNING, mend=_START)
        if desired is None or status is None:
            raise errors.CannotTellError(f"The local supervisor has not reported on {service} yet.")
        age = self._at() - status.at
        if age > _STALE_AFTER:
            raise errors.CannotTellError(
                f"The local supervisor last reported {text.duration(age)} ago.",
                mend=f"Look at {self._folder.log}; is the disk full?",
            )
        return desired, status

    def usage(self, service: ServiceName) -> list[interface.ReplicaUsage]:
        """CPU and memory of each replica."""
        return states.usage(*self._status(service))

    def nodes(self) -> list[interface.Node]:
        """This machine."""
        return [host.node(self._folder.path)]

    def events(self, service: ServiceName, limit: int = 100) -> list[interface.Event]:
        """What happened, newest first."""
        self._need(service)
        return [states.event(event) for event in self._folder.service(service).read_events(limit)]

    def revisions(self, service: ServiceName) -> list[interface.Revision]:
        """Newest first."""
        self._need(service)
        desired = _known(self._folder.service(service))
        return [states.revision(revision) for revision in reversed(desired.revisions)]

    def log_names(self, service: ServiceName) -> list[ReplicaName]:
        """Replicas that have a log, the longest unwritten first."""
        self._need(service)
        _known(self._folder.service(service))
        return [ReplicaName(name) for name in logfiles.replicas_in(self._folder.service(service).logs)]

    def logs(self, request: interface.LogRequest) -> Iterator[interface.LogChunk]:
        """The logs of the replicas, ended ones included. When following, an empty chunk says that nothing came."""
        self._need(request.service)
        if request.previous:
            raise errors.WrongUseError(
                "The local platform keeps all runs of a replica in one log.", mend="Leave --previous out."
            )
        _known(self._folder.service(request.service))
        folder = self._folder.service(request.service).logs
        if request.follow:
            return logfiles.follow(folder, set(request.replicas), request.tail, request.since)
        names = [name for name in logfiles.replicas_in(folder) if not request.replicas or name in request.replicas]
        return logfiles.read(folder, names, request.since, request.tail)

    def configs(self, service: ServiceName) -> list[interface.Config]:
        """There are none here. Raises WrongUseError."""
        self._need(service)
        raise _no_configs(service)

    def set_config(
        self, service: ServiceName, name: str, version: str, changes: Mapping[str, str | None], by: str
    ) -> interface.Config:
        """There are none here. Raises WrongUseError."""
        self._need(service)
        raise _no_configs(service)

    def run(self, replica: ReplicaName, command: Sequence[str], timeout: float) -> interface.CommandResult:
        """Run a command beside a replica: its folder, its environment."""
        folder, revision, record = self._replica(replica)
        values = placeholders.values(folder, revision, record.port)
        environment = placeholders.environment(revision.definition.environment, values, record, folder.name)
        return host.run(command, environment, Path(values["release"]), timeout)

    def _replica(self, name: ReplicaName) -> tuple[files.ServiceFolder, model.WantedRevision, model.ReplicaRecord]:
        for service in self._services:
            desired, status = self._status(service)
            for record in status.replicas:
                if record.name == name:
                    return self._folder.service(service), desired.of(record.template), record
        raise errors.NotFoundError(f"There is no replica '{name}'.", mend="`accelerapp service replicas` lists them.")


def _no_configs(service: ServiceName) -> errors.WrongUseError:
    return errors.WrongUseError(
        f"{service} runs on the local platform, which has no ConfigMaps.",
        mend=f"Change `environment` in [services.{service}.local]; the next `accelerapp up` takes it.",
    )


def _known(folder: files.ServiceFolder) -> model.Desired:
    """What is wanted. Raises CannotTellError when nothing ever was."""
    desired = folder.read_desired()
    if desired is None:
        raise errors.CannotTellError(f"{folder.name} was never started here.", mend=_START)
    return desired


def _write(folder: files.ServiceFolder, desired: model.Desired) -> None:
    try:
        files.write_json(folder.desired, desired)
    except OSError as error:
        raise errors.AccelerappError(
            f"{folder.desired} cannot be written, so nothing has changed.", mend="Is the disk full?"
        ) from error


def _need_release(service: ServiceName, releases: Path, version: str) -> None:
    if version in ("", ".", "..") or "/" in version or "\0" in version or not (releases / version).is_dir():
        known = sorted(path.name for path in releases.iterdir() if path.is_dir()) if releases.is_dir() else []
        raise errors.NotFoundError(
            f"{service} has no release '{text.printable(version, 80)}'.",
            mend=f"{releases} holds: {', '.join(known) or 'none'}.",
        )
