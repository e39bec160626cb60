"""How far a rollout is, by the rules of `kubectl rollout status`, and what it cannot get over by itself. Pure.

kubectl waits for the whole deadline while new pods crash; here a pod of the new revision that cannot start fails the
rollout at once (see `_hopeless`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from lightkube.models.apps_v1 import DeploymentCondition, DeploymentStatus
from lightkube.resources.apps_v1 import DaemonSet, Deployment, StatefulSet
from lightkube.resources.batch_v1 import CronJob, Job

from accelerapp.base import text
from accelerapp.platforms.interface import Replica, ReplicaState, RolloutPhase
from accelerapp.platforms.kubernetes import containers, marks, places

COMPLETE, PROGRESSING, FAILED = RolloutPhase.COMPLETE, RolloutPhase.PROGRESSING, RolloutPhase.FAILED
_TRANSIENT_CODE = 128
_REPEATED = 2
_ON_THEIR_WAY = (ReplicaState.RUNNING, ReplicaState.STARTING, ReplicaState.TERMINATING)
_DEADLINE = 600
"""Seconds, where the Deployment does not say."""


@dataclass(frozen=True)
class Standing:
    """How a workload stands."""

    desired: int
    updated: int
    phase: RolloutPhase
    message: str


class _Told(NamedTuple):
    phase: RolloutPhase
    message: str


def judge(workload: places.AnyWorkload, newest: Sequence[Replica], jobs: Sequence[Job], now: datetime) -> Standing:
    """How it stands. `newest` are the replicas of the wanted revision; `jobs` those that a CronJob made."""
    if isinstance(workload, Deployment):
        standing = _deployment(workload)
        if _is_long_over(workload, now):  # what breaks by now is not the rollout's failure
            return standing
    elif isinstance(workload, StatefulSet):
        standing = _stateful_set(workload)
    elif isinstance(workload, DaemonSet):
        standing = _daemon_set(workload)
    elif isinstance(workload, Job):
        return _job(workload)
    else:
        return _cron_job(workload, jobs)
    return _failing_fast(standing, newest)


def with_ready(standing: Standing, ready: int) -> Standing:
    """Complete only if the pods say so too: a controller's status is a little older than its pods'."""
    if standing.phase is not COMPLETE or ready >= standing.desired:
        return standing
    return replace(standing, phase=PROGRESSING, message=f"{ready} of {text.count(standing.desired, 'replica')} ready.")


def _failing_fast(standing: Standing, newest: Sequence[Replica]) -> Standing:
    if standing.phase is not PROGRESSING:
        return standing
    waiting = [one for one in newest if not one.ready and one.state not in _ON_THEIR_WAY]
    lost = next((one for one in waiting if _hopeless(one)), None)
    if lost is not None:
        return replace(standing, phase=FAILED, message=f"{lost.name}: {lost.state}: {lost.reason}")
    if waiting:  # it may pass, but whoever waits wants to know for what
        held = waiting[0]
        return replace(standing, message=f"{standing.message} {held.name}: {held.state}: {held.reason}")
    return standing


def _hopeless(replica: Replica) -> bool:
    """Will it not get well by waiting? What may be a passing trouble of the node or the registry does not count."""
    code = replica.last_exit.exit_code if replica.last_exit else None
    if replica.state is ReplicaState.CRASH_LOOP:
        return code != _TRANSIENT_CODE or replica.restarts > _REPEATED
    if replica.state is ReplicaState.OOM_KILLED:
        return replica.restarts >= _REPEATED
    if replica.state is ReplicaState.IMAGE_PULL:
        final = (containers.NO_SUCH_IMAGE, containers.REFUSED_IMAGE, "no image can have", "imagePullPolicy is Never")
        return any(words in replica.reason for words in final)
    if replica.state is ReplicaState.CONFIG_ERROR:
        return "failed to sync" not in replica.reason
    return replica.state is ReplicaState.RUN_ERROR and replica.restarts >= _REPEATED


# -- Deployment --------------------------------------------------------------------------------------------------------


def _deployment(workload: Deployment) -> Standing:
    spec, status = workload.spec, workload.status or DeploymentStatus()
    desired = 1 if spec is None or spec.replicas is None else spec.replicas
    updated = status.updatedReplicas or 0
    told = _of_deployment(workload, status, desired, updated)
    return Standing(desired, updated, told.phase, told.message)


def _of_deployment(workload: Deployment, status: DeploymentStatus, desired: int, updated: int) -> _Told:
    total, available = status.replicas or 0, status.availableReplicas or 0
    if not _is_observed(workload, status.observedGeneration):
        return _Told(PROGRESSING, "the cluster has not yet taken up the change.")
    if workload.spec and workload.spec.paused:
        return _Told(PROGRESSING, "the rollout is paused; `kubectl rollout resume` lets it go on.")
    late = _exceeded(workload, status)
    if late:
        return _Told(FAILED, f"it did not get on within its progress deadline: {containers.said(late.message or '')}")
    if updated < desired:
        refused = _condition(status, "ReplicaFailure")
        if refused and refused.status == "True":
            return _Told(PROGRESSING, f"pods cannot be made: {containers.said(refused.message or '')}")
        return _Told(PROGRESSING, f"{updated} of {text.count(desired, 'new replica')} made.")
    if total > updated:
        return _Told(PROGRESSING, f"{text.count(total - updated, 'old replica')} still to end.")
    if available < updated:
        return _Told(PROGRESSING, f"{available} of {text.count(updated, 'new replica')} available.")
    return _Told(COMPLETE, "")


def _is_long_over(workload: Deployment, now: datetime) -> bool:
    """Had the last rollout all its replicas available, a whole deadline ago or longer?

    A container without a readiness probe counts as available the moment that it starts, also when it crashes the next.
    """
    found = _condition(workload.status or DeploymentStatus(), "Progressing")
    if found is None or found.reason != "NewReplicaSetAvailable" or found.lastUpdateTime is None:
        return False
    deadline = (workload.spec and workload.spec.progressDeadlineSeconds) or _DEADLINE
    return now - found.lastUpdateTime > timedelta(seconds=deadline)


def _exceeded(workload: Deployment, status: DeploymentStatus) -> DeploymentCondition | None:
    """The condition that says that the deadline has passed; one from before our own last change is stale."""
    found = _condition(status, "Progressing")
    if found is None or found.reason != "ProgressDeadlineExceeded":
        return None
    changed = ((workload.metadata and workload.metadata.annotations) or {}).get(marks.AT, "")
    try:
        is_stale = bool(found.lastUpdateTime and found.lastUpdateTime < datetime.fromisoformat(changed))
    except (ValueError, TypeError):  # none, or written by somebody else in a form of their own
        is_stale = False
    return None if is_stale else found


def _condition(status: DeploymentStatus, kind: str) -> DeploymentCondition | None:
    return next((one for one in status.conditions or () if one.type == kind), None)


def _is_observed(workload: Deployment | StatefulSet | DaemonSet, observed: int | None) -> bool:
    wanted = (workload.metadata and workload.metadata.generation) or 0
    return (observed or 0) >= wanted


# -- StatefulSet and DaemonSet -----------------------------------------------------------------------------------------


def _stateful_set(workload: StatefulSet) -> Standing:
    spec, status = workload.spec, workload.status
    desired = 1 if spec is None or spec.replicas is None else spec.replicas
    ready = (status and status.readyReplicas) or 0
    updated = _updated(workload, desired)
    told = _of_stateful_set(workload, desired, ready, updated)
    return Standing(desired, updated, told.phase, told.message)


def _updated(workload: StatefulSet, desired: int) -> int:
    """The controller counts no pod as updated once the rollout has come to its end."""
    status = workload.status
    if status is None:
        return 0
    done = status.updateRevision == status.currentRevision
    return min(desired, status.currentReplicas or 0) if done else status.updatedReplicas or 0


def _of_stateful_set(workload: StatefulSet, desired: int, ready: int, updated: int) -> _Told:
    spec, status = workload.spec, workload.status
    if status is None or not status.observedGeneration or not _is_observed(workload, status.observedGeneration):
        return _Told(PROGRESSING, "the cluster has not yet taken up the change.")
    strategy = spec.updateStrategy if spec else None
    if ready < desired:
        return _Told(PROGRESSING, f"{ready} of {text.count(desired, 'replica')} ready.")
    if strategy and strategy.type == "OnDelete":
        return _Told(COMPLETE, "" if updated >= desired else "its pods are replaced only when they are deleted.")
    partition = (strategy.rollingUpdate.partition if strategy and strategy.rollingUpdate else None) or 0
    if partition:
        wanted = max(0, desired - partition)
        if (status.updatedReplicas or 0) < wanted and status.updateRevision != status.currentRevision:
            return _Told(
                PROGRESSING, f"{status.updatedReplicas or 0} of {wanted} replicas above its partition replaced."
            )
        return _Told(COMPLETE, "")
    if status.updateRevision != status.currentRevision:
        return _Told(PROGRESSING, f"{updated} of {text.count(desired, 'replica')} replaced.")
    return _Told(COMPLETE, "")


def _daemon_set(workload: DaemonSet) -> Standing:
    status = workload.status
    if status is None or not _is_observed(workload, status.observedGeneration):
        return Standing(0, 0, PROGRESSING, "the cluster has not yet taken up the change.")
    desired, updated = status.desiredNumberScheduled, status.updatedNumberScheduled or 0
    available = status.numberAvailable or 0
    strategy = workload.spec.updateStrategy if workload.spec else None
    if strategy and strategy.type == "OnDelete":
        phase = COMPLETE if available >= desired else PROGRESSING
        return Standing(desired, updated, phase, "its pods are replaced only when they are deleted.")
    if updated < desired:
        return Standing(desired, updated, PROGRESSING, f"{updated} of {text.count(desired, 'new replica')} made.")
    if available < desired:
        return Standing(desired, updated, PROGRESSING, f"{available} of {text.count(desired, 'replica')} available.")
    return Standing(desired, updated, COMPLETE, "")


# -- Job and CronJob ---------------------------------------------------------------------------------------------------


def _job(job: Job) -> Standing:
    """A Job that has ended wants no replicas."""
    told = _of_job(job)
    active = (job.status and job.status.active) or 0
    return Standing(active, active, told.phase, told.message)


def _of_job(job: Job) -> _Told:
    for condition in (job.status and job.status.conditions) or ():
        if condition.status == "True" and condition.type == "Failed":
            why = condition.message or condition.reason or "the cluster does not say why"
            return _Told(FAILED, f"it failed: {containers.said(why)}")
        if condition.status == "True" and condition.type == "Complete":
            return _Told(COMPLETE, "it has done its work.")
        if condition.status == "True" and condition.type == "Suspended":
            return _Told(COMPLETE, "it is suspended.")
    wanted = (job.spec and job.spec.completions) or 1
    done, failed = (job.status and job.status.succeeded) or 0, (job.status and job.status.failed) or 0
    tries = f", {text.count(failed, 'failed try', 'failed tries')}" if failed else ""
    return _Told(PROGRESSING, f"{done} of {text.count(wanted, 'completion')}{tries}.")


def _cron_job(workload: CronJob, jobs: Sequence[Job]) -> Standing:
    """The last run that has ended says how it stands."""
    active = sum((job.status and job.status.active) or 0 for job in jobs)
    ended = sorted((job for job in jobs if _of_job(job).phase is not PROGRESSING), key=_begun)
    if not ended:
        return Standing(active, active, PROGRESSING if active else COMPLETE, _schedule(workload))
    last = _of_job(ended[-1])
    name = (ended[-1].metadata and ended[-1].metadata.name) or ""
    message = f"its last run {name}: {last.message}" if last.phase is FAILED else _schedule(workload)
    return Standing(active, active, last.phase, message)


def _begun(job: Job) -> str:
    return str((job.status and job.status.startTime) or (job.metadata and job.metadata.creationTimestamp))


def _schedule(workload: CronJob) -> str:
    spec = workload.spec
    if spec is None:
        return ""
    return "it is suspended." if spec.suspend else f"it runs by the schedule {spec.schedule}."
