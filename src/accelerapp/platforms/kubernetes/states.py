"""From a pod to a replica: its state and the true reason why it is not ready. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from lightkube.models.core_v1 import Container, ContainerStateTerminated, ContainerStatus, PodCondition, PodStatus
from lightkube.resources.core_v1 import Event, Pod

from accelerapp.base import text
from accelerapp.base.ids import ReplicaName
from accelerapp.platforms.interface import Replica, ReplicaState
from accelerapp.platforms.kubernetes import containers, images, places
from accelerapp.platforms.kubernetes.containers import Trouble

Words: TypeAlias = Mapping[tuple[str, str, int], str]
"""Last lines of logs, by the pod's uid, the container and its count of restarts."""
_OVERDUE = timedelta(seconds=15)


def replica(pod: Pod, container: str, warnings: Sequence[Event], words: Words, now: datetime) -> Replica:
    """The replica that a pod is. `warnings` are of this pod, newest first; `container` is the service's (or empty)."""
    status = pod.status or PodStatus()
    meant = places.container_of(pod.spec, container) if pod.spec else None
    facts = [_facts(pod, one, warnings, words) for one in status.containerStatuses or ()]
    main = next((one for one in facts if meant and one.status.name == meant.name), None)
    ready = _is_ready(pod)
    state, reason = _judge(pod, status, facts, warnings, words, now)
    return Replica(
        name=name_of(pod),
        state=state,
        ready=ready,
        reason="" if ready else reason,
        version=images.parse((meant and meant.image) or "").version,
        restarts=sum(one.restartCount for one in _counting(status)),
        started_at=_started_at(status, main),
        address=_address(status, meant),
        node=(pod.spec and pod.spec.nodeName) or "",
        last_exit=containers.last_exit(main) if main else None,
    )


def name_of(pod: Pod) -> ReplicaName:
    """The pod's name."""
    return ReplicaName((pod.metadata and pod.metadata.name) or "")


def needs_words(pod: Pod) -> list[tuple[str, str, int]]:
    """Containers (uid, name, restarts) that ended without saying why in their status: their log's last line may."""
    uid = (pod.metadata and pod.metadata.uid) or ""
    return [
        (uid, one.name, one.restartCount)
        for one in [*(_status(pod).initContainerStatuses or ()), *(_status(pod).containerStatuses or ())]
        if (ended := _failed(one)) and not ended.message and ended.reason != "OOMKilled"
    ]


def _failed(status: ContainerStatus) -> ContainerStateTerminated | None:
    facts = containers.Facts(status, None)
    ended = facts.ended or (facts.ended_before if facts.waiting else None)
    return ended if ended and ended.exitCode != 0 else None


def _status(pod: Pod) -> PodStatus:
    return pod.status or PodStatus()


def _facts(pod: Pod, status: ContainerStatus, warnings: Sequence[Event], words: Words) -> containers.Facts:
    spec = pod.spec
    parts = [*spec.containers, *(spec.initContainers or ())] if spec else []
    uid = (pod.metadata and pod.metadata.uid) or ""
    return containers.Facts(
        status,
        next((one for one in parts if one.name == status.name), None),
        warnings,
        words.get((uid, status.name, status.restartCount), ""),
    )


def _is_ready(pod: Pod) -> bool:
    ready = _condition(_status(pod), "Ready")
    return bool(ready and ready.status == "True") and not _is_ending(pod)


def _is_ending(pod: Pod) -> bool:
    return bool(pod.metadata and pod.metadata.deletionTimestamp)


def _condition(status: PodStatus, kind: str) -> PodCondition | None:
    return next((one for one in status.conditions or () if one.type == kind), None)


def _judge(
    pod: Pod,
    status: PodStatus,
    facts: Sequence[containers.Facts],
    warnings: Sequence[Event],
    words: Words,
    now: datetime,
) -> Trouble:
    if _is_ending(pod):
        return Trouble(ReplicaState.TERMINATING, _ending(pod, now))
    whole = _whole(status)
    if whole:
        return whole
    if not (pod.spec and pod.spec.nodeName):
        return Trouble(ReplicaState.PENDING, _unscheduled(status))
    return _initializing(pod, status, warnings, words) or _worst(facts) or _running(pod, status, facts, warnings)


def _ending(pod: Pod, now: datetime) -> str:
    metadata = pod.metadata
    assert metadata is not None
    assert metadata.deletionTimestamp is not None
    if now <= metadata.deletionTimestamp + _OVERDUE:
        return "it is being ended."
    late = text.duration((now - metadata.deletionTimestamp).total_seconds())
    held = f"; these finalizers hold it: {', '.join(metadata.finalizers)}" if metadata.finalizers else ""
    return f"it should have ended {late} ago{held or '; its node may not answer'}."


def _whole(status: PodStatus) -> Trouble | None:
    """What the pod's own phase says, where that is the last word."""
    said = containers.said(status.message or status.reason or "it does not say why")
    if status.phase == "Failed" and status.reason == "Evicted":
        return Trouble(ReplicaState.EVICTED, f"its node ended it: {said}")
    if status.phase == "Failed" and status.reason:
        return Trouble(ReplicaState.ERROR, f"{status.reason}: {said}")
    if status.phase == "Succeeded":
        return Trouble(ReplicaState.COMPLETED, "it has done its work.")
    if status.phase == "Unknown":
        return Trouble(ReplicaState.UNKNOWN, f"its node does not tell: {said}")
    return None


def _unscheduled(status: PodStatus) -> str:
    scheduled = _condition(status, "PodScheduled")
    if scheduled is None or scheduled.status == "True":
        return "it waits for the scheduler."
    return (
        f"no node takes it: {containers.said(scheduled.message or scheduled.reason or 'the scheduler gives no reason')}"
    )


def _initializing(pod: Pod, status: PodStatus, warnings: Sequence[Event], words: Words) -> Trouble | None:
    """What keeps the first init container that has not done its work; None when all have."""
    wanted = (pod.spec and pod.spec.initContainers) or []
    for index, one in enumerate(status.initContainerStatuses or ()):
        facts = _facts(pod, one, warnings, words)
        if (facts.ended and facts.ended.exitCode == 0) or (one.started and _stays(facts.made_from)):
            continue
        state, reason = containers.trouble(facts) or Trouble(ReplicaState.STARTING, f"container '{one.name}' runs.")
        return Trouble(state, f"init {index + 1} of {len(wanted)}: {reason}")
    return None


def _stays(made_from: Container | None) -> bool:
    """Is it an init container that goes on beside the others?"""
    return bool(made_from and made_from.restartPolicy == "Always")


_GRAVITY = (
    ReplicaState.OOM_KILLED,
    ReplicaState.CRASH_LOOP,
    ReplicaState.CONFIG_ERROR,
    ReplicaState.RUN_ERROR,
    ReplicaState.IMAGE_PULL,
    ReplicaState.ERROR,
    ReplicaState.PENDING,
    ReplicaState.STARTING,
    ReplicaState.COMPLETED,
)


def _worst(facts: Sequence[containers.Facts]) -> Trouble | None:
    found = [trouble for one in facts if (trouble := containers.trouble(one))]
    return min(found, key=lambda one: _GRAVITY.index(one.state), default=None)


def _running(pod: Pod, status: PodStatus, facts: Sequence[containers.Facts], warnings: Sequence[Event]) -> Trouble:
    if not facts:
        return Trouble(ReplicaState.STARTING, "its node has not begun to make it.")
    return Trouble(ReplicaState.RUNNING, _unready(pod, status, facts, warnings))


def _unready(pod: Pod, status: PodStatus, facts: Sequence[containers.Facts], warnings: Sequence[Event]) -> str:
    """Why a pod whose containers all run is not ready."""
    closed = [one.name for one in facts_not_ready(facts)]
    if not closed:
        return _gates(pod, status)
    failed = next((one for one in warnings if one.reason == "Unhealthy" and _since_start(one, facts)), None)
    if failed is not None:
        return containers.said(failed.message or "its probe fails")
    return f"container {', '.join(repr(name) for name in closed)} has not answered its readiness probe yet."


def facts_not_ready(facts: Sequence[containers.Facts]) -> list[ContainerStatus]:
    """Containers that run without being ready."""
    return [one.status for one in facts if not one.status.ready]


def _since_start(event: Event, facts: Sequence[containers.Facts]) -> bool:
    """Is the warning about the containers that run now?"""
    starts = [one.status.state.running.startedAt for one in facts if one.status.state and one.status.state.running]
    newest = max((start for start in starts if start), default=None)
    at = event.lastTimestamp or event.eventTime
    return not (newest and at and at < newest)


def _gates(pod: Pod, status: PodStatus) -> str:
    gates = [gate.conditionType for gate in (pod.spec and pod.spec.readinessGates) or ()]
    shut = [gate for gate in gates if (found := _condition(status, gate)) is None or found.status != "True"]
    if shut:
        return f"it waits for the readiness gate {', '.join(shut)}."
    ready = _condition(status, "Ready")
    return containers.said((ready and (ready.message or ready.reason)) or "it is not counted as ready yet")


def _started_at(status: PodStatus, main: containers.Facts | None) -> datetime | None:
    state = main.status.state if main else None
    return (state.running.startedAt if state and state.running else None) or status.startTime


def _counting(status: PodStatus) -> Sequence[ContainerStatus]:
    """The containers whose restarts count: the init containers' while one of them is at work."""
    first = status.initContainerStatuses or []
    is_initializing = _condition(status, "Initialized")
    return first if first and is_initializing and is_initializing.status != "True" else status.containerStatuses or []


def _address(status: PodStatus, meant: Container | None) -> str:
    ports = (meant and meant.ports) or ()
    if not status.podIP or not ports:
        return status.podIP or ""
    return f"{status.podIP}:{next(iter(ports)).containerPort}"
