"""The local platform as others see it: writes what is wanted, reads what is. It and the supervisor share files only."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from accelerapp.base import clock as clocks
from accelerapp.base import errors, text
from accelerapp.base.ids import ReplicaName, ServiceName
from accelerapp.base.settings.model import Local
from accelerapp.platforms import interface
from accelerapp.platforms.local import files, host, logfiles, model, placeholders, states

_REVISIONS_KEPT = 50
_STALE_AFTER = 15.0
_START_TIME = 10.0
_STOP_MARGIN = 15.0
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
        return self._folder.supervisor_pid() is not None

    def start(self) -> None:
        """Want what the settings say, and see to it that a supervisor runs. Harmless when one does."""
        for name in self._services:
            self._apply(name)
        if not self.is_running():
            self._spawn()
        if not self._wait(lambda: all(self._is_reported(name) for name in self._services), _START_TIME):
            raise errors.CannotTellError(
                "The local supervisor did not start.", mend=f"It says why in {self._folder.log}."
            )

    def _is_reported(self, name: ServiceName) -> bool:
        """Has the supervisor that runs now told of this service?"""
        try:
            status = self._folder.service(name).read_status()
        except errors.CannotTellError:  # left damaged by an earlier one, and soon written anew
            return False
        return status is not None and status.supervisor_pid == self._folder.supervisor_pid()

    def _spawn(self) -> None:
        self._folder.path.mkdir(parents=True, exist_ok=True)
        with self._folder.log.open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-m", "accelerapp.platforms.local.supervisor", str(self._folder.path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
            )

    def stop(self) -> None:
        """End the services as `on_exit` says, the last of the settings first; the supervisor ends with the last one.

        A service that others need stands before them in the settings, and so ends after them.
        """
        ending = [name for name, local in self._services.items() if local.on_exit == "stop"]
        if not self.is_running():
            return
        for name in reversed(ending):
            self._change(name, lambda desired: replace(desired, stopped=True))
            self._wait_until_gone(name)
        if len(ending) == len(self._services):
            self.stop_supervisor()

    def _wait_until_gone(self, name: ServiceName) -> None:
        grace = self._services[name].stop_grace.total_seconds()
        self._wait(lambda: self._is_gone(name), grace + _STOP_MARGIN)

    def stop_supervisor(self) -> None:
        """End the supervisor alone; replicas that run go on and are adopted by the next one."""
        pid = self._folder.supervisor_pid()
        if pid:
            os.kill(pid, signal.SIGTERM)
            self._wait(lambda: not self.is_running(), _STOP_MARGIN)

    def _is_gone(self, name: ServiceName) -> bool:
        status = self._folder.service(name).read_status()
        return status is None or not status.replicas

    def _wait(self, condition: object, seconds: float) -> bool:
        assert callable(condition)
        for _ in range(int(seconds / 0.05)):
            if condition():
                return True
            self._clock.sleep(0.05)
        return bool(condition())

    # -- what is wanted --------------------------------------------------------------------------------------------

    def _apply(self, name: ServiceName) -> None:
        """Bring the settings of a service into what is wanted. What was set since stays, other settings renew."""
        local = self._services[name]
        definition = _definition(local)
        configured = _fingerprint(definition)
        folder = self._folder.service(name)
        with folder.locked():
            desired = folder.read_desired()
            if desired is None:
                first = model.WantedRevision(1, local.release, self._at(), "settings", (), definition)
                desired = model.Desired(local.replicas, 0, False, (first,), configured)
            elif desired.configured != configured:
                desired = self._revise(
                    replace(desired, configured=configured), desired.current.version, definition, "settings"
                )
            files.write_json(folder.desired, replace(desired, stopped=False))

    def _at(self) -> float:
        return self._clock.now().timestamp()

    def _revise(self, desired: model.Desired, version: str, definition: model.Definition, by: str) -> model.Desired:
        before = desired.current
        revision = model.WantedRevision(
            before.number + 1, version, self._at(), by, states.changes(before, version, definition), definition
        )
        return replace(desired, revisions=(*desired.revisions, revision)[-_REVISIONS_KEPT:])

    def _change(self, name: ServiceName, change: object) -> model.Desired:
        assert callable(change)
        folder = self._folder.service(name)
        with folder.locked():
            desired = folder.read_desired()
            if desired is None:
                raise errors.CannotTellError(
                    f"{name} was never started here.", mend="Start the product with `accelerapp up`."
                )
            changed: model.Desired = change(desired)
            if changed != desired:
                files.write_json(folder.desired, changed)
            return changed

    def set_version(self, service: ServiceName, version: str, by: str) -> interface.Revision:
        """Want this version. Raises NotFoundError when there is no such release."""
        self._need(service)
        self._need_release(service, version)
        desired = self._change(
            service,
            lambda desired: (
                desired
                if desired.current.version == version
                else self._revise(desired, version, desired.current.definition, by)
            ),
        )
        return states.revision(desired.current)

    def _need_release(self, service: ServiceName, version: str) -> None:
        releases = self._services[service].releases
        if version in ("", ".", "..") or "/" in version or not (releases / version).is_dir():
            known = sorted(path.name for path in releases.iterdir() if path.is_dir()) if releases.is_dir() else []
            raise errors.NotFoundError(
                f"{service} has no release '{text.printable(version, 80)}'.",
                mend=f"{releases} holds: {', '.join(known) or 'none'}.",
            )

    def undo(self, service: ServiceName, by: str, to: int | None = None) -> interface.Revision:
        """Want an earlier revision again, its configuration included. Raises NotFoundError."""
        self._need(service)

        def back(desired: model.Desired) -> model.Desired:
            earlier = desired.revisions[-2] if to is None and len(desired.revisions) > 1 else desired.revision(to or 0)
            if earlier is None:
                known = ", ".join(str(revision.number) for revision in desired.revisions)
                raise errors.NotFoundError(
                    f"{service} has no {'earlier revision' if to is None else f'revision {to}'}.",
                    mend=f"Kept revisions: {known}.",
                )
            self._need_release(service, earlier.version)
            return self._revise(desired, earlier.version, earlier.definition, by)

        return states.revision(self._change(service, back).current)

    def scale(self, service: ServiceName, replicas: int, by: str) -> None:
        """Want so many replicas, 0 to 100."""
        self._need(service)
        if not 0 <= replicas <= 100:
            raise errors.WrongUseError(f"{replicas} is not a number of replicas.", mend="Take one from 0 to 100.")
        before = self._change(service, lambda desired: desired).replicas
        self._change(service, lambda desired: replace(desired, replicas=replicas))
        self._tell(service, "Scaled", f"{by} scaled from {before} to {replicas} replicas.")

    def restart(self, service: ServiceName, by: str) -> None:
        """Replace every replica, one after the other."""
        self._need(service)
        self._change(service, lambda desired: replace(desired, restart=desired.restart + 1))
        self._tell(service, "Restarted", f"{by} asked to replace every replica.")

    def _tell(self, service: ServiceName, reason: str, message: str) -> None:
        self._folder.service(service).append_event(model.EventRecord(self._at(), "Normal", reason, message))

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
            raise errors.CannotTellError(_NOT_RUNNING, mend="Start it with `accelerapp up`.")
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
        desired, status = self._status(service)
        limit = desired.current.definition.memory_limit or None
        return [
            interface.ReplicaUsage(
                ReplicaName(usage.replica), usage.cpu_cores, usage.memory_bytes, limit, states.time(usage.at)
            )
            for usage in status.usage
        ]

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
        desired = self._folder.service(service).read_desired()
        return [states.revision(revision) for revision in reversed(desired.revisions)] if desired else []

    def log_names(self, service: ServiceName) -> list[ReplicaName]:
        """Replicas that have a log, the longest unwritten first."""
        self._need(service)
        return [ReplicaName(name) for name in logfiles.replicas_in(self._folder.service(service).logs)]

    def logs(self, request: interface.LogRequest) -> Iterator[interface.LogChunk]:
        """The logs of the replicas, ended ones included. When following, an empty chunk says that nothing came."""
        self._need(request.service)
        folder = self._folder.service(request.service).logs
        if request.follow:
            return logfiles.follow(folder, set(request.replicas), request.tail, request.since)
        names = [name for name in logfiles.replicas_in(folder) if not request.replicas or name in request.replicas]
        return logfiles.read(folder, names, request.since, request.tail)

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


def _definition(local: Local) -> model.Definition:
    return model.Definition(
        releases=str(local.releases),
        command=local.command,
        environment=dict(local.environment),
        port=local.port,
        health_path=local.health_path,
        memory_limit=local.memory_limit,
        ready_timeout=local.ready_timeout.total_seconds(),
        settle=local.settle.total_seconds(),
        stop_signal=local.stop_signal,
        stop_grace=local.stop_grace.total_seconds(),
        log_size=local.log_size,
        log_files=local.log_files,
    )


def _fingerprint(definition: model.Definition) -> str:
    return hashlib.sha256(json.dumps(asdict(definition), sort_keys=True).encode()).hexdigest()[:16]
