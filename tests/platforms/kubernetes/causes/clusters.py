"""Snapshots of small clusters: a well shop, and what tests change about it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from lightkube.core.resource import Resource
from lightkube.resources.core_v1 import Event, Namespace, Node, Pod, Secret, Service, ServiceAccount
from lightkube.resources.networking_v1 import IngressClass
from lightkube.resources.storage_v1 import StorageClass

from accelerapp.platforms.causes import Cause
from accelerapp.platforms.kubernetes import looking
from accelerapp.platforms.kubernetes.causes import family
from accelerapp.platforms.kubernetes.snapshot import LogOf, Snapshot

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EARLIER = "2026-03-02T11:00:00Z"
JUST_NOW = "2026-03-02T11:59:00Z"
GIB = 1024**3


def merged(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The base with the changes laid over it, tables into tables; lists and None replace."""
    whole = copy.deepcopy(base)
    for key, value in changes.items():
        whole[key] = merged(whole.get(key) or {}, value) if isinstance(value, Mapping) else value
    return whole


def made(kind: type[Any], name: str, changes: Mapping[str, Any] | None = None, **more: Any) -> Any:
    """An object of the shop's namespace."""
    data = {"metadata": {"name": name, "namespace": "web", "uid": f"uid-{name}", "creationTimestamp": EARLIER}}
    return kind.from_dict(merged(merged(data, changes or {}), more))


def container(name: str = "app", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "image": "registry.local/shop:1.0",
        "ports": [{"containerPort": 8000, "name": "http"}],
        **more,
    }


def status(name: str = "app", *, ready: bool = False, restarts: int = 0, **more: Any) -> dict[str, Any]:
    state = {"running": {"startedAt": EARLIER}}
    return {"name": name, "image": "", "imageID": "", "ready": ready, "restartCount": restarts, "state": state, **more}


def ended(code: int, reason: str = "Error", **more: Any) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, "finishedAt": JUST_NOW, **more}}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


def pod(name: str = "shop-7d9f-a", owner: str = "ReplicaSet/shop-7d9f", **changes: Any) -> Pod:
    """A pod of the shop that is ready, unless `changes` say otherwise."""
    kind, _, above = owner.partition("/")
    owners = [{"apiVersion": "v1", "kind": kind, "name": above, "uid": "u", "controller": True}] if owner else []
    well = {
        "metadata": {"labels": {"app": "shop"}, "ownerReferences": owners},
        "spec": {"nodeName": "n1", "containers": [container()]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [status(ready=True)],
        },
    }
    found: Pod = made(Pod, name, merged(well, changes))
    return found


def sick(name: str = "shop-7d9f-a", owner: str = "ReplicaSet/shop-7d9f", **of_container: Any) -> Pod:
    """A pod whose container is as `of_container` says, and so not ready."""
    spec = of_container.pop("spec", {})
    phase = of_container.pop("phase", "Running")
    return pod(
        name,
        owner,
        spec=spec,
        status={
            "phase": phase,
            "conditions": [{"type": "Ready", "status": "False"}],
            "containerStatuses": [status(**of_container)],
        },
    )


def pending(message: str, **spec: Any) -> Pod:
    """A pod that the scheduler finds no node for."""
    conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]
    whole = {"nodeName": None, **spec}
    return pod(spec=whole, status={"phase": "Pending", "conditions": conditions, "containerStatuses": []})


def node(name: str = "n1", **changes: Any) -> Node:
    """A ready node of 4 cores and 8 GiB."""
    well = {
        "metadata": {"labels": {"disk": "hdd"}},
        "status": {
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": ""}],
        },
    }
    found: Node = made(Node, name, merged(well, changes))
    return found


def event(about: Any, reason: str, message: str, *, kind: str = "Warning", count: int = 1, at: str = JUST_NOW) -> Event:
    involved = {"kind": type(about).__name__, "name": about.metadata.name, "uid": about.metadata.uid}
    found: Event = made(
        Event,
        f"{about.metadata.name}.{reason}.{abs(hash(message))}",
        involvedObject=involved,
        reason=reason,
        message=message,
        type=kind,
        count=count,
        lastTimestamp=at,
    )
    return found


def storage_class(name: str = "standard", **more: Any) -> StorageClass:
    found: StorageClass = made(StorageClass, name, provisioner="p", **more)
    return found


def service(name: str = "shop", **spec: Any) -> Service:
    found: Service = made(
        Service, name, spec={"selector": {"app": "shop"}, "ports": [{"port": 80, "targetPort": "http"}], **spec}
    )
    return found


def secret(name: str, **data: str) -> Secret:
    found: Secret = made(Secret, name, data=data)
    return found


def snapshot(
    *objects: Any,
    unread: Iterable[type[Resource]] = (),
    logs: Mapping[LogOf, tuple[str, ...]] | None = None,
    neighbours: tuple[Pod, ...] | None = (),
    **more: Any,
) -> Snapshot:
    """Everything was read but the kinds of `unread`; kinds without objects are empty."""
    kinds = (
        Namespace,
        IngressClass,
        *looking.KINDS,
        *looking.MORE_KINDS,
        *looking.CLUSTER_KINDS,
        *looking.WEBHOOKS,
    )
    given = (*objects, made(ServiceAccount, "default"))
    found = {kind: tuple(each for each in given if type(each) is kind) for kind in kinds if kind not in unread}
    return Snapshot("web", NOW, found, logs=logs or {}, neighbours=neighbours, **more)


def causes(*objects: Any, **more: Any) -> list[Cause]:
    """All that is found in a snapshot of these objects."""
    found, failed = family.find_all(snapshot(*objects, **more))
    assert not failed
    return found


def the(kind: str, found: Iterable[Cause]) -> Cause:
    """The one cause of that kind."""
    those = [each for each in found if each.kind == kind]
    assert len(those) == 1, [each.kind for each in found]
    return those[0]


def kinds(found: Iterable[Cause]) -> list[str]:
    return [each.kind for each in found]
