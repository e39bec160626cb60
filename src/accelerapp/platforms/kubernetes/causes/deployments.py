"""Deployments: scaled to 0, paused, past their deadline, short of ready pods."""

from __future__ import annotations

from collections.abc import Iterator

from lightkube.models.apps_v1 import DeploymentCondition, DeploymentSpec, DeploymentStatus
from lightkube.resources.apps_v1 import Deployment

from accelerapp.base import text
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """The causes that lie with the Deployment itself, and how its rollout suffers from those of its pods."""
    for each in snapshot.all(Deployment):
        spec, status = each.spec, each.status or DeploymentStatus()
        if spec is None:
            continue
        wanted = 1 if spec.replicas is None else spec.replicas
        if wanted == 0:
            yield scaled_to_zero(snapshot, each)
        elif spec.paused:
            yield _paused(snapshot, each, wanted, status)
        if (wanted and (status.readyReplicas or 0) < wanted) or _late(status):
            yield _short(snapshot, each, spec, status, wanted)


def scaled_to_zero(snapshot: Snapshot, workload: Deployment | object) -> Cause:
    """Nothing is wanted to run."""
    name = facts.subject(workload)
    return Cause(
        kind="scaled-to-zero",
        subject=name,
        sentence=f"{name} is scaled to 0 replicas: nothing of it is wanted to run.",
        evidence=("spec.replicas: 0",),
        mend=f"`kubectl scale {name} --replicas=1 -n {snapshot.namespace}`",
        depth=Depth.WISH,
    )


def _paused(snapshot: Snapshot, each: Deployment, wanted: int, status: DeploymentStatus) -> Cause:
    name, updated = facts.subject(each), status.updatedReplicas or 0
    waits = (
        f"{updated} of {wanted} replicas have the wanted revision and no more get it"
        if updated < wanted
        else "its next change will wait"
    )
    return Cause(
        kind="paused-rollout",
        subject=name,
        sentence=f"The rollout of {name} is paused: {waits}.",
        evidence=("spec.paused: true", f"status.updatedReplicas: {updated}"),
        mend=f"`kubectl rollout resume {name} -n {snapshot.namespace}`",
        depth=Depth.WISH if updated < wanted else Depth.RISK,
    )


def _late(status: DeploymentStatus) -> DeploymentCondition | None:
    return next((each for each in status.conditions or () if each.reason == "ProgressDeadlineExceeded"), None)


def _short(snapshot: Snapshot, each: Deployment, spec: DeploymentSpec, status: DeploymentStatus, wanted: int) -> Cause:
    late, name, ready = _late(status), facts.subject(each), status.readyReplicas or 0
    deadline = f"for longer than its deadline of {text.duration(spec.progressDeadlineSeconds or 600)}"
    stuck = f"; its rollout has made no progress {deadline}" if late else ""
    return Cause(
        kind="deadline-exceeded" if late else "too-few-ready",
        subject=name,
        sentence=f"{name} has {ready} of {wanted} replicas ready{stuck}.",
        evidence=(
            f"status.readyReplicas: {ready} of {wanted}, updatedReplicas: {status.updatedReplicas or 0}",
            *((f"status.conditions: Progressing, {late.reason}: {late.message}",) if late else ()),
        ),
        mend="Mend what keeps its pods from being ready"
        + (f"; or go back: `kubectl rollout undo {name} -n {snapshot.namespace}`." if late else "."),
        depth=Depth.SYMPTOM,
    )
