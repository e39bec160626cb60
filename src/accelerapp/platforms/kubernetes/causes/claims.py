"""PersistentVolumeClaims that get no volume."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lightkube.models.core_v1 import PersistentVolumeClaimSpec
from lightkube.resources.core_v1 import PersistentVolume, PersistentVolumeClaim, Pod
from lightkube.resources.storage_v1 import StorageClass

from accelerapp.base import text
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot

_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_FAILED = ("ProvisioningFailed", "FailedBinding", "VolumeMismatch", "ClaimLost", "ExternalProvisioning")


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """A cause per claim that is not bound though something could have bound it, or that lost its volume."""
    for each in snapshot.all(PersistentVolumeClaim):
        phase = (each.status and each.status.phase) or "Pending"
        if phase == "Lost":
            yield _lost(snapshot, each)
        elif phase == "Pending" and each.spec is not None and not _waits_for_pod(snapshot, each, each.spec):
            yield _pending(snapshot, each, each.spec)


def _waits_for_pod(snapshot: Snapshot, each: PersistentVolumeClaim, spec: PersistentVolumeClaimSpec) -> bool:
    """Is it bound only once a pod uses it, and does none?"""
    found = snapshot.get(StorageClass, spec.storageClassName or "")
    late = found is not None and found.volumeBindingMode == "WaitForFirstConsumer"
    return late and not any(
        volume.persistentVolumeClaim and volume.persistentVolumeClaim.claimName == facts.name(each)
        for pod in snapshot.all(Pod)
        for volume in facts.spec(pod).volumes or ()
    )


def _pending(snapshot: Snapshot, each: PersistentVolumeClaim, spec: PersistentVolumeClaimSpec) -> Cause:
    name, wanted = facts.subject(each), spec.storageClassName
    told = facts.events(snapshot, each, *_FAILED)
    known = f"storage classes: {', '.join(map(facts.name, snapshot.all(StorageClass))) or 'none'}"
    asks = ((spec.resources and spec.resources.requests) or {}).get("storage", "?")
    verdict = _why(snapshot, spec, told[0].message or "" if told else "")
    return Cause(
        kind=verdict.kind,
        subject=name,
        sentence=f"{name} gets no volume: {verdict.why}.",
        evidence=(
            f"status.phase: Pending, asks for {asks}, storageClassName: {wanted or 'none'}",
            *((known,) if snapshot.knows(StorageClass) else ()),
            *(text.printable(facts.told(event), 300) for event in told[:1]),
        ),
        mend=verdict.mend.format(name=name, ns=snapshot.namespace),
        depth=verdict.depth,
    )


@dataclass(frozen=True)
class _Verdict:
    """Why a claim gets no volume; `mend` has room for its {name} and namespace {ns}."""

    kind: str
    why: str
    mend: str
    depth: Depth = Depth.ROOT


_ANEW = "a claim cannot be changed: delete it and make it anew (`kubectl delete {name} -n {ns}`)"
_NO_DEFAULT = _Verdict(
    "missing-storage-class",
    "it names no storage class and the cluster has no default one",
    f"Name one; {_ANEW}. Or make a PersistentVolume that fits.",
)
_NO_VOLUME = _Verdict(
    "no-fitting-volume",
    "no free PersistentVolume fits it and nothing makes one",
    "Make a PersistentVolume of that size and access mode, or name a storage class that makes volumes.",
)


def _why(snapshot: Snapshot, spec: PersistentVolumeClaimSpec, said: str) -> _Verdict:
    wanted = spec.storageClassName
    if wanted and snapshot.lacks(StorageClass, wanted) and not _has_volume_of(snapshot, wanted):
        why = f"the storage class '{wanted}' does not exist"
        return _Verdict("missing-storage-class", why, f"Name a class that exists; {_ANEW}.")
    if spec.volumeName and snapshot.lacks(PersistentVolume, spec.volumeName):
        why = f"the volume '{spec.volumeName}' that it names does not exist"
        return _Verdict("missing-volume", why, f"Make that PersistentVolume, or name another; {_ANEW}.")
    if wanted is None and snapshot.knows(StorageClass) and not _default(snapshot):
        return _NO_DEFAULT
    if wanted == "" or "no persistent volumes available" in said:
        return _NO_VOLUME
    words = facts.words(said) or "nothing has made one yet, and no event says why"
    look = "Check that the provisioner of its storage class runs: `kubectl describe {name} -n {ns}`."
    return _Verdict("claim-pending", words, look, Depth.FAILURE)


def _has_volume_of(snapshot: Snapshot, wanted: str) -> bool:
    """A class may be only a name by which claims and volumes made by hand find each other."""
    return any(each.spec and each.spec.storageClassName == wanted for each in snapshot.all(PersistentVolume))


def _default(snapshot: Snapshot) -> bool:
    return any((facts.meta(each).annotations or {}).get(_DEFAULT) == "true" for each in snapshot.all(StorageClass))


def _lost(snapshot: Snapshot, each: PersistentVolumeClaim) -> Cause:
    volume = (each.spec and each.spec.volumeName) or "?"
    return Cause(
        kind="volume-lost",
        subject=facts.subject(each),
        sentence=f"{facts.subject(each)} has lost its volume '{volume}'.",
        evidence=("status.phase: Lost", f"spec.volumeName: {volume}"),
        mend="Bring the PersistentVolume back, or restore the data from a backup into a new claim.",
    )
