"""ReplicaSets that stand by themselves: without a Deployment above them that would say the same."""

from __future__ import annotations

from collections.abc import Iterator

from lightkube.resources.apps_v1 import ReplicaSet

from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import deployments, facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """A cause per ReplicaSet without an owner that has too few ready pods or wants none."""
    for each in snapshot.all(ReplicaSet):
        if facts.owner(each) or each.spec is None:
            continue
        wanted = 1 if each.spec.replicas is None else each.spec.replicas
        ready = (each.status and each.status.readyReplicas) or 0
        if wanted == 0:
            yield deployments.scaled_to_zero(snapshot, each)
        elif ready < wanted:
            yield Cause(
                kind="too-few-ready",
                subject=facts.subject(each),
                sentence=f"{facts.subject(each)} has {ready} of {wanted} replicas ready.",
                evidence=(f"status.readyReplicas: {ready} of {wanted}",),
                mend="Mend what keeps its pods from being ready.",
                depth=Depth.SYMPTOM,
            )
