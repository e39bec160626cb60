"""The product installed in the cluster of KUBECONFIG by its chart, with a second namespace to operate; by hand's tools.

ACCELERAPP_IMAGE names an image that the cluster has or can fetch; POSTGRES_IMAGE one of PostgreSQL.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import helm_python
from tests.deploys import CHART

T = TypeVar("T")
IMAGE = os.environ.get("ACCELERAPP_IMAGE", "")
POSTGRES = os.environ.get("POSTGRES_IMAGE", "postgres:17")
SHOP = """
[services.shop]
platform = "kubernetes"
[services.shop.kubernetes]
namespace = "%s"
"""


def eventually(look: Callable[[], T], seconds: float = 120) -> T:
    """The first true thing that `look` gives."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"did not come true within {seconds} s: {look}"
        time.sleep(0.5)
    return found


def kubectl(*arguments: str, check: bool = True, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """A command as a person types it."""
    done = subprocess.run(
        ["kubectl", *arguments], capture_output=True, text=True, input=stdin, timeout=300, check=False
    )
    assert done.returncode == 0 or not check, f"kubectl {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done


class Installed:
    """The release, and what one does with it."""

    def __init__(self, namespace: str, other: str) -> None:
        self.namespace = namespace
        self.other = other
        user = kubectl(
            *("run", "user", "-n", namespace, "--image", POSTGRES, "--restart=Never", "--rm", "-i", "--quiet"),
            *("--command", "--", "id", "-u", "postgres"),
        )
        self.user = int(re.search(r"\d+", user.stdout)[0])  # type: ignore[index]

    def values(self, **changes: Any) -> dict[str, Any]:
        """For this cluster; small, since it is one for tests."""
        few = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}
        return {
            "image": IMAGE,
            "services": SHOP % self.other,
            "namespaces": [self.other],
            "resources": few,
            "postgres": {"image": POSTGRES, "user": self.user, "storage": "1Gi", "resources": few},
            **changes,
        }

    def helm(self, verb: str, **changes: Any) -> None:
        """Install, upgrade or uninstall."""
        with helm_python.Config(kubeconfig_path=os.environ["KUBECONFIG"], namespace=self.namespace) as helm:
            if verb == "uninstall":
                helm.uninstall("accelerapp")
            else:
                getattr(helm, verb)(str(CHART), "accelerapp", self.values(**changes), namespace=self.namespace)

    def settled(self) -> None:
        """Waits as a person does."""
        self.kubectl("rollout", "status", "deployment/accelerapp", "--timeout=240s")

    def kubectl(self, *arguments: str, check: bool = True, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """In its namespace."""
        return kubectl("-n", self.namespace, *arguments, check=check, stdin=stdin)

    def get(self, *what: str) -> Any:
        """Objects as JSON."""
        return json.loads(self.kubectl("get", *what, "-o", "json").stdout)

    def pods(self) -> list[Any]:
        """The replicas that are not going."""
        items = self.get("pods", "-l", "app=accelerapp")["items"]
        return [pod for pod in items if "deletionTimestamp" not in pod["metadata"]]

    def ready(self) -> list[str]:
        """Their names, of those that are ready."""
        return [
            pod["metadata"]["name"]
            for pod in self.pods()
            if any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", ()))
        ]

    def exec(self, *command: str, check: bool = True, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """A command beside one of the replicas."""
        return self.kubectl("exec", "-i", "deploy/accelerapp", "--", *command, check=check, stdin=stdin)

    def leases(self) -> dict[str, tuple[str, int]]:
        """Holder and fence of each."""
        query = "SELECT name || '|' || holder || '|' || fence FROM leases"
        told = self.kubectl("exec", "sts/postgres", "--", "psql", "-U", "accelerapp", "-qtAc", query).stdout
        rows = [line.split("|") for line in told.split("\n") if line]
        return {name: (holder, int(fence)) for name, holder, fence in rows}


@contextmanager
def installed() -> Iterator[Installed]:
    """Installed and ready; everything is deleted afterwards."""
    number = uuid.uuid4().hex[:6]
    namespace, other = f"accelerapp-{number}", f"shop-{number}"
    cluster_wide = f"{namespace}-nodes"
    for name in (namespace, other):
        kubectl("create", "namespace", name)
    try:
        release = Installed(namespace, other)
        kubectl("-n", other, "create", "deployment", "shop", f"--image={IMAGE}", "--", *_IDLE)
        release.helm("install")
        release.settled()
        yield release
    finally:
        for kind in ("clusterrole", "clusterrolebinding"):
            kubectl("delete", kind, cluster_wide, "--ignore-not-found", check=False)
        kubectl("delete", "namespace", namespace, other, "--wait=false", check=False)


_IDLE = ("python", "-c", "import signal, sys; signal.signal(15, lambda *_: sys.exit()); signal.pause()")
