"""Figures of pods and nodes out of metrics.k8s.io and of the kubelets' summaries. Pure.

metrics.k8s.io: `{items: [{metadata, timestamp, containers: [{name, usage: {cpu, memory}}]}]}`; a node has its `usage`.
A summary: `{node: {cpu: {time, usageNanoCores}, memory: {workingSetBytes}, fs, runtime: {imageFs}}, pods: [{podRef,
containers, volume: [{pvcRef, capacityBytes, usedBytes}]}]}`. Memory is the working set, as the kubelet evicts by it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lightkube.models.core_v1 import NodeStatus
from lightkube.resources.core_v1 import Node, Pod

from accelerapp.base import errors
from accelerapp.platforms import interface
from accelerapp.platforms.kubernetes import states

_BAD_WHEN = {"Ready": ("False", "Unknown")}
_NANO = 1e-9
_SUFFIXES = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0} | {
    letter + binary: float(base**power)
    for binary, base in (("", 1000), ("i", 1024))
    for power, letter in enumerate("kMGTPE", start=1)
}
_SUFFIXES["Ki"] = _SUFFIXES.pop("ki")
_QUANTITY = re.compile(rf"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)({'|'.join(_SUFFIXES)})")


@dataclass(frozen=True)
class Figure:
    """What a pod or a node uses."""

    name: str
    cpu_cores: float
    memory_bytes: int
    at: datetime


def number(value: object) -> float:
    """A quantity of Kubernetes as a number: `250m` is 0.25, `64Mi` is 67108864. Raises CannotTellError."""
    match = _QUANTITY.fullmatch(str(value).strip())
    if match is None:
        raise errors.CannotTellError(f"The cluster gives a quantity that cannot be read: '{value}'.")
    return float(match[1]) * _SUFFIXES[match[2]]


def of_metrics(answer: Mapping[str, Any]) -> list[Figure]:
    """Figures of pods out of a list of PodMetrics; all containers of a pod together."""
    return [
        Figure(
            item["metadata"]["name"],
            sum(number(one["usage"].get("cpu", 0)) for one in item["containers"]),
            int(sum(number(one["usage"].get("memory", 0)) for one in item["containers"])),
            datetime.fromisoformat(item["timestamp"]),
        )
        for item in answer.get("items") or ()
    ]


def of_node_metrics(answer: Mapping[str, Any]) -> dict[str, Figure]:
    """Figures of nodes out of a list of NodeMetrics."""
    return {
        item["metadata"]["name"]: Figure(
            item["metadata"]["name"],
            number(item["usage"]["cpu"]),
            int(number(item["usage"]["memory"])),
            datetime.fromisoformat(item["timestamp"]),
        )
        for item in answer.get("items") or ()
    }


def of_summary(summary: Mapping[str, Any], namespace: str) -> list[Figure]:
    """Figures of a namespace's pods out of a kubelet's summary; a pod without a figure yet is left out."""
    return [
        _summed(pod["podRef"]["name"], measured)
        for pod in summary.get("pods") or ()
        if pod["podRef"]["namespace"] == namespace and (measured := _measured(pod))
    ]


def _measured(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        one
        for one in pod.get("containers") or ()
        if "usageNanoCores" in one.get("cpu", {}) and "workingSetBytes" in one.get("memory", {})
    ]


def _summed(name: str, parts: Sequence[Mapping[str, Any]]) -> Figure:
    return Figure(
        name,
        sum(one["cpu"]["usageNanoCores"] for one in parts) * _NANO,
        sum(one["memory"]["workingSetBytes"] for one in parts),
        max(datetime.fromisoformat(one["cpu"]["time"]) for one in parts),
    )


def of_node_summary(summary: Mapping[str, Any]) -> Figure | None:
    """The node's own figure out of its kubelet's summary."""
    node = summary["node"]
    return _summed(node["nodeName"], [node]) if _measured({"containers": [node]}) else None


def of_pods(pods: Iterable[Pod], figures: Iterable[Figure]) -> list[interface.ReplicaUsage]:
    """The figures of these pods, with their limits; a pod without a figure is left out."""
    known = {figure.name: figure for figure in figures}
    return [
        interface.ReplicaUsage(name, figure.cpu_cores, figure.memory_bytes, memory_limit(pod), figure.at)
        for pod in pods
        if (name := states.name_of(pod)) and (figure := known.get(name))
    ]


def memory_limit(pod: Pod) -> int | None:
    """The limits of all its containers together; None when one has none, for then the pod has none."""
    containers = pod.spec.containers if pod.spec else []
    limits = [((one.resources and one.resources.limits) or {}).get("memory") for one in containers]
    if not limits or not all(limits):
        return None
    return int(sum(number(limit) for limit in limits))


# -- nodes -------------------------------------------------------------------------------------------------------------


def node(one: Node, figure: Figure | None, summary: Mapping[str, Any], namespaces: Collection[str]) -> interface.Node:
    """A node with its figures, its disks and the volumes of these namespaces that are mounted on it."""
    status = one.status or NodeStatus()
    capacity = status.capacity or {}
    return interface.Node(
        name=(one.metadata and one.metadata.name) or "",
        cpu_cores=number(capacity.get("cpu", 0)),
        cpu_used_cores=figure.cpu_cores if figure else None,
        memory_bytes=int(number(capacity.get("memory", 0))),
        memory_used_bytes=figure.memory_bytes if figure else None,
        disks=(*_disks(summary), *_volumes(summary, namespaces)),
        problems=tuple(_problems(one, status)),
    )


def _problems(one: Node, status: NodeStatus) -> Iterator[str]:
    """Conditions that are bad, a sentence each: Ready is bad when it is not true, every other when it is."""
    for condition in status.conditions or ():
        bad = _BAD_WHEN.get(condition.type, ("True",))
        if condition.status in bad:
            name = "NotReady" if condition.type == "Ready" else condition.type
            yield f"{name}: {(condition.message or condition.reason or 'it does not say why').removesuffix('.')}."
    if one.spec and one.spec.unschedulable:
        yield "Cordoned: it takes no new pods."


def _disks(summary: Mapping[str, Any]) -> Iterator[interface.Disk]:
    own = summary.get("node") or {}
    root, images = own.get("fs") or {}, (own.get("runtime") or {}).get("imageFs") or {}
    if _is_known(root):
        yield _disk("kubelet", root)
    # often one and the same file system
    is_same = (images.get("capacityBytes"), images.get("availableBytes")) == (
        root.get("capacityBytes"),
        root.get("availableBytes"),
    )
    if _is_known(images) and not is_same:
        yield _disk("images", images)


def _volumes(summary: Mapping[str, Any], namespaces: Collection[str]) -> Iterator[interface.Disk]:
    """Volumes that a claim stands for; the same claim in two pods is told once."""
    told = set()
    for pod in summary.get("pods") or ():
        for volume in pod.get("volume") or ():
            claim = volume.get("pvcRef")
            if not claim or claim["namespace"] not in namespaces or not _is_known(volume):
                continue
            name = f"{claim['namespace']}/{claim['name']}"
            if name not in told:
                told.add(name)
                yield _disk(f"claim {name}", volume)


def _is_known(fs: Mapping[str, Any]) -> bool:
    return bool(fs.get("capacityBytes")) and ("availableBytes" in fs or "usedBytes" in fs)


def _disk(name: str, fs: Mapping[str, Any]) -> interface.Disk:
    """What is not available counts as used: a file system may be filled by others than the kubelet knows."""
    total = int(fs["capacityBytes"])
    used = total - int(fs["availableBytes"]) if "availableBytes" in fs else int(fs["usedBytes"])
    return interface.Disk(name, total, max(0, used))
