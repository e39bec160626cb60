"""Which logs there are: the present run of a pod's container, and the one before it. Pure.

A pod is a replica. The log of the run before is a source of its own, `POD/previous`: no pod's name has a slash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lightkube.models.core_v1 import ContainerState, ContainerStatus
from lightkube.resources.core_v1 import Pod

from accelerapp.base.ids import ReplicaName
from accelerapp.platforms.interface import LogRequest
from accelerapp.platforms.kubernetes import patches

_PREVIOUS = "/previous"


@dataclass(frozen=True)
class Run:
    """One run of a container, as far as its log can be read."""

    pod: str
    container: str
    id: str
    """The container's id: another run has another one."""
    ended: bool
    previous: bool = False
    waits: bool = False
    """The container waits to be started again: this run, which is over, is both the present one and the one before."""

    @property
    def name(self) -> ReplicaName:
        """`shop-7d9f-x2x` or `shop-7d9f-x2x/previous`."""
        return ReplicaName(self.pod + _PREVIOUS * self.previous)


def of_pods(pods: Iterable[Pod], container: str) -> list[Run]:
    """The runs that have a log, of the oldest pod first; the run before stands before the present one."""
    ordered = sorted(pods, key=lambda pod: (str(pod.metadata and pod.metadata.creationTimestamp), _name(pod)))
    return [run for pod in ordered for run in _of_pod(pod, container)]


def _of_pod(pod: Pod, wanted: str) -> list[Run]:
    containers = (pod.spec.containers if pod.spec else None) or []
    container = patches.container_in(containers, wanted, f"pod/{_name(pod)}").name
    status = _status(pod, container)
    if status is None:
        return []
    state, last = status.state or ContainerState(), (status.lastState or ContainerState()).terminated
    before = Run(_name(pod), container, (last.containerID if last else None) or "", ended=True, previous=True)
    if not state.running and not state.terminated:
        return [replace(before, previous=False, waits=True)] if before.id else []
    present = Run(_name(pod), container, status.containerID or "", ended=not state.running)
    return [before, present] if before.id else [present]


def chosen(runs: Sequence[Run], request: LogRequest) -> list[Run]:
    """Those that are asked for by name; without names the present ones, or those before with `previous`."""
    if request.previous:
        runs = [replace(run, previous=True) if run.waits else run for run in runs]
    if request.replicas:
        named = {f"{name}{_PREVIOUS}" if request.previous else str(name) for name in request.replicas}
        named |= {str(name) for name in request.replicas if name.endswith(_PREVIOUS)}
        return [run for run in runs if run.name in named]
    return [run for run in runs if run.previous == request.previous]


def missing(runs: Sequence[Run], request: LogRequest) -> list[ReplicaName]:
    """The replicas that are asked for by name and have no such run."""
    known = {run.name for run in chosen(runs, request)} | {ReplicaName(run.pod) for run in chosen(runs, request)}
    return [name for name in request.replicas if name not in known]


def _status(pod: Pod, container: str) -> ContainerStatus | None:
    found = (pod.status.containerStatuses if pod.status else None) or []
    return next((one for one in found if one.name == container), None)


def _name(pod: Pod) -> str:
    return (pod.metadata.name if pod.metadata else None) or ""
