"""From the supervisor's records to the nouns of the interface. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from accelerapp.base.ids import ReplicaName, ServiceName
from accelerapp.platforms import interface
from accelerapp.platforms.interface import ReplicaState
from accelerapp.platforms.local import model
from accelerapp.platforms.local.model import LEAVING, Phase

_STATES = {
    Phase.STARTING: ReplicaState.STARTING,
    Phase.READY: ReplicaState.RUNNING,
    Phase.UNREADY: ReplicaState.RUNNING,
    Phase.DRAINING: ReplicaState.TERMINATING,
    Phase.STOPPING: ReplicaState.TERMINATING,
}


def time(seconds: float) -> datetime:
    """Seconds since 1970 as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)


def workload(service: ServiceName, desired: model.Desired, status: model.Status) -> interface.Workload:
    """The service as others see it."""
    live = [record for record in status.replicas if record.phase not in LEAVING]
    message = " ".join(part for part in (status.message, status.proxy_problem) if part)
    return interface.Workload(
        service=service,
        desired=0 if desired.stopped else desired.replicas,
        ready=sum(record.phase is Phase.READY for record in live),
        updated=sum(record.template == desired.template for record in live),
        version=desired.current.version,
        revision=desired.current.number,
        phase=_phase(desired, status, live),
        message=message,
        replicas=tuple(replica(record, status) for record in status.replicas),
        address=status.address,
    )


def _phase(desired: model.Desired, status: model.Status, live: list[model.ReplicaRecord]) -> interface.RolloutPhase:
    """The supervisor's word, unless it has not yet seen what is wanted now."""
    seen = status.judged == desired.template
    phase = interface.RolloutPhase(status.phase) if seen else interface.RolloutPhase.PROGRESSING
    scaling = len(live) != desired.replicas and not desired.stopped
    return interface.RolloutPhase.PROGRESSING if scaling and phase is interface.RolloutPhase.COMPLETE else phase


def replica(record: model.ReplicaRecord, status: model.Status) -> interface.Replica:
    """One replica."""
    return interface.Replica(
        name=ReplicaName(record.name),
        state=_state(record),
        ready=record.phase is Phase.READY,
        reason=record.message if record.phase is not Phase.READY else "",
        version=record.version,
        restarts=record.restarts,
        started_at=_time(record.started_at, status) if record.started_at is not None and record.pid else None,
        pid=record.pid,
        address=f"127.0.0.1:{record.port}" if record.port else "",
        last_exit=_last_exit(record.ending, status),
    )


def _state(record: model.ReplicaRecord) -> ReplicaState:
    if record.phase is not Phase.WAITING:
        return _STATES[record.phase]
    if record.ending is None:
        return ReplicaState.PENDING
    if record.failures > 1 or record.ending.reason == "StartError":
        return ReplicaState.CRASH_LOOP
    if record.ending.reason == "OOMKilled":
        return ReplicaState.OOM_KILLED
    return ReplicaState.COMPLETED if record.ending.exit_code == 0 else ReplicaState.ERROR


def _last_exit(ending: model.Ending | None, status: model.Status) -> interface.LastExit | None:
    return interface.LastExit(_time(ending.at, status), ending.exit_code, ending.reason) if ending else None


def _time(steady: float, status: model.Status) -> datetime:
    return time(status.wall(steady))


def usage(desired: model.Desired, status: model.Status) -> list[interface.ReplicaUsage]:
    """The figures of the replicas."""
    limits = {one.name: desired.of(one.template).definition.memory_limit or None for one in status.replicas}
    return [
        interface.ReplicaUsage(
            ReplicaName(one.replica), one.cpu_cores, one.memory_bytes, limits.get(one.replica), _time(one.at, status)
        )
        for one in status.usage
    ]


def event(record: model.EventRecord) -> interface.Event:
    """One event."""
    return interface.Event(
        at=time(record.at),
        kind=record.kind,
        reason=record.reason,
        message=record.message,
        replica=ReplicaName(record.replica) if record.replica else None,
    )


def revision(record: model.WantedRevision) -> interface.Revision:
    """One revision."""
    return interface.Revision(record.number, record.version, time(record.at), record.by, record.changes)
