"""Puts a workload together from the objects of its namespace. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from lightkube.resources.apps_v1 import ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import Event, Pod

from accelerapp.platforms import interface
from accelerapp.platforms.kubernetes import images, owning, patches, places, rollout, states

_REVISION = "deployment.kubernetes.io/revision"


def workload(
    place: places.Place,
    found: places.AnyWorkload,
    pods: Sequence[Pod],
    kept: Sequence[ReplicaSet | ControllerRevision],
    jobs: Sequence[Job],
    warnings: Mapping[str, Sequence[Event]],
    words: states.Words,
    now: datetime,
) -> interface.Workload:
    """The service as the platform's interface tells it.

    `pods` are its own; `kept` holds its ReplicaSets or ControllerRevisions; `warnings` is by pod, newest first.
    """
    replicas = {
        id(pod): states.replica(pod, place.container, warnings.get(states.name_of(pod), ()), words, now) for pod in pods
    }
    past = patches.past_of(found, kept)
    newest = [replicas[id(pod)] for pod in _newest(found, pods, kept)]
    made = [job for job in jobs if (owner := owning.controller(job)) and owner.uid == owning.uid_of(found)]
    ready = sum(one.ready for one in replicas.values())
    standing = rollout.with_ready(rollout.judge(found, newest, made, now), ready)
    return interface.Workload(
        service=place.service,
        desired=standing.desired,
        ready=ready,
        updated=standing.updated,
        version=_version(found, place.container),
        revision=_revision(found, past),
        phase=standing.phase,
        message=standing.message,
        replicas=tuple(replicas.values()),
    )


def needs_kept(found: places.AnyWorkload, now: datetime) -> type[ReplicaSet] | type[ControllerRevision] | None:
    """What else has to be read to tell which pods are of the wanted revision, and its number; None: nothing."""
    if isinstance(found, Deployment):
        return None if rollout.judge(found, (), (), now).phase is rollout.COMPLETE else ReplicaSet
    return ControllerRevision if isinstance(found, StatefulSet | DaemonSet) else None


def keeper(found: places.AnyWorkload) -> type[ReplicaSet] | type[ControllerRevision] | None:
    """What keeps its revisions; None where there are none."""
    if isinstance(found, Deployment):
        return ReplicaSet
    return ControllerRevision if isinstance(found, StatefulSet | DaemonSet) else None


def _newest(
    found: places.AnyWorkload, pods: Iterable[Pod], kept: Sequence[ReplicaSet | ControllerRevision]
) -> list[Pod]:
    """The pods of the wanted revision; all of a Job's."""
    if isinstance(found, Job | CronJob):
        return list(pods)
    wanted = _wanted_hash(found, kept)
    label = owning.HASH if isinstance(found, Deployment) else owning.REVISION_HASH
    return [pod for pod in pods if wanted and owning.label(pod, label) == wanted]


def _wanted_hash(found: Deployment | StatefulSet | DaemonSet, kept: Sequence[ReplicaSet | ControllerRevision]) -> str:
    """The hash in the label of the pods of the wanted revision; empty while that has no pods or is not known."""
    if isinstance(found, StatefulSet):
        return (found.status and found.status.updateRevision) or ""
    own = [one for one in kept if patches.is_owned(one, found)]
    if isinstance(found, Deployment):
        number = _notes(found).get(_REVISION)
        same = [one for one in own if isinstance(one, ReplicaSet) and _notes(one).get(_REVISION) == number]
        return next((owning.label(one, owning.HASH) for one in same), "")
    newest = max(
        (one for one in own if isinstance(one, ControllerRevision)), key=lambda one: one.revision or 0, default=None
    )
    return owning.label(newest, owning.REVISION_HASH) if newest else ""


def _notes(one: places.AnyWorkload | ReplicaSet) -> dict[str, str]:
    return dict((one.metadata and one.metadata.annotations) or {})


def _revision(found: places.AnyWorkload, past: Sequence[patches.Past]) -> int:
    number = _notes(found).get(_REVISION, "")
    if number.isdigit():
        return int(number)
    return max((one.number for one in past), default=(found.metadata and found.metadata.generation) or 0)


def _version(found: places.AnyWorkload, container: str) -> str:
    template = places.pod_template(found)
    meant = places.container_of(template.spec, container) if template and template.spec else None
    return images.parse((meant and meant.image) or "").version


def is_well(pod: Pod) -> bool:
    """Is it ready, or done with its work?"""
    conditions = (pod.status and pod.status.conditions) or ()
    is_ready = any(one.type == "Ready" and one.status == "True" for one in conditions)
    return is_ready or bool(pod.status and pod.status.phase == "Succeeded")
