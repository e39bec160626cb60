"""Nodes that are not ready or short of something."""

from __future__ import annotations

from collections.abc import Iterator

from lightkube.models.core_v1 import NodeCondition
from lightkube.resources.core_v1 import Node

from accelerapp.base import text
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot

_PRESSURES = {
    "MemoryPressure": "is short of memory: it evicts pods and takes no new ones",
    "DiskPressure": "is short of disk: it evicts pods, deletes images and takes no new pods",
    "PIDPressure": "is short of process ids: it takes no new pods",
    "NetworkUnavailable": "has no network for pods",
}


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """A cause per condition that is not as it should be."""
    for node in snapshot.all(Node):
        conditions = (node.status and node.status.conditions) or []
        ready = next((each for each in conditions if each.type == "Ready"), None)
        if ready is None or ready.status != "True":
            yield _cause(
                node, "node-not-ready", "is not ready: its pods are not known to run, and it takes no new ones", ready
            )
        for each in conditions:
            if each.type in _PRESSURES and each.status == "True":
                yield _cause(node, "node-pressure", _PRESSURES[each.type], each)
        if node.spec and node.spec.unschedulable:
            yield _cordoned(node)


def _cause(node: Node, kind: str, words: str, found: NodeCondition | None) -> Cause:
    said = (
        f"{found.type}={found.status}, {found.reason}: {text.printable(found.message or '', 300)}"
        if found
        else "no Ready condition"
    )
    return Cause(
        kind=kind,
        subject=facts.subject(node),
        sentence=f"The node {facts.name(node)} {words}.",
        evidence=(f"status.conditions: {said}",),
        mend=f"`kubectl describe node {facts.name(node)}`; on the node itself: the kubelet's log, `df -h`, `free -m`.",
    )


def _cordoned(node: Node) -> Cause:
    return Cause(
        kind="node-cordoned",
        subject=facts.subject(node),
        sentence=f"The node {facts.name(node)} is cordoned: it takes no new pods.",
        evidence=("spec.unschedulable: true",),
        mend=f"`kubectl uncordon {facts.name(node)}` once its maintenance is over",
        depth=Depth.RISK,
    )
