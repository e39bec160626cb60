"""Whether the replicas of one service are ready: what they answered, who answered, and what follows from it."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field

from accelerapp.platforms.local import model, network, probe, proctable, replicas, report
from accelerapp.platforms.local.model import LEAVING, Phase, ReplicaRecord, Why

_FAILED_PROBES = 3


@dataclass
class _Watched:
    watch: probe.Watch
    work: Future[None]
    spawn_id: str
    owned: bool = field(default=False)
    """Is it known that the replica itself answers on its port?"""


class Readiness:
    """Watches over the replicas of one service."""

    def __init__(self, net: network.Network, known: replicas.Replicas, told: report.Report) -> None:
        self._network = net
        self._replicas = known
        self._report = told
        self._watched: dict[str, _Watched] = {}

    def look(self, desired: model.Desired, now: float) -> None:
        """Watch what runs, and take in what the replicas have answered."""
        for name in set(self._watched) - set(self._replicas.processes):
            self._forget(name)
        for name in self._replicas.processes:
            record = self._replicas.records[name]
            if record.phase in LEAVING or record.ended_for is not None:
                self._forget(name)
            elif record.port is None:
                self._settle(desired, record, now)
            else:
                self._judge(desired, record, now)

    def targets(self) -> tuple[int, ...]:
        """Ports for the proxy: of the ready replicas those whose last answer was good, if there are any."""
        ready = [one for one in self._replicas.records.values() if one.phase is Phase.READY and one.port]
        good = [
            one for one in ready if one.name not in self._watched or not self._watched[one.name].watch.answers.failed
        ]
        return tuple(one.port for one in good or ready if one.port)

    def stop(self) -> None:
        """Ask nobody any more."""
        for name in list(self._watched):
            self._forget(name)

    def _forget(self, name: str) -> None:
        watched = self._watched.pop(name, None)
        if watched is not None:
            watched.work.cancel()

    def _settle(self, desired: model.Desired, record: ReplicaRecord, now: float) -> None:
        """Without a port, having lived for the settle time is being ready."""
        settle = desired.of(record.template).definition.settle
        if record.phase is Phase.STARTING and now - (record.started_at or now) >= settle:
            self._ready(record, now)

    def _judge(self, desired: model.Desired, record: ReplicaRecord, now: float) -> None:
        watched = self._watch(desired, record)
        answers = watched.watch.answers
        if record.phase is Phase.READY:
            if answers.failed >= _FAILED_PROBES:
                self._replicas.become(record.name, Phase.UNREADY, answers.problem, now)
                self._report.warn("Unhealthy", answers.problem, record.name)
        elif answers.good:
            self._first_good(desired, record, watched, now)
        elif answers.problem and answers.problem != record.message:
            self._replicas.say(record.name, answers.problem)

    def _first_good(self, desired: model.Desired, record: ReplicaRecord, watched: _Watched, now: float) -> None:
        assert record.pid is not None
        assert record.port is not None
        watched.owned = watched.owned or proctable.listens(record.pid, record.port)
        if watched.owned:
            self._ready(record, now)
        else:
            reason = f"Another process answers on its port {record.port}."
            self._replicas.restart(desired, record.name, Why.PORT_TAKEN, reason, now)

    def _ready(self, record: ReplicaRecord, now: float) -> None:
        self._replicas.become(record.name, Phase.READY, "", now)
        self._report.event("Normal", "Ready", "It is ready.", record.name)

    def _watch(self, desired: model.Desired, record: ReplicaRecord) -> _Watched:
        assert record.port is not None
        watched = self._watched.get(record.name)
        if watched is None or watched.spawn_id != record.spawn_id:
            self._forget(record.name)
            watch = probe.Watch(record.port, desired.of(record.template).definition.health_path)
            watched = _Watched(watch, self._network.begin(watch.run()), record.spawn_id)
            self._watched[record.name] = watched
        return watched
