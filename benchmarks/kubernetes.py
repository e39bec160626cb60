"""Compares the health check on a cluster with the operations manual's kubectl script: time and calls to the API server.

Run it with `KUBECONFIG=… python benchmarks/kubernetes.py [OTHERS] [REPLICAS] [SERVING-IMAGE] [PAUSE-IMAGE]`; it makes a
namespace of its own and removes it. The service has three replicas, unless said otherwise; the other pods of the
namespace are of a pause image. What does not fit on the nodes stays Pending and is listed all the same. The script runs
as the manual prints it, but for the namespace's name and the command in the pod. Both are whole processes, by turns;
medians are printed.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAMESPACE = "accelerapp-bench"
ACCELERAPP = str(Path(sys.executable).with_name("accelerapp"))
RUNS = 5
SCRIPT = f"""
kubectl get pods -n {NAMESPACE}
kubectl top nodes
kubectl top pods -n {NAMESPACE}
kubectl logs --since=1h -n {NAMESPACE} -l app=accelerapp | grep ERROR | tail -20
kubectl exec -n {NAMESPACE} deploy/accelerapp -- python3 -c "print('Database:', 'OK')"
df -h | grep -E '(Filesystem|/dev/)'
"""
SETTINGS = f"""
[data]
folder = "data"
[services.accelerapp]
platform = "kubernetes"
database_command = ["python3", "-c", "print('Database:', 'OK')"]
[services.accelerapp.kubernetes]
namespace = "{NAMESPACE}"
"""
IN_PROCESS = """
import sys
from pathlib import Path
from accelerapp import app
product = app.from_settings(Path(sys.argv[1]))
report = product.health_check()
for check in report.checks:
    print(check.name, str(check.verdict), f"{check.seconds:.3f}", check.summary, file=sys.stderr)
print(product.kubernetes_platform.cluster(product.service().name).calls)
"""


def main() -> None:
    """Set up, measure, print, clean up."""
    usual = ("300", "3", "registry.local/app:v1", "registry.local/pause:3.2")
    pods, replicas, serving, pause = [*sys.argv[1:], *usual[len(sys.argv) - 1 :]]
    with namespace(int(pods), int(replicas), serving, pause), tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "accelerapp.toml"
        config.write_text(SETTINGS)
        manual = lambda: _seconds(["bash", "-c", SCRIPT])  # noqa: E731
        ours = lambda: _seconds([ACCELERAPP, "--config", str(config), "health", "--daily"])  # noqa: E731
        manual(), ours()
        pairs = [(manual(), ours()) for _ in range(RUNS)]
        before, after = (statistics.median(each) for each in zip(*pairs, strict=True))
        calls = subprocess.run(
            [sys.executable, "-c", IN_PROCESS, str(config)], capture_output=True, text=True, check=True
        )
        print(calls.stderr)
        print(f"{replicas} replicas, {pods} pods of others, {running()} pods run; medians of {RUNS}")
        print(f"{'':30}{'seconds':>10}{'API calls':>12}")
        print(f"{'the kubectl script':30}{before:>10.2f}{kubectl_calls():>12}")
        print(f"{'accelerapp health --daily':30}{after:>10.2f}{int(calls.stdout):>12}")
        print(f"{'share':30}{after / before:>10.2f}")


@contextmanager
def namespace(pods: int, replicas: int, serving: str, pause: str) -> Iterator[None]:
    """The namespace with the service and the others, once its service is ready."""
    _kubectl("create", "namespace", NAMESPACE)
    try:
        # The service first: what does not fit on the nodes are others.
        _apply(_deployment("accelerapp", replicas, serving, [8000]))
        _kubectl("rollout", "status", "-n", NAMESPACE, "deployment/accelerapp", "--timeout=300s")
        _apply(_deployment("others", pods, pause, []))
        while len(_kubectl("get", "pods", "-n", NAMESPACE, "-o", "name").splitlines()) < pods + replicas:
            time.sleep(1)
        _settle()
        yield
    finally:
        _kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def _apply(what: dict[str, object]) -> None:
    command = ["kubectl", "apply", "-n", NAMESPACE, "-f", "-"]
    subprocess.run(command, input=json.dumps(what), text=True, check=True, stdout=subprocess.DEVNULL)


def _settle() -> None:
    """Wait until no more pods come to run, and the service's have figures."""
    before = -1
    while before != running():
        before = running()
        time.sleep(20)


def running() -> int:
    """How many pods of the namespace run."""
    return len(
        _kubectl("get", "pods", "-n", NAMESPACE, "--field-selector=status.phase=Running", "-o", "name").splitlines()
    )


def kubectl_calls() -> int:
    """The requests that the script's kubectl commands send, by their own report."""
    told = subprocess.run(
        ["bash", "-c", SCRIPT.replace("kubectl ", "kubectl -v=6 ")], capture_output=True, text=True, check=False
    )
    return len(re.findall(r"\b(?:GET|POST) https?://\S+ \d{3}", told.stderr))


def _deployment(name: str, replicas: int, image: str, ports: list[int]) -> dict[str, object]:
    container = {"name": "main", "image": image, "imagePullPolicy": "IfNotPresent"}
    if ports:
        container["ports"] = [{"containerPort": port} for port in ports]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
            },
        },
    }


def _kubectl(*arguments: str) -> str:
    return subprocess.run(["kubectl", *arguments], capture_output=True, text=True, check=True).stdout


def _seconds(command: list[str]) -> float:
    begun = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env=os.environ)
    return time.monotonic() - begun


if __name__ == "__main__":
    main()
