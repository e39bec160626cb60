"""Pods that a node has taken but cannot set up: volumes that do not attach or mount, no network for the pod."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lightkube.resources.core_v1 import Event, Pod

from accelerapp.base import text
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot

_VOLUMES = ("FailedMount", "FailedAttachVolume", "FailedMapVolume")
_NETWORK = "FailedCreatePodSandBox"
_SAID_ELSEWHERE = re.compile(r'(?:secret|configmap)s? "[^"]+" not found|references non-existent', re.IGNORECASE)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32,}")


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """A cause per pod on a node whose containers cannot be made; what is missing by name is a cause of its own."""
    for pod in facts.living(snapshot):
        if facts.phase(pod) == "Pending" and facts.spec(pod).nodeName and not _has_begun(pod):
            told = facts.events(snapshot, pod, *_VOLUMES, _NETWORK)
            if told and not any(_SAID_ELSEWHERE.search(each.message or "") for each in told):
                yield _cause(snapshot, pod, told[0])


def _has_begun(pod: Pod) -> bool:
    return any(part.state.running or part.state.terminated or part.restarts for part in facts.parts(pod))


def _cause(snapshot: Snapshot, pod: Pod, event: Event) -> Cause:
    said = text.printable(_ID.sub("…", (event.message or "").strip()), 300).rstrip(".")
    node = facts.spec(pod).nodeName
    if event.reason == _NETWORK:
        return Cause(
            kind="no-pod-network",
            subject=facts.subject(pod),
            sentence="The node cannot set up the pod's sandbox and network.",
            evidence=(facts.told(event), f"spec.nodeName: {node}"),
            mend=f"Check the network plugin and the container runtime of the node: `kubectl describe node {node}`.",
        )
    return Cause(
        kind="volume-not-mounted",
        subject=facts.subject(pod),
        sentence=f"A volume of the pod cannot be attached or mounted: {said}.",
        evidence=(facts.told(event), f"spec.nodeName: {node}"),
        mend=_mend(snapshot, pod, said),
        depth=Depth.FAILURE,
    )


def _mend(snapshot: Snapshot, pod: Pod, said: str) -> str:
    if "Multi-Attach" in said or "already attached" in said or "already used" in said:
        return (
            "Another node still has the volume: let the pod there end first (strategy Recreate), or use ReadWriteMany."
        )
    return f"Check the volume and its driver: `kubectl describe {facts.subject(pod)} -n {snapshot.namespace}`."
