"""The replicas of one service: their records and their processes. A record is written before the deed."""

from __future__ import annotations

import operator
import secrets
import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from accelerapp.platforms.local import (
    decide,
    files,
    logfiles,
    model,
    placeholders,
    processes,
    proctable,
    report,
    wording,
)
from accelerapp.platforms.local.model import LEAVING, Phase, ReplicaRecord, Why

_ENDED_LOGS_KEPT = 20
_LOST_PORTS = 5
_KILL_AGAIN = 5.0
_QUIET_AFTER = 8
_QUIET_STEP = 10
_NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def mark_prefix(folder: files.Folder) -> str:
    """What the marks of all processes of this folder begin with."""
    return f"{folder.path.resolve()}#"


class Replicas:
    """Starts and ends what `decide` says, and notices what ended by itself."""

    def __init__(
        self, root: files.Folder, folder: files.ServiceFolder, told: report.Report, write: Callable[[], None]
    ) -> None:
        self._root = root
        self._folder = folder
        self._report = told
        self._write = write
        self.records: dict[str, ReplicaRecord] = {}
        self.processes: dict[str, processes.Process] = {}
        self._killed: set[str] = set()

    # -- after a restart -------------------------------------------------------------------------------------------

    def restore(self, status: model.Status, now: float) -> None:
        """Take over what an earlier supervisor left: adopt what runs, remember what ended."""
        unwritten = {one.spawn_id for one in status.replicas if one.spawn_id and not one.pid}
        found = processes.marked(unwritten.__contains__) if unwritten else {}
        for record in status.replicas:
            record = _on_this_boot(record, status, now, self._report.wall())
            leader = found.get(record.spawn_id, [None])[0]
            if leader is not None:
                record = record.with_(pid=leader.pid, identity=proctable.identity(leader.pid))
            elif record.spawn_id and not record.pid and record.phase is Phase.STARTING:
                record = record.with_(phase=Phase.WAITING, next_start_at=now, spawn_id="")  # it never was started
            self.records[record.name] = record
            process = processes.adopt(record.pid, record.identity) if record.pid else None
            if process is not None:
                self.processes[record.name] = process

    def marks(self) -> set[str]:
        """The marks of the processes that the records know."""
        return {record.spawn_id for record in self.records.values() if record.spawn_id}

    # -- starting --------------------------------------------------------------------------------------------------

    def create(self, desired: model.Desired, now: float) -> None:
        """Make a replica of the wanted template; the next decision starts it."""
        name = self._folder.name + "-" + "".join(secrets.choice(_NAME_LETTERS) for _ in range(5))
        self.records[name] = ReplicaRecord(
            name=name,
            template=desired.template,
            version=desired.current.version,
            phase=Phase.WAITING,
            since=now,
            message="It is about to start.",
        )

    def start(self, desired: model.Desired, name: str, taken: set[int], now: float) -> None:
        """Start the process of a replica on a free port that is not among the taken ones."""
        revision = desired.of(self.records[name].template)
        record = self._prepare(name, _free_port(taken) if revision.definition.port else None, now)
        try:
            process = self._spawn(record, revision)
        except (processes.StartError, OSError) as error:
            self._change(name, message=str(error))
            self._ended(name, model.Ending(now, None, "StartError"), now)
            return
        self.processes[name] = process
        self._change(name, pid=process.pid, identity=process.identity)
        self._write()
        if _is_told(record.failures):
            self._report.event("Normal", "Started", f"Started version {record.version} (pid {process.pid}).", name)

    def _prepare(self, name: str, port: int | None, now: float) -> ReplicaRecord:
        """Write down the mark of a process before it exists."""
        record = self._change(
            name,
            phase=Phase.STARTING,
            since=now,
            spawn_id=f"{mark_prefix(self._root)}{name}#{secrets.token_hex(6)}",
            pid=None,
            identity="",
            port=port,
            started_at=now,
            log_from=logfiles.size(self._log(name)),
            restarts=self.records[name].restarts + (self.records[name].ending is not None),
            ended_for=None,
            message="It has started and is not ready yet.",
        )
        self._write()
        return record

    def _spawn(self, record: ReplicaRecord, revision: model.WantedRevision) -> processes.Process:
        """Its process. Raises StartError, OSError."""
        files.private_folder(self._folder.data)
        values = placeholders.values(self._folder, revision, record.port)
        return processes.spawn(
            [placeholders.fill(part, values) for part in revision.definition.command],
            placeholders.environment(revision.definition.environment, values, record, self._folder.name),
            Path(values["release"]),
            self._log(record.name),
            record.spawn_id,
        )

    def _log(self, name: str) -> Path:
        return self._folder.logs / f"{name}.log"

    # -- ending ----------------------------------------------------------------------------------------------------

    def drain(self, name: str, now: float) -> None:
        """Give it no new requests."""
        if name not in self.processes:
            self._forget(name)
            return
        self._change(name, phase=Phase.DRAINING, since=now, message="It is not wanted any more and finishes its work.")

    def stop(self, desired: model.Desired, name: str, now: float) -> None:
        """Ask it to end."""
        definition = desired.of(self.records[name].template).definition
        record = self._change(
            name, phase=Phase.STOPPING, since=now, stop_by=now + definition.stop_grace, message="It is asked to end."
        )
        self._write()
        self._report.event("Normal", "Killing", f"Ending version {record.version}.", name)
        self._signal(name, processes.signal_number(definition.stop_signal))

    def restart(self, desired: model.Desired, name: str, why: Why, reason: str, now: float) -> None:
        """End a process of ours that is to start again: gently when it is late, at once otherwise."""
        record = self.records[name]
        definition = desired.of(record.template).definition
        gently = why is Why.NOT_READY
        message = f"{reason} {record.message}".strip() if gently else reason
        self._change(
            name, ended_for=why, stop_by=now + (definition.stop_grace if gently else _KILL_AGAIN), message=message
        )
        self._report.warn(why if why is Why.OUT_OF_MEMORY else "Unhealthy", message, name)
        self._signal(name, processes.signal_number(definition.stop_signal) if gently else signal.SIGKILL)

    def kill(self, name: str, now: float) -> None:
        """Its time is over."""
        if self.records[name].spawn_id not in self._killed:
            self._killed.add(self.records[name].spawn_id)
            self._report.warn("Killing", "It did not end in time and is killed.", name)
        self._change(name, stop_by=now + _KILL_AGAIN)
        self._signal(name, signal.SIGKILL)

    def _signal(self, name: str, number: int) -> None:
        if name in self.processes:
            self.processes[name].signal(number)

    def notice_exits(self, now: float) -> None:
        """See which processes have ended, and decide when their replicas start again."""
        for name, record in list(self.records.items()):
            process = self.processes.get(name)
            if process is None and record.phase is Phase.WAITING:
                continue
            ended = process.ended() if process is not None else processes.Exit(None)
            if ended is None:
                continue
            self.processes.pop(name, None)
            if record.spawn_id:  # what left the group
                processes.end_marked(partial(operator.eq, record.spawn_id))
            if record.phase in LEAVING:
                self._forget(name)
            else:
                self._ended(name, self._ending(record, ended, now), now)

    def _ending(self, record: ReplicaRecord, ended: processes.Exit, now: float) -> model.Ending:
        reason = record.ended_for or wording.reason(ended.code)
        if record.phase is Phase.STARTING and reason == "Error" and _is_taken(record.port):
            reason = Why.PORT_TAKEN
        last = logfiles.last_line(self._log(record.name), record.log_from)
        return model.Ending(now, ended.code, str(reason), last)

    def _ended(self, name: str, ending: model.Ending, now: float) -> None:
        """It ended without our will: start it again, later each time that it fails soon."""
        record = self.records[name]
        lost = record.lost_ports + 1 if ending.reason == Why.PORT_TAKEN else 0
        failures = decide.failures_after(record, now) if not 0 < lost <= _LOST_PORTS else record.failures
        wait = decide.pause(failures)
        ending = replace(ending, story=wording.story(ending, record.message))
        self._change(
            name,
            phase=Phase.WAITING,
            since=now,
            pid=None,
            identity="",
            port=None,
            spawn_id="",
            failures=failures,
            lost_ports=lost,
            next_start_at=now + wait,
            ending=ending,
            message=f"{ending.story} {wording.again(failures, wait)}",
        )
        if _is_told(failures):
            word = "BackOff" if failures > 1 else "Exited"
            self._report.warn(word, self.records[name].message, name)

    def _forget(self, name: str) -> None:
        self.records.pop(name, None)
        logfiles.prune(self._folder.logs, self.records, _ENDED_LOGS_KEPT)

    def _change(self, name: str, **changes: object) -> ReplicaRecord:
        self.records[name] = self.records[name].with_(**changes)
        return self.records[name]

    def become(self, name: str, phase: Phase, message: str, now: float) -> None:
        """Its readiness has changed."""
        self._change(name, phase=phase, since=now, message=message, lost_ports=0)

    def say(self, name: str, message: str) -> None:
        """Why it is not ready yet."""
        self._change(name, message=message)


def _on_this_boot(record: ReplicaRecord, status: model.Status, now: float, wall: float) -> ReplicaRecord:
    """The record with times that count from this start of the machine, and none to wait for longer than it may be."""
    if status.boot != proctable.boot():
        shift = now - wall - (status.steady - status.at)
        ending = record.ending
        record = record.with_(
            since=record.since + shift,
            started_at=None if record.started_at is None else record.started_at + shift,
            ending=ending and replace(ending, at=ending.at + shift),
            next_start_at=now,
            stop_by=now,
        )
    return record.with_(
        since=min(record.since, now), next_start_at=min(record.next_start_at, now + decide.LONGEST_PAUSE)
    )


def _is_told(failures: int) -> bool:
    """In a long crash loop only some starts are told, or they would push all else out of the events."""
    return failures <= _QUIET_AFTER or failures % _QUIET_STEP == 0


def _free_port(taken: set[int]) -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in taken:
            return port


def _is_taken(port: int | None) -> bool:
    """Does another process listen on the port?"""
    if port is None:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
