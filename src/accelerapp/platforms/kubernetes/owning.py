"""Which pods and events belong to a workload. Pure.

A Deployment's ReplicaSets are not asked for: their names are the Deployment's and the pod's `pod-template-hash`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lightkube.models.meta_v1 import OwnerReference
from lightkube.resources.apps_v1 import ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import Event, Pod

from accelerapp.platforms.kubernetes import places

HASH = "pod-template-hash"
REVISION_HASH = "controller-revision-hash"
_NAMES = {
    Deployment: r"-[a-z0-9]{5,10}-[a-z0-9]{5}",
    StatefulSet: r"-\d+",
    DaemonSet: r"-[a-z0-9]{5}",
    Job: r"(-\d+)?-[a-z0-9]{5}",
    CronJob: r"-\d+(-\d+)?-[a-z0-9]{5}",
}
_MADE = {Deployment: ("ReplicaSet", r"-[a-z0-9]{5,10}"), CronJob: ("Job", r"-\d+")}


def pods_of(workload: places.AnyWorkload, pods: Iterable[Pod], jobs: Iterable[Job] = ()) -> list[Pod]:
    """The pods that the workload made, oldest first; `jobs` are needed for a CronJob."""
    makers = _makers(workload, jobs)
    found = [pod for pod in pods if (owner := controller(pod)) and _is_made_by(pod, owner, workload, makers)]
    return sorted(found, key=lambda pod: (str(pod.metadata and pod.metadata.creationTimestamp), _name(pod)))


def controller(one: Pod | Job) -> OwnerReference | None:
    """What made it and would make it again."""
    owners = (one.metadata and one.metadata.ownerReferences) or ()
    return next((owner for owner in owners if owner.controller), None)


def _makers(workload: places.AnyWorkload, jobs: Iterable[Job]) -> set[str]:
    if not isinstance(workload, CronJob):
        return {uid_of(workload)}
    return {uid_of(job) for job in jobs if (owner := controller(job)) and owner.uid == uid_of(workload)}


def uid_of(one: places.AnyWorkload | Pod) -> str:
    """Its uid, by which it differs from an earlier one of the name."""
    return (one.metadata.uid if one.metadata else None) or ""


def _is_made_by(pod: Pod, owner: OwnerReference, workload: places.AnyWorkload, makers: set[str]) -> bool:
    if isinstance(workload, Deployment):
        return owner.kind == "ReplicaSet" and owner.name == f"{places.name_of(workload)}-{label(pod, HASH)}"
    return owner.uid in makers


def label(one: Pod | ReplicaSet | ControllerRevision, name: str) -> str:
    """The value of a label; empty when it has none."""
    return str(((one.metadata and one.metadata.labels) or {}).get(name, ""))


def _name(pod: Pod) -> str:
    return (pod.metadata and pod.metadata.name) or ""


def events_of_nodes(events: Iterable[Event], pods: Iterable[Pod]) -> list[Event]:
    """Events of the nodes that these pods run on."""
    nodes = {pod.spec.nodeName for pod in pods if pod.spec and pod.spec.nodeName}
    return [each for each in events if each.involvedObject.kind == "Node" and each.involvedObject.name in nodes]


def events_of(
    workload: places.AnyWorkload, events: Iterable[Event], own: Sequence[Pod], all_pods: Iterable[Pod]
) -> list[Event]:
    """Events of the workload, of what it made, and of its pods, those that are gone included."""
    kind, name = type(workload).__name__, places.name_of(workload)
    mine = {_name(pod) for pod in own}
    others = {_name(pod) for pod in all_pods} - mine
    past = re.compile(re.escape(name) + _NAMES[type(workload)])
    between, pattern = _MADE.get(type(workload), ("", ""))
    made = re.compile(re.escape(name) + pattern)

    def belongs(event: Event) -> bool:
        about, of = event.involvedObject.kind, event.involvedObject.name or ""
        if about == "Pod":
            return of in mine or (of not in others and bool(past.fullmatch(of)))
        return (about == kind and of == name) or (about == between and bool(made.fullmatch(of)))

    return [event for event in events if belongs(event)]
