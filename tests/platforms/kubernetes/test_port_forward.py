"""`accelerapp service forward` as a process of its own, with the real kubectl on a real cluster."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from lightkube.resources.core_v1 import Pod
from tests.platforms.kubernetes import living
from tests.ports import free_port

from accelerapp.clients.kubernetes import cluster as clusters

pytestmark = [
    *living.REAL,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl"),
    pytest.mark.xdist_group("kubernetes-acting"),
]


@pytest.fixture
def cluster() -> clusters.Cluster:
    return clusters.connect()


@pytest.fixture
def namespace(cluster: clusters.Cluster) -> Iterator[str]:
    with living.namespace(cluster) as name:
        yield name


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/etc/hostname", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_port_leads_into_the_pod_and_its_successor_and_nothing_is_left_behind(
    cluster: clusters.Cluster, namespace: str, tmp_path: Path, number: int
) -> None:
    deployment = living.shop("python3 -m http.server 8000 --directory / & wait $!")
    assert deployment.spec is not None
    assert deployment.spec.template.spec is not None
    probe = {"httpGet": {"port": 8000, "path": "/"}, "periodSeconds": 1}
    deployment.spec.template.spec.containers[0].readinessProbe = probe  # type: ignore[assignment]
    cluster.create(deployment, namespace)
    living.settled(living.platform(namespace))
    settings = tmp_path / "accelerapp.toml"
    settings.write_text(
        f'[services.shop]\nplatform = "kubernetes"\n[services.shop.kubernetes]\nnamespace = "{namespace}"\n'
    )
    port = free_port()
    command = [sys.executable, "-c", "from accelerapp.cli import main; main.main()", "--config", str(settings)]
    with subprocess.Popen(
        [*command, "service", "forward", "shop", f"{port}:8000"], env={**os.environ, "ACCELERAPP_URL": ""}
    ) as forwarding:
        try:
            living.eventually(lambda: answers(port))
            children = psutil.Process(forwarding.pid).children()
            assert [child.name() for child in children] == ["kubectl"]
            pod = living.pods(cluster, namespace)[0]
            assert pod.metadata is not None
            cluster.delete(Pod, pod.metadata.name or "", namespace)
            living.eventually(lambda: not children[0].is_running())  # it led to the pod that is gone
            living.eventually(lambda: answers(port))
            children += psutil.Process(forwarding.pid).children()
        finally:
            forwarding.send_signal(number)
        assert forwarding.wait(20) == 130
    assert not any(child.is_running() for child in children)
