"""What to send to the API to scale, restart, switch and undo. Pure: objects go in, a strategic merge patch comes out.

A patch that replaces what was read before carries the object's `resourceVersion`: the API refuses it when somebody
else was quicker. Scaling and restarting set one field, where the last word counts, and carry none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from lightkube.models.core_v1 import Container, PodTemplateSpec
from lightkube.resources.apps_v1 import ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.batch_v1 import CronJob, Job

from accelerapp.base import errors
from accelerapp.platforms.kubernetes import images, marks

Workload: TypeAlias = Deployment | StatefulSet | DaemonSet | Job | CronJob
Rolling: TypeAlias = Deployment | StatefulSet | DaemonSet
Patch: TypeAlias = dict[str, Any]

_REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"


@dataclass(frozen=True)
class Past:
    """A revision that the cluster still keeps."""

    number: int
    template: dict[str, Any]


def title(workload: Workload) -> str:
    """`deployment/shop`."""
    return f"{type(workload).__name__.lower()}/{name(workload)}"


def rolling(workload: Workload, what: str) -> Rolling:
    """The workload, if its pods are replaced by a rollout that can begin now. Raises WrongUseError."""
    shown = title(workload)
    if isinstance(workload, (Job, CronJob)):
        raise errors.WrongUseError(
            f"{shown} cannot be {what}: the pods of a {type(workload).__name__} run to their end and are not replaced.",
            mend="Change its manifest and apply it; a Job has to be deleted before.",
        )
    if isinstance(workload, Deployment):
        if workload.spec and workload.spec.paused:
            raise errors.WrongUseError(
                f"{shown} cannot be {what}: its rollout is paused.",
                mend=f"Resume it first: `kubectl rollout resume {shown} -n {namespace(workload)}`.",
            )
    elif workload.spec and workload.spec.updateStrategy and workload.spec.updateStrategy.type == "OnDelete":
        raise errors.WrongUseError(
            f"{shown} cannot be {what}: its update strategy is OnDelete, so nothing replaces its pods.",
            mend="Delete its pods one by one, or set spec.updateStrategy.type to RollingUpdate.",
        )
    return workload


def scaled(workload: Workload, scalers: Sequence[HorizontalPodAutoscaler], replicas: int, by: str) -> Patch:
    """Want so many replicas. Raises WrongUseError where a number of replicas is not ours to say."""
    if replicas < 0:
        raise errors.WrongUseError(f"{replicas} is no number of replicas.", mend="Name 0 or more.")
    if not isinstance(workload, (Deployment, StatefulSet)):
        raise errors.WrongUseError(f"{title(workload)} cannot be scaled: {_UNSCALED[type(workload)]}")
    scaler = governing(workload, scalers)
    if scaler is not None and replicas and (workload.spec is None or workload.spec.replicas != 0):
        raise _governed(workload, scaler, replicas)
    return {"metadata": {"annotations": {marks.SCALED_BY: by}}, "spec": {"replicas": replicas}}


_UNSCALED: dict[type, str] = {
    DaemonSet: "a DaemonSet runs one pod on every node that it selects.",
    Job: "a Job runs to its end; how many pods it runs at once is `parallelism` in its manifest.",
    CronJob: "a CronJob starts Jobs at its times; it has no replicas.",
}


def governing(workload: Workload, scalers: Sequence[HorizontalPodAutoscaler]) -> HorizontalPodAutoscaler | None:
    """The autoscaler whose target the workload is."""
    for scaler in scalers:
        target = scaler.spec.scaleTargetRef if scaler.spec else None
        if target and (target.kind, target.name) == (type(workload).__name__, name(workload)):
            return scaler
    return None


def _governed(workload: Workload, scaler: HorizontalPodAutoscaler, replicas: int) -> errors.WrongUseError:
    """An autoscaler takes any number back within seconds, save 0, which turns it off, and the first one after 0."""
    hpa = scaler.metadata.name if scaler.metadata else ""
    assert scaler.spec is not None  # it has a target
    low, high = scaler.spec.minReplicas or 1, scaler.spec.maxReplicas
    return errors.WrongUseError(
        f"{title(workload)} cannot be scaled by hand: the autoscaler {hpa} keeps it at {low} to {high} replicas.",
        mend=f"Change the autoscaler instead: `kubectl patch hpa {hpa} -n {namespace(workload)} "
        f'-p \'{{"spec":{{"minReplicas":{replicas}}}}}\'`. Only 0 can be set by hand: it turns the autoscaler off.',
    )


def restarted(workload: Workload, by: str, now: datetime) -> Patch:
    """Replace every pod, by the annotation that `kubectl rollout restart` sets."""
    rolling(workload, "restarted")
    return {
        "metadata": {"annotations": marks.of_change("restart", by, now)},
        "spec": {"template": {"metadata": {"annotations": {marks.RESTARTED_AT: now.isoformat()}}}},
    }


def switched(workload: Workload, container: str, version: str, by: str, now: datetime) -> tuple[images.Image, Patch]:
    """The image for this version, and the patch that wants it: empty when that runs already.

    Raises NotFoundError: it can be no image, or there is no such container.
    """
    one = container_of(rolling(workload, "switched to another version"), container)
    image = images.wanted(one.image or "", version)
    if image.name == one.image:
        return image, {}
    change = {"containers": [{"name": one.name, "image": image.name}]}
    return image, _guarded(workload, {"spec": change}, f"version {image.version}", by, now)


def undone(workload: Workload, past: Sequence[Past], to: int | None, by: str, now: datetime) -> tuple[Past, Patch]:
    """The earlier revision, and the patch that wants it again: the template only; replicas and ConfigMaps stay.

    Raises NotFoundError when the cluster does not keep it, WrongUseError when its template is the present one.
    """
    rolling(workload, "undone")
    found = earlier(workload, past, to)
    if found.template == _template(workload):
        raise errors.WrongUseError(f"Revision {found.number} of {title(workload)} is what is wanted already.")
    template = {"$patch": "replace", **found.template}
    return found, _guarded(workload, template, f"back to revision {found.number}", by, now)


def earlier(workload: Workload, past: Sequence[Past], to: int | None) -> Past:
    """The revision of this number; without one the second-highest, as kubectl takes it."""
    known = sorted(past, key=lambda one: one.number, reverse=True)
    numbers = ", ".join(str(one.number) for one in known) or "none"
    if to is None:
        if len(known) < 2:
            raise errors.NotFoundError(f"{title(workload)} has no revision before the present one.")
        return known[1]
    found = next((one for one in known if one.number == to), None)
    if found is None:
        raise errors.NotFoundError(
            f"The cluster keeps no revision {to} of {title(workload)}.", mend=f"It keeps: {numbers}."
        )
    return found


def past_of(workload: Workload, kept: Sequence[ReplicaSet | ControllerRevision]) -> list[Past]:
    """The revisions among the objects that a Deployment (ReplicaSets) or another controller (its revisions) left."""
    return [_past(one) for one in kept if one.metadata and is_owned(one, workload)]


def is_owned(one: ReplicaSet | ControllerRevision, workload: Workload) -> bool:
    """Does the workload control this object? By its uid, for names come again."""
    uid = workload.metadata.uid if workload.metadata else None
    owners = (one.metadata.ownerReferences if one.metadata else None) or []
    return any(owner.controller and owner.uid == uid for owner in owners)


def _past(one: ReplicaSet | ControllerRevision) -> Past:
    if isinstance(one, ControllerRevision):
        data: Any = one.data
        return Past(one.revision or 0, _bare(data["spec"]["template"]))
    assert one.metadata is not None
    number = (one.metadata.annotations or {}).get(_REVISION, "0")
    template = one.spec.template if one.spec else None
    return Past(int(number) if number.isdigit() else 0, _bare(template.to_dict()) if template else {})


def _template(workload: Workload) -> dict[str, Any]:
    spec = workload.spec
    assert spec is not None
    assert not isinstance(workload, CronJob)
    template: PodTemplateSpec = spec.template  # type: ignore[union-attr]
    return _bare(template.to_dict())


def _bare(template: dict[str, Any]) -> dict[str, Any]:
    """A template without what a controller added and what only a patch carries."""
    metadata = dict(template.get("metadata") or {})
    metadata["labels"] = {key: value for key, value in (metadata.get("labels") or {}).items() if key != _HASH}
    metadata = {key: value for key, value in metadata.items() if value is not None and key != "creationTimestamp"}
    return {**{key: value for key, value in template.items() if key != "$patch"}, "metadata": metadata}


def container_of(workload: Rolling, name: str) -> Container:
    """The service's container: the one of this name, or the first. Raises NotFoundError."""
    assert workload.spec is not None
    spec = workload.spec.template.spec
    return container_in((spec.containers if spec else None) or [], name, title(workload))


def container_in(containers: Sequence[Container], name: str, where: str) -> Container:
    """The container of this name, or the first. Raises NotFoundError."""
    found = next((one for one in containers if not name or one.name == name), None)
    if found is None:
        known = ", ".join(one.name for one in containers)
        raise errors.NotFoundError(f"{where} has no container '{name}'.", mend=f"It has: {known}.")
    return found


def _guarded(workload: Workload, template: Patch, cause: str, by: str, now: datetime) -> Patch:
    assert workload.metadata is not None
    return {
        "metadata": {
            "resourceVersion": workload.metadata.resourceVersion,
            "annotations": marks.of_change(cause, by, now),
        },
        "spec": {"template": template},
    }


def namespace(workload: Workload) -> str:
    """Where it lives."""
    return (workload.metadata.namespace if workload.metadata else None) or "default"


def name(workload: Workload) -> str:
    return (workload.metadata.name if workload.metadata else None) or ""
