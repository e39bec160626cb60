"""StatefulSets: the Service and the storage class that they need, and pods that wait for the one before."""

from __future__ import annotations

from collections.abc import Iterator

from lightkube.models.apps_v1 import StatefulSetSpec
from lightkube.resources.apps_v1 import StatefulSet
from lightkube.resources.core_v1 import Pod, Service
from lightkube.resources.storage_v1 import StorageClass

from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import deployments, facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """The causes that lie with the StatefulSet itself, and how it suffers from those of its pods."""
    for each in snapshot.all(StatefulSet):
        if each.spec is None:
            continue
        wanted = 1 if each.spec.replicas is None else each.spec.replicas
        ready = (each.status and each.status.readyReplicas) or 0
        if wanted == 0:
            yield deployments.scaled_to_zero(snapshot, each)
        if each.spec.serviceName and snapshot.lacks(Service, each.spec.serviceName):
            yield _no_service(snapshot, each, each.spec.serviceName, ready < wanted)
        yield from _no_class(snapshot, each, each.spec)
        if ready < wanted:
            yield _short(snapshot, each, each.spec, ready, wanted)


def _no_service(snapshot: Snapshot, each: StatefulSet, service: str, is_short: bool) -> Cause:
    return Cause(
        kind="missing-service",
        subject=facts.subject(each),
        sentence=f"The Service '{service}' of {facts.subject(each)} does not exist: its pods have no names in DNS.",
        evidence=(f"spec.serviceName: {service}", f"no Service '{service}' in namespace {snapshot.namespace}"),
        mend=f"Make a Service '{service}' with `clusterIP: None` and the pods' labels as its selector.",
        depth=Depth.ROOT if is_short else Depth.RISK,
    )


def _no_class(snapshot: Snapshot, each: StatefulSet, spec: StatefulSetSpec) -> Iterator[Cause]:
    for claim in spec.volumeClaimTemplates or ():
        wanted = claim.spec.storageClassName if claim.spec else None
        if wanted and snapshot.lacks(StorageClass, wanted):
            known = ", ".join(facts.name(one) for one in snapshot.all(StorageClass)) or "none"
            yield Cause(
                kind="missing-storage-class",
                subject=facts.subject(each),
                sentence=f"The storage class '{wanted}' that {facts.subject(each)} wants does not exist.",
                evidence=(f"spec.volumeClaimTemplates: storageClassName: {wanted}", f"storage classes: {known}"),
                mend="Name a class that exists; volumeClaimTemplates cannot be changed: delete the StatefulSet with "
                "--cascade=orphan and apply it anew.",
            )


def _short(snapshot: Snapshot, each: StatefulSet, spec: StatefulSetSpec, ready: int, wanted: int) -> Cause:
    pods = sorted(facts.owned(snapshot, Pod, each), key=facts.name)
    first = next((facts.name(pod) for pod in pods if not facts.is_ready(pod)), "")
    waits = first and len(pods) < wanted and spec.podManagementPolicy != "Parallel"
    return Cause(
        kind="too-few-ready",
        subject=facts.subject(each),
        sentence=f"{facts.subject(each)} has {ready} of {wanted} replicas ready"
        + (f": the pods after {first} are made only once that one is ready." if waits else "."),
        evidence=(f"status.readyReplicas: {ready} of {wanted}",),
        mend="Mend what keeps its pods from being ready.",
        depth=Depth.SYMPTOM,
    )
