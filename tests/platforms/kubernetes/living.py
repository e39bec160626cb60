"""A namespace on the real cluster of KUBECONFIG, with a shop in it. Everything is deleted afterwards."""

from __future__ import annotations

import base64
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Namespace, Pod, Secret, ServiceAccount
from lightkube.resources.rbac_authorization_v1 import Role, RoleBinding
from tests.platforms.contract import SHOP

from accelerapp.base.settings.model import Kubernetes
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.interface import RolloutPhase
from accelerapp.platforms.kubernetes.platform import KubernetesPlatform

T = TypeVar("T")
REAL = [
    pytest.mark.kubernetes,
    pytest.mark.skipif(not os.environ.get("KUBECONFIG"), reason="needs a cluster (KUBECONFIG)"),
]
COUNT = 'i=0; while true; do i=$((i+1)); echo "number $i"; sleep 0.2 & wait $!; done'
SERVE = "exec python3 -m http.server 8000"


@contextmanager
def namespace(cluster: clusters.Cluster) -> Iterator[str]:
    """A namespace of our own."""
    name = f"k2-{uuid.uuid4().hex[:8]}"
    cluster.create(Namespace(metadata=ObjectMeta(name=name)))
    eventually(lambda: _has_account(cluster, name))
    try:
        yield name
    finally:
        cluster.delete(Namespace, name)


def _has_account(cluster: clusters.Cluster, name: str) -> bool:
    return any(one.metadata and one.metadata.name == "default" for one in cluster.list(ServiceAccount, name))


def shop(script: str, replicas: int = 1, image: str = "registry.local/app:v1", **spec: Any) -> Deployment:
    """A Deployment whose container runs this shell script; ends at once when told to."""
    container = {
        "name": "web",
        "image": image,
        "command": ["sh", "-c", f'trap "exit 0" TERM; {script}'],
        "envFrom": [{"configMapRef": {"name": "shop-config", "optional": True}}],
    }
    template = {
        "metadata": {"labels": {"app": "shop"}},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 1, **spec},
    }
    whole = {"replicas": replicas, "selector": {"matchLabels": {"app": "shop"}}, "template": template}
    return Deployment.from_dict({"metadata": {"name": "shop"}, "spec": whole})  # type: ignore[return-value]


def configmap(name: str = "shop-config", **values: str) -> ConfigMap:
    return ConfigMap(metadata=ObjectMeta(name=name), data=values)


def platform(namespace: str, kubeconfig: str = "", **more: str) -> KubernetesPlatform:
    """Operates the shop of a namespace."""
    return KubernetesPlatform({SHOP: Kubernetes(namespace=namespace, kubeconfig=kubeconfig, **more)})


def settled(found: KubernetesPlatform) -> None:
    """Waits until the rollout is complete."""
    eventually(lambda: found.workload(SHOP).phase is RolloutPhase.COMPLETE)


def pods(cluster: clusters.Cluster, namespace: str) -> list[Pod]:
    """The shop's pods that are not going."""
    found = cluster.list(Pod, namespace, labels={"app": "shop"})
    return [pod for pod in found if pod.metadata and not pod.metadata.deletionTimestamp]


def eventually(look: Callable[[], T], seconds: float = 60) -> T:
    """The first true thing that `look` gives."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"did not come true: {look}"
        time.sleep(0.2)
    return found


def restricted(cluster: clusters.Cluster, namespace: str, folder: Path, rules: list[dict[str, Any]]) -> str:
    """A kubeconfig of a service account that may do this and no more."""
    account = ObjectMeta(name="restricted", namespace=namespace)
    cluster.create(ServiceAccount(metadata=account), namespace)
    cluster.create(Role.from_dict({"metadata": {"name": "restricted"}, "rules": rules}), namespace)
    binding = {
        "metadata": {"name": "restricted"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "restricted"},
        "subjects": [{"kind": "ServiceAccount", "name": "restricted", "namespace": namespace}],
    }
    cluster.create(RoleBinding.from_dict(binding), namespace)
    note = {"kubernetes.io/service-account.name": "restricted"}
    kind = "kubernetes.io/service-account-token"
    cluster.create(Secret(metadata=ObjectMeta(name="restricted", annotations=note), type=kind), namespace)
    token = eventually(lambda: (cluster.get(Secret, "restricted", namespace).data or {}).get("token"))
    content = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
    content["users"] = [{"name": "restricted", "user": {"token": base64.b64decode(token).decode()}}]
    content["contexts"][0]["context"]["user"] = "restricted"
    path = folder / "restricted.yaml"
    path.write_text(yaml.safe_dump(content))
    return str(path)
