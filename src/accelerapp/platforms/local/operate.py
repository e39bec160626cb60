"""Operates one service: does what `decide` says, and keeps `status.json` and the events true."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import traceback
from collections.abc import Mapping
from pathlib import Path

import psutil

from accelerapp.base import errors, text
from accelerapp.platforms.local import (
    decide,
    files,
    logfiles,
    model,
    placeholders,
    probe,
    processes,
    proxy,
    rotation,
    segments,
    wording,
)
from accelerapp.platforms.local.model import Phase, ReplicaRecord

_PROBE_EVERY = 1.0
_FAILED_PROBES = 3
_STATUS_EVERY = 2.0
_PROXY_RETRY = 3.0
_ENDED_LOGS_KEPT = 20
_NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def mark_prefix(folder: files.Folder) -> str:
    """What the marks of all processes of this folder begin with."""
    return f"{folder.path.resolve()}#"


class Operator:
    """One service."""

    def __init__(self, root: files.Folder, folder: files.ServiceFolder) -> None:
        self._root = root
        self.folder = folder
        self._desired: model.Desired | None = None
        self._desired_stamp = (0, 0)
        self._replicas: dict[str, ReplicaRecord] = {}
        self._processes: dict[str, processes.Process] = {}
        self._probes: dict[str, asyncio.Task[None]] = {}
        self._failed_probes: dict[str, int] = {}
        self._owned: set[str] = set()
        self._usage: dict[str, model.Usage] = {}
        self._cpu: dict[str, float] = {}
        self._done: model.Template | None = None
        self._proxy: proxy.Proxy | None = None
        self._proxy_problem = ""
        self._proxy_retry_at = 0.0
        self._written: tuple[object, ...] = ()
        self._written_at = 0.0
        self._restore()

    # -- after a restart -------------------------------------------------------------------------------------------

    def _restore(self) -> None:
        """Take over what an earlier supervisor left: adopt what runs, remember what ended."""
        try:
            status = self.folder.read_status()
        except errors.CannotTellError as error:
            # Without its record a replica can't be adopted safely: the marked processes are ended and made anew.
            self._event(_now(), "Warning", "StatusDamaged", error.message)
            return
        if status is None:
            return
        self._done = status.done
        self._usage = {usage.replica: usage for usage in status.usage}
        unknown = [replica for replica in status.replicas if replica.spawn_id and not replica.pid]
        wanted = {replica.spawn_id for replica in unknown}
        found = processes.marked(wanted.__contains__) if unknown else {}
        for replica in status.replicas:
            leader = found.get(replica.spawn_id, [None])[0]
            if leader is not None:
                replica = replica.with_(pid=leader.pid, create_time=leader.create_time())
            self._replicas[replica.name] = replica
            if replica.pid and replica.create_time is not None:
                process = processes.adopt(replica.pid, replica.create_time)
                if process is not None:
                    self._processes[replica.name] = process

    def marks(self) -> set[str]:
        """The marks of the processes that this service knows."""
        return {replica.spawn_id for replica in self._replicas.values() if replica.spawn_id}

    def pids(self) -> list[int]:
        """The leaders of the running replicas."""
        return [process.pid for process in self._processes.values()]

    # -- the step --------------------------------------------------------------------------------------------------

    async def step(self, now: float) -> None:
        """One look, one decision, its actions, and the truth written down."""
        self._read_desired()
        desired = self._desired
        if desired is None:
            return
        self._notice_exits(desired, now)
        for action in decide.decide(desired, tuple(self._replicas.values()), now):
            self._act(desired, action, now)
        self._keep_probing(desired)
        await self._keep_proxy(desired, now)
        if not desired.stopped and decide.is_done(desired, tuple(self._replicas.values()), now):
            if self._done != desired.template:
                self._event(now, "Normal", "RolloutComplete", f"Version {desired.current.version} is rolled out.")
            self._done = desired.template
        self.write_status(now)

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
            self._event(_now(), "Warning", "DesiredDamaged", error.message)

    def _act(self, desired: model.Desired, action: decide.Action, now: float) -> None:
        match action:
            case decide.Create():
                self._create(desired, now)
            case decide.Start(name):
                self._start(desired, self._replicas[name], now)
            case decide.Stop(name):
                self._stop(desired, self._replicas[name], now)
            case decide.Replace(name, reason):
                self._replace(self._replicas[name], reason, now)
            case decide.Kill(name):
                self._kill(name)

    # -- starting --------------------------------------------------------------------------------------------------

    def _create(self, desired: model.Desired, now: float) -> None:
        name = self.folder.name + "-" + "".join(secrets.choice(_NAME_LETTERS) for _ in range(5))
        replica = ReplicaRecord(
            name=name,
            template=desired.template,
            version=desired.current.version,
            phase=Phase.WAITING,
            since=now,
            message="It is about to start.",
        )
        self._replicas[name] = replica
        self._start(desired, replica, now)

    def _start(self, desired: model.Desired, replica: ReplicaRecord, now: float) -> None:
        revision = desired.of(replica.template)
        port = _free_port() if revision.definition.port else None
        again = replica.ending is not None
        replica = replica.with_(
            phase=Phase.STARTING,
            since=now,
            spawn_id=f"{mark_prefix(self._root)}{replica.name}#{secrets.token_hex(6)}",
            pid=None,
            create_time=None,
            port=port,
            started_at=now,
            restarts=replica.restarts + again,
            ended_reason="",
            message="It has started and is not ready yet.",
        )
        self._replicas[replica.name] = replica
        self.write_status(now)  # the mark is on the disk before the process exists
        values = placeholders.values(self.folder, revision, port)
        try:
            self.folder.data.mkdir(parents=True, exist_ok=True)
            process = processes.spawn(
                [placeholders.fill(part, values) for part in revision.definition.command],
                placeholders.environment(revision.definition.environment, values, replica, self.folder.name),
                Path(values["release"]),
                self.folder.logs / f"{replica.name}.log",
                replica.spawn_id,
            )
        except (processes.StartError, OSError) as error:
            self._fail(replica, model.Ending(now, None, "StartError", str(error)), now)
            return
        self._processes[replica.name] = process
        self._owned.discard(replica.name)
        self._failed_probes[replica.name] = 0
        self._replicas[replica.name] = replica.with_(pid=process.pid, create_time=process.create_time)
        self.write_status(now)
        self._event(now, "Normal", "Started", f"Started version {replica.version} (pid {process.pid}).", replica.name)

    # -- ending ----------------------------------------------------------------------------------------------------

    def _stop(self, desired: model.Desired, replica: ReplicaRecord, now: float) -> None:
        if replica.name not in self._processes:
            self._forget(replica.name)
            return
        revision = desired.of(replica.template)
        grace = revision.definition.stop_grace
        self._replicas[replica.name] = replica.with_(
            phase=Phase.STOPPING, since=now, stop_by=now + grace, message="It is not wanted any more and ends."
        )
        self.write_status(now)
        self._event(now, "Normal", "Killing", f"Ending version {replica.version}.", replica.name)
        self._cancel_probe(replica.name)
        busy = self._proxy.connections(replica.port) if self._proxy and replica.port else 0
        number = processes.signal_number(revision.definition.stop_signal)
        if busy:
            self._probes[replica.name] = asyncio.create_task(self._drain(replica, number, grace))
        else:
            self._processes[replica.name].signal(number)

    async def _drain(self, replica: ReplicaRecord, number: int, grace: float) -> None:
        """Let open requests end before the signal, for half of the grace at most."""
        assert self._proxy is not None
        assert replica.port is not None
        for _ in range(int(grace / 2 / 0.05)):
            if not self._proxy.connections(replica.port):
                break
            await asyncio.sleep(0.05)
        if replica.name in self._processes:
            self._processes[replica.name].signal(number)

    def _replace(self, replica: ReplicaRecord, reason: str, now: float) -> None:
        why = f"{reason} {replica.message}".strip()
        self._event(now, "Warning", "Unhealthy", why, replica.name)
        self._replicas[replica.name] = replica.with_(ended_reason="NotReady", since=now, message=why)
        self._kill(replica.name)

    def _kill(self, name: str) -> None:
        if name in self._processes:
            self._processes[name].signal(signal.SIGKILL)

    def _notice_exits(self, desired: model.Desired, now: float) -> None:
        for name, replica in list(self._replicas.items()):
            process = self._processes.get(name)
            if process is not None:
                ended = process.ended()
                if ended is None:
                    continue
                processes.send(process.pid, signal.SIGKILL)  # what is left of its group
                processes.end_marked(replica.spawn_id)
                del self._processes[name]
            elif replica.phase is Phase.WAITING:
                continue
            else:
                ended = processes.Exit(None)  # it ended while no supervisor looked
            self._cancel_probe(name)
            if replica.phase is Phase.STOPPING:
                self._forget(name)
            else:
                self._fail(replica, self._ending(replica, ended, now), now)

    def _ending(self, replica: ReplicaRecord, ended: processes.Exit, now: float) -> model.Ending:
        reason = replica.ended_reason or wording.reason(ended.code)
        return model.Ending(now, ended.code, reason, logfiles.last_line(self.folder.logs / f"{replica.name}.log"))

    def _fail(self, replica: ReplicaRecord, ending: model.Ending, now: float) -> None:
        """It ended by itself: start it again, later each time it fails soon."""
        lived = now - (replica.started_at or now)
        failures = 1 if lived >= decide.STABLE_AFTER else replica.failures + 1
        wait = decide.pause(failures)
        self._replicas[replica.name] = replica.with_(
            phase=Phase.WAITING,
            since=now,
            pid=None,
            create_time=None,
            port=None,
            spawn_id="",
            failures=failures,
            next_start_at=now + wait,
            ending=ending,
            message=wording.sentence(ending, failures, wait, replica.message),
        )
        self._usage.pop(replica.name, None)
        self._cpu.pop(replica.name, None)
        word = "BackOff" if failures > 1 else "Exited"
        self._event(now, "Warning", word, self._replicas[replica.name].message, replica.name)

    def _forget(self, name: str) -> None:
        self._replicas.pop(name, None)
        self._usage.pop(name, None)
        self._cpu.pop(name, None)
        logfiles.prune(self.folder.logs, set(self._replicas), _ENDED_LOGS_KEPT)

    # -- readiness and the proxy -----------------------------------------------------------------------------------

    def _keep_probing(self, desired: model.Desired) -> None:
        for name in self._processes:
            replica = self._replicas[name]
            if name not in self._probes and replica.phase is not Phase.STOPPING:
                revision = desired.of(replica.template)
                self._probes[name] = asyncio.create_task(self._watch(name, revision.definition))

    def _cancel_probe(self, name: str) -> None:
        task = self._probes.pop(name, None)
        if task is not None:
            task.cancel()

    async def _watch(self, name: str, definition: model.Definition) -> None:
        """Ask one replica again and again whether it is ready."""
        try:
            while name in self._processes:
                replica = self._replicas[name]
                problem = await self._problem(replica, definition)
                self._judge(name, problem)
                quick = self._replicas[name].phase is Phase.STARTING
                await asyncio.sleep(0.1 if quick else _PROBE_EVERY)
        except Exception:  # the next step starts a new watch
            files.say(traceback.format_exc())
            self._probes.pop(name, None)

    async def _problem(self, replica: ReplicaRecord, definition: model.Definition) -> str:
        """Why the replica is not ready; empty when it is. Without a port, running is being ready."""
        if replica.port is None or replica.pid is None:
            return ""
        problem = await probe.ready(replica.port, definition.health_path)
        if not problem and replica.name not in self._owned:
            if not await asyncio.to_thread(processes.listens, replica.pid, replica.port):
                return f"Another process answers on its port {replica.port}."
            self._owned.add(replica.name)
        return problem

    def _judge(self, name: str, problem: str) -> None:
        replica = self._replicas.get(name)
        if replica is None or name not in self._processes or replica.ended_reason:
            return
        now = _now()
        if not problem:
            self._failed_probes[name] = 0
            if replica.phase in (Phase.STARTING, Phase.UNREADY):
                self._replicas[name] = replica.with_(phase=Phase.READY, since=now, message="")
                self._event(now, "Normal", "Ready", "It is ready.", name)
        elif replica.phase is Phase.READY:
            self._failed_probes[name] = self._failed_probes.get(name, 0) + 1
            if self._failed_probes[name] >= _FAILED_PROBES:
                self._replicas[name] = replica.with_(phase=Phase.UNREADY, since=now, message=problem)
                self._event(now, "Warning", "Unhealthy", problem, name)
        elif replica.phase in (Phase.STARTING, Phase.UNREADY):
            self._replicas[name] = replica.with_(message=problem)

    def _targets(self) -> list[int]:
        return [
            replica.port
            for replica in self._replicas.values()
            if replica.phase is Phase.READY and replica.port and not self._failed_probes.get(replica.name)
        ] or [replica.port for replica in self._replicas.values() if replica.phase is Phase.READY and replica.port]

    async def _keep_proxy(self, desired: model.Desired, now: float) -> None:
        port = None if desired.stopped and not self._replicas else desired.current.definition.port
        if self._proxy is not None and self._proxy.port != port:
            await self._proxy.stop()
            self._proxy = None
        if port is None or self._proxy is not None or now < self._proxy_retry_at:
            return
        one = proxy.Proxy(port, self._targets)
        try:
            await one.start()
        except OSError as error:
            self._proxy_retry_at = now + _PROXY_RETRY
            self._report_proxy(port, error, now)
            return
        self._proxy, self._proxy_problem = one, ""
        self._event(now, "Normal", "Listening", f"The service is reached at http://127.0.0.1:{port}.")

    def _report_proxy(self, port: int, error: OSError, now: float) -> None:
        pid = processes.listener(port)
        holder = f" by pid {pid}" if pid else ""
        problem = f"Port {port} is taken{holder}." if error.errno == 98 else f"Port {port}: {error.strerror}."
        if problem != self._proxy_problem:
            self._event(now, "Warning", "PortInUse", problem)
        self._proxy_problem = problem

    # -- usage, logs, status ---------------------------------------------------------------------------------------

    def use(self, measured: Mapping[int, processes.Measured], seconds: float, now: float) -> None:
        """Take the figures of one measurement; end a replica above its memory limit."""
        for name, process in self._processes.items():
            found = measured.get(process.pid)
            if found is None:
                continue
            before = self._cpu.get(name)
            self._cpu[name] = found.cpu_seconds
            if before is not None and seconds > 0:
                cores = max(0.0, found.cpu_seconds - before) / seconds
                self._usage[name] = model.Usage(name, round(cores, 4), found.memory_bytes, now)
            self._check_memory(self._replicas[name], found.memory_bytes, now)

    def _check_memory(self, replica: ReplicaRecord, used: int, now: float) -> None:
        limit = self._desired.of(replica.template).definition.memory_limit if self._desired else 0
        if limit and used > limit and not replica.ended_reason and replica.phase is not Phase.STOPPING:
            message = f"It used {text.size(used)} of memory, above its limit of {text.size(limit)}."
            self._replicas[replica.name] = replica.with_(ended_reason="OOMKilled", message=message)
            self._event(now, "Warning", "OOMKilled", message, replica.name)
            self._kill(replica.name)

    def rotate_logs(self, now: float) -> None:
        """Rotate the logs that have grown too large."""
        if self._desired is None:
            return
        definition = self._desired.current.definition
        for name in self._processes:
            log = segments.Log(self.folder.logs, name)
            outcome = rotation.rotate(log, definition.log_size, definition.log_files)
            if outcome in rotation.WORDS:
                self._event(now, "Warning", *rotation.WORDS[outcome], name)

    def _event(self, now: float, kind: str, reason: str, message: str, replica: str = "") -> None:
        try:
            self.folder.append_event(model.EventRecord(now, kind, reason, message, replica))
        except OSError as error:  # a full disk must not stop the work
            files.say(f"event not written ({error}): {reason} {message}")

    def write_status(self, now: float) -> None:
        """Write the truth down when it changed, and now and then so that readers see we live."""
        desired = self._desired
        if desired is None:
            return
        replicas = tuple(self._replicas.values())
        phase, message = decide.rollout(desired, replicas, self._done, now)
        content: tuple[object, ...] = (replicas, self._done, phase, message, self._proxy_problem)
        if content == self._written and 0 <= now - self._written_at < _STATUS_EVERY:
            return
        port = desired.current.definition.port
        status = model.Status(
            at=now,
            supervisor_pid=os.getpid(),
            supervisor_create_time=psutil.Process().create_time(),
            replicas=replicas,
            usage=tuple(self._usage.values()),
            done=self._done,
            judged=desired.template,
            phase=phase,
            message=message,
            proxy_problem=self._proxy_problem,
            address=f"http://127.0.0.1:{port}" if port else "",
        )
        try:
            files.write_json(self.folder.status, status, durable=content != self._written)
        except OSError as error:  # a full disk: go on and write again at the next step
            files.say(f"status of {self.folder.name} not written: {error}")
            return
        self._written, self._written_at = content, now

    async def close(self) -> None:
        """Let go of everything; the replicas go on."""
        for task in self._probes.values():
            task.cancel()
        if self._proxy is not None:
            await self._proxy.stop()


def _now() -> float:
    from accelerapp.base.clock import SystemClock

    return SystemClock().now().timestamp()


def _free_port() -> int:
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        port: int = probe_socket.getsockname()[1]
        return port
