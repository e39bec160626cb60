"""Pods that were ended from outside (evicted, out of time, pushed away), and pods that do not go away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from lightkube.resources.core_v1 import Namespace, Node, Pod

from accelerapp.base import text
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot

PATIENCE = timedelta(seconds=30)
"""So long after its grace period a pod that still is there does not go by itself."""
_ANEW = "Delete it, so that it is scheduled anew"
_BACK = "Bring the node back"
_ENDINGS = {
    "Evicted": (
        "evicted",
        "the node ran short of something",
        "Set requests near what it really uses, so that it is put where there is room",
    ),
    "DeadlineExceeded": (
        "deadline-exceeded",
        "it ran longer than its activeDeadlineSeconds",
        "Raise activeDeadlineSeconds, or make its work shorter",
    ),
    "Preempting": (
        "preempted",
        "a pod of higher priority needed its place",
        "Give it a PriorityClass of its own, or add a node",
    ),
    "NodeLost": ("node-lost", "its node no longer answers", _BACK),
    "NodeShutdown": ("node-shutdown", "its node was shut down", _BACK),
    "Terminated": ("node-shutdown", "its node was shut down", _BACK),
    "UnexpectedAdmissionError": ("refused-by-node", "the node refused it", _ANEW),
    "NodeAffinity": ("refused-by-node", "the node's labels no longer fit it", _ANEW),
}


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """Causes of pods that ended early or end too slowly, and of a namespace that is going away."""
    for pod in facts.living(snapshot):
        if facts.phase(pod) == "Failed" and (facts.status(pod).reason or ""):
            yield _ended(snapshot, pod, facts.status(pod).reason or "")
    for pod in snapshot.all(Pod):
        if facts.is_leaving(pod) and snapshot.at - (facts.meta(pod).deletionTimestamp or snapshot.at) > PATIENCE:
            yield _lingering(snapshot, pod)
    for namespace in snapshot.all(Namespace):
        if namespace.status and namespace.status.phase == "Terminating":
            yield _going(namespace)


def _ended(snapshot: Snapshot, pod: Pod, reason: str) -> Cause:
    if reason.startswith("OutOf"):
        kind, why, advice = "refused-by-node", f"the node had no {reason[5:]} left for it", _ANEW
    else:
        kind, why, advice = _ENDINGS.get(
            reason, ("pod-failed", f"it failed with {reason}", "Read what its status says")
        )
    message = text.printable((facts.status(pod).message or "").strip(), 300)
    return Cause(
        kind=kind,
        subject=facts.subject(pod),
        sentence=f"The pod was ended: {why}.",
        evidence=(f"status.reason: {reason}", *((f"status.message: {message}",) if message else ())),
        mend=f"{advice}: `kubectl describe {facts.subject(pod)} -n {snapshot.namespace}`.",
    )


def _lingering(snapshot: Snapshot, pod: Pod) -> Cause:
    since = snapshot.at - (facts.meta(pod).deletionTimestamp or snapshot.at)
    finalizers = ", ".join(facts.meta(pod).finalizers or ())
    node = snapshot.get(Node, facts.spec(pod).nodeName or "")
    lost = node is not None and not any(
        each.type == "Ready" and each.status == "True" for each in (node.status and node.status.conditions) or ()
    )
    name, where = facts.subject(pod), f"-n {snapshot.namespace}"
    if finalizers:
        why = f"its finalizers wait ({finalizers})"
        mend = (
            f"Let the controller that set them do its work; at last resort remove them: {facts.edit(snapshot, name)}."
        )
    elif lost:
        why = f"its node {facts.spec(pod).nodeName} does not answer"
        mend = f"Bring the node back, or: `kubectl delete {name} --force --grace-period=0 {where}`."
    else:
        why = "its containers do not end, or a volume is not let go"
        mend = f"See its events: `kubectl describe {name} {where}`."
    return Cause(
        kind="stuck-terminating",
        subject=facts.subject(pod),
        sentence=f"The pod is being deleted but does not go: {why}.",
        evidence=(
            f"metadata.deletionTimestamp passed {text.duration(since.total_seconds())} ago",
            *((f"metadata.finalizers: {finalizers}",) if finalizers else ()),
        ),
        mend=mend,
        depth=Depth.FAILURE,
    )


def _going(namespace: Namespace) -> Cause:
    said = [
        f"status.conditions: {each.type}: {text.printable(each.message or '', 300)}"
        for each in (namespace.status and namespace.status.conditions) or ()
        if each.status == "True"
    ]
    return Cause(
        kind="namespace-terminating",
        subject=facts.subject(namespace),
        sentence=f"The namespace '{facts.name(namespace)}' is being deleted: nothing new can be made in it.",
        evidence=("status.phase: Terminating", *said),
        mend="Wait until it is gone and make it again; if it stays, what its conditions name has to go first.",
    )
