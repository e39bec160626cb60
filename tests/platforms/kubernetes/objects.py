"""Objects of a cluster, as small as tests need them."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from lightkube.resources.apps_v1 import ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import Pod

R = TypeVar("R")


def _made(kind: type[R], data: dict[str, Any]) -> R:
    return cast(R, kind.from_dict(data))  # type: ignore[attr-defined]


def template(image: str = "registry.local/app:v1", **annotations: str) -> dict[str, Any]:
    """A pod template with the containers `web` and `helper`."""
    found: dict[str, Any] = {
        "metadata": {"labels": {"app": "shop"}},
        "spec": {"containers": [{"name": "web", "image": image}, {"name": "helper", "image": "registry.local/h:1"}]},
    }
    if annotations:
        found["metadata"]["annotations"] = annotations
    return found


def _metadata(name: str, **more: object) -> dict[str, Any]:
    return {"name": name, "namespace": "web", "uid": f"uid-{name}", "resourceVersion": "77", "generation": 4, **more}


def deployment(image: str = "registry.local/app:v1", replicas: int = 2, **spec: object) -> Deployment:
    whole = {"replicas": replicas, "selector": {"matchLabels": {"app": "shop"}}, "template": template(image), **spec}
    return _made(Deployment, {"metadata": _metadata("shop"), "spec": whole})


def statefulset(image: str = "registry.local/app:v1", **spec: object) -> StatefulSet:
    whole = {"replicas": 1, "serviceName": "shop", "selector": {"matchLabels": {"app": "shop"}}, **spec}
    return _made(StatefulSet, {"metadata": _metadata("shop"), "spec": {**whole, "template": template(image)}})


def daemonset() -> DaemonSet:
    return _made(DaemonSet, {"metadata": _metadata("shop"), "spec": {"selector": {}, "template": template()}})


def job() -> Job:
    return _made(Job, {"metadata": _metadata("shop"), "spec": {"template": template()}})


def cronjob() -> CronJob:
    inner = {"spec": {"template": template()}}
    return _made(CronJob, {"metadata": _metadata("shop"), "spec": {"schedule": "* * * * *", "jobTemplate": inner}})


def replicaset(number: int, image: str, owner: str = "uid-shop", hash: str = "abc") -> ReplicaSet:
    found = template(image)
    found["metadata"]["labels"]["pod-template-hash"] = hash
    metadata = _metadata(
        f"shop-{hash}",
        annotations={"deployment.kubernetes.io/revision": str(number)},
        ownerReferences=[
            {"controller": True, "uid": owner, "apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"}
        ],
    )
    return _made(ReplicaSet, {"metadata": metadata, "spec": {"selector": {}, "template": found}})


def controller_revision(number: int, image: str, owner: str = "uid-shop") -> ControllerRevision:
    metadata = _metadata(
        f"shop-{number}",
        ownerReferences=[
            {"controller": True, "uid": owner, "apiVersion": "apps/v1", "kind": "StatefulSet", "name": "shop"}
        ],
    )
    data = {"spec": {"template": {"$patch": "replace", **template(image)}}}
    return _made(ControllerRevision, {"metadata": metadata, "revision": number, "data": data})


def autoscaler(target: str = "shop", kind: str = "Deployment", low: int = 2, high: int = 5) -> HorizontalPodAutoscaler:
    spec = {"scaleTargetRef": {"kind": kind, "name": target}, "minReplicas": low, "maxReplicas": high}
    return _made(HorizontalPodAutoscaler, {"metadata": _metadata("shop-hpa"), "spec": spec})


def pod(name: str, state: dict[str, Any] | None = None, last: dict[str, Any] | None = None, **more: object) -> Pod:
    """A pod whose container `web` is in this state, as `{"running": {}}`; None: it has no status yet."""
    status: dict[str, Any] = {"phase": "Running"}
    if state is not None:
        one = {"name": "web", "image": "", "imageID": "", "ready": "running" in state, "restartCount": 1 if last else 0}
        one |= {"state": state, "containerID": f"containerd://{name}-{one['restartCount']}"}
        status["containerStatuses"] = [one | ({"lastState": last} if last else {})]
    metadata = {**_metadata(name), "creationTimestamp": "2026-03-02T12:00:00Z", **more}
    containers = [{"name": "web", "image": "registry.local/app:v1"}, {"name": "helper", "image": "registry.local/h:1"}]
    return _made(Pod, {"metadata": metadata, "spec": {"containers": containers}, "status": status})
