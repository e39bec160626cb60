"""Scales, restarts, switches and undoes a workload: reads, lets `patches` decide, writes.

What was read before may be old by the time it is written. The API refuses such a patch; then it is decided anew, up to
a few times, for a workload's status changes all the time while it rolls out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from lightkube.resources.apps_v1 import ControllerRevision, Deployment, ReplicaSet
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler

from accelerapp.base import errors
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms import interface
from accelerapp.platforms.kubernetes import images, patches

T = TypeVar("T")
_TRIES = 5


def scale(cluster: clusters.Cluster, workload: patches.Workload, replicas: int, by: str) -> None:
    """Want so many replicas. Raises WrongUseError where an autoscaler or the kind says how many."""
    _write(cluster, workload, patches.scaled(workload, _scalers(cluster, workload), replicas, by))


def restart(cluster: clusters.Cluster, workload: patches.Workload, by: str, now: datetime) -> None:
    """Replace every pod, as the workload's strategy says. Raises WrongUseError."""
    _write(cluster, workload, patches.restarted(workload, by, now))


def set_version(
    cluster: clusters.Cluster, workload: patches.Workload, container: str, version: str, by: str, now: datetime
) -> interface.Revision:
    """Want this tag, digest or image in the service's container. Whether it exists, only its pods can tell.

    Raises NotFoundError: it can't be an image. Of two people at once the later word counts.
    """

    def decide(found: patches.Workload) -> interface.Revision:
        image, patch = patches.switched(found, container, version, by, now)
        if not patch:  # it runs already, unless what we hold is old: there is no patch that the API could refuse
            found = _again(cluster, found)
            image, patch = patches.switched(found, container, version, by, now)
        number = _newest(cluster, found) + bool(patch)
        if patch:
            _write(cluster, found, patch)
        return interface.Revision(number, image.version, now, by)

    return _trying(cluster, workload, decide)


def undo(
    cluster: clusters.Cluster, workload: patches.Workload, container: str, to: int | None, by: str, now: datetime
) -> interface.Revision:
    """Want the template of the revision before, or of number `to`, again.

    Raises NotFoundError, and WrongUseError when somebody else changed the workload just now: two who undo at the same
    time would cancel each other out.
    """

    def decide(found: patches.Workload) -> interface.Revision:
        if _generation(found) != _generation(workload):
            raise errors.WrongUseError(
                f"Somebody else changed {patches.title(workload)} just now, so nothing was undone.",
                mend="Look at it again, then try again.",
            )
        past = patches.past_of(found, _kept(cluster, found))
        earlier, patch = patches.undone(found, past, to, by, now)
        _write(cluster, found, patch)
        return interface.Revision(max(one.number for one in past) + 1, _version(earlier, container), now, by)

    return _trying(cluster, workload, decide)


def _trying(cluster: clusters.Cluster, workload: patches.Workload, decide: Callable[[patches.Workload], T]) -> T:
    """What `decide` does, with the workload as it is by then when somebody was quicker."""
    for _ in range(_TRIES - 1):
        try:
            return decide(workload)
        except clusters.ConflictError:
            workload = _again(cluster, workload)
    return decide(workload)


def _again(cluster: clusters.Cluster, workload: patches.Workload) -> patches.Workload:
    return cluster.get(type(workload), patches.name(workload), patches.namespace(workload))


def _write(cluster: clusters.Cluster, workload: patches.Workload, patch: patches.Patch) -> None:
    cluster.patch(type(workload), patches.name(workload), patch, patches.namespace(workload))


def _scalers(cluster: clusters.Cluster, workload: patches.Workload) -> list[HorizontalPodAutoscaler]:
    """The autoscalers of the namespace; none where the cluster has no such API."""
    try:
        return cluster.list(HorizontalPodAutoscaler, patches.namespace(workload))
    except errors.NotFoundError:
        return []


def _kept(cluster: clusters.Cluster, workload: patches.Workload) -> list[ReplicaSet] | list[ControllerRevision]:
    """What may hold earlier revisions of the workload."""
    selector = getattr(workload.spec, "selector", None)
    labels = selector.matchLabels if selector else None
    if isinstance(workload, Deployment):
        return cluster.list(ReplicaSet, patches.namespace(workload), labels=labels)
    return cluster.list(ControllerRevision, patches.namespace(workload), labels=labels)


def _newest(cluster: clusters.Cluster, workload: patches.Workload) -> int:
    return max((one.number for one in patches.past_of(workload, _kept(cluster, workload))), default=0)


def _version(past: patches.Past, container: str) -> str:
    found = (past.template.get("spec") or {}).get("containers") or []
    image = next((one.get("image") for one in found if not container or one.get("name") == container), None)
    return images.parse(image or "").version


def _generation(workload: patches.Workload) -> int | None:
    return workload.metadata.generation if workload.metadata else None
