"""Operates one service: looks, asks `decide` what to do, does it, and writes down what is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import Executor, Future

import accelerapp
from accelerapp.base import clock as clocks
from accelerapp.base import errors
from accelerapp.platforms.local import (
    decide,
    entrance,
    files,
    meter,
    model,
    network,
    proctable,
    readiness,
    replicas,
    report,
    rotation,
    segments,
)


class Operator:
    """One service. All its methods are called from one thread."""

    def __init__(
        self,
        root: files.Folder,
        folder: files.ServiceFolder,
        clock: clocks.Clock,
        net: network.Network,
        complaints: report.Complaints,
        most_connections: int,
    ) -> None:
        self.folder = folder
        self._complaints = complaints
        self._report = report.Report(folder, clock, complaints)
        self._replicas = replicas.Replicas(root, folder, self._report, self._write)
        self._readiness = readiness.Readiness(net, self._replicas, self._report)
        self._entrance = entrance.Entrance(net, self._report, most_connections)
        self._meter = meter.Meter(self._replicas)
        self._desired: model.Desired | None = None
        self._desired_stamp = (0, 0)
        self._done: model.Template | None = None
        self._now = 0.0
        self._rotating: Future[list[tuple[str, rotation.Outcome]]] | None = None

    def restore(self, now: float) -> None:
        """Take over what an earlier supervisor left."""
        files.remove_unfinished(self.folder.path)
        try:
            status = self.folder.read_status()
        except errors.CannotTellError as error:
            # Without its record a replica can't be adopted safely: the marked processes are ended and made anew.
            self._report.warn("StatusDamaged", error.message)
            return
        if status is not None:
            self._done = status.done
            self._replicas.restore(status, now)
            self._meter.restore(status.usage if status.boot == proctable.boot() else ())

    def marks(self) -> set[str]:
        """The marks of the processes that this service knows."""
        return self._replicas.marks()

    def ports(self) -> set[int]:
        """The ports that its replicas have been given."""
        return {record.port for record in self._replicas.records.values() if record.port}

    def leaders(self) -> list[int]:
        """The leaders of the running replicas."""
        return [process.pid for process in self._replicas.processes.values()]

    # -- the step --------------------------------------------------------------------------------------------------

    def step(self, taken: set[int], now: float) -> None:
        """One look, one decision, its actions, and the truth written down. Ports in `taken` are given to nobody."""
        self._now = now
        self._read_desired()
        desired = self._desired
        if desired is None:
            return
        self._replicas.notice_exits(now)
        self._readiness.look(desired, now)
        busy = {one.name for one in self._replicas.records.values() if self._entrance.connections(one.port)}
        for action in decide.decide(desired, tuple(self._replicas.records.values()), busy, now):
            self._act(desired, action, taken, now)
        nobody = desired.stopped and not self._replicas.records
        port = None if nobody else desired.current.definition.port
        self._entrance.keep(port, self._readiness.targets(), now)
        self._finish(desired, now)
        self._write()

    def _read_desired(self) -> None:
        try:
            stat = self.folder.desired.stat()
        except FileNotFoundError:
            return
        if (stat.st_mtime_ns, stat.st_ino) == self._desired_stamp:
            return
        self._desired_stamp = (stat.st_mtime_ns, stat.st_ino)
        try:
            self._desired = self.folder.read_desired()
        except errors.CannotTellError as error:  # go on with what was wanted before
            self._report.warn("DesiredDamaged", error.message)

    def _act(self, desired: model.Desired, action: decide.Action, taken: set[int], now: float) -> None:
        match action:
            case decide.Create():
                self._replicas.create(desired, now)
            case decide.Start(name):
                self._replicas.start(desired, name, taken | self.ports(), now)
            case decide.Drain(name):
                self._replicas.drain(name, now)
            case decide.Stop(name):
                self._replicas.stop(desired, name, now)
            case decide.Restart(name, why, reason):
                self._replicas.restart(desired, name, why, reason, now)
            case decide.Kill(name):
                self._replicas.kill(name, now)

    def _finish(self, desired: model.Desired, now: float) -> None:
        if desired.stopped or not decide.is_done(desired, tuple(self._replicas.records.values()), now):
            return
        if self._done != desired.template:
            self._report.event("Normal", "RolloutComplete", f"Version {desired.current.version} is rolled out.")
        self._done = desired.template

    def _write(self) -> None:
        self._report.status(self._now, self._status)

    def _status(self) -> model.Status:
        assert self._desired is not None
        records = tuple(self._replicas.records.values())
        phase, message = decide.rollout(self._desired, records, self._done, self._now)
        port = self._desired.current.definition.port
        return model.Status(
            at=self._report.wall(),
            steady=self._now,
            boot=proctable.boot(),
            supervisor_pid=os.getpid(),
            code=accelerapp.__version__,
            replicas=records,
            usage=self._meter.usage(),
            done=self._done,
            judged=self._desired.template,
            phase=phase,
            message=message,
            proxy_problem=self._entrance.problem,
            address=f"http://127.0.0.1:{port}" if port else "",
        )

    # -- now and then ----------------------------------------------------------------------------------------------

    def measured(self, figures: Mapping[int, proctable.Measured], now: float) -> None:
        """Take the figures of one measurement."""
        if self._desired is not None:
            self._meter.take(self._desired, figures, now)

    def rotate_logs(self, worker: Executor) -> None:
        """Rotate the logs that have grown too large, in another thread: copying takes its time."""
        if self._desired is None or (self._rotating is not None and not self._rotating.done()):
            return
        if self._rotating is not None:
            self._tell_rotation(self._rotating)
        definition = self._desired.current.definition
        logs = [segments.Log(self.folder.logs, name) for name in self._replicas.processes]
        self._rotating = worker.submit(_rotate, logs, definition.log_size, definition.log_files)

    def _tell_rotation(self, rotated: Future[list[tuple[str, rotation.Outcome]]]) -> None:
        error = rotated.exception()
        if error is not None:
            self._complaints.say(f"{self.folder.name}: a log could not be rotated: {error}")
            return
        for name, outcome in rotated.result():
            if outcome in rotation.WORDS:
                self._report.warn(*rotation.WORDS[outcome], name)

    def end_all(self) -> None:
        """Kill every replica: the folder is gone, and nobody could operate them any more."""
        for process in self._replicas.processes.values():
            process.signal(9)

    def close(self) -> None:
        """Let go of everything; the replicas go on."""
        self._entrance.stop()
        self._readiness.stop()


def _rotate(logs: list[segments.Log], limit: int, keep: int) -> list[tuple[str, rotation.Outcome]]:
    return [(log.replica, rotation.rotate(log, limit, keep)) for log in logs]
