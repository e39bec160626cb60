"""The API server is restarted under a watch. It runs alone and last: everybody else on the cluster notices too.

`API_SERVER_RESTART` holds a shell command that ends the API server, waits a while and starts it again.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Pod
from tests.platforms.contract import SHOP
from tests.platforms.kubernetes import living
from tests.platforms.kubernetes.living import eventually

from accelerapp.base import errors
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.kubernetes.platform import KubernetesPlatform

RESTART = os.environ.get("API_SERVER_RESTART", "")
pytestmark = [
    *living.REAL,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not RESTART, reason="needs a command that restarts the API server (API_SERVER_RESTART)"),
]


@pytest.fixture
def shop() -> Iterator[tuple[KubernetesPlatform, str]]:
    cluster = clusters.connect()
    with living.namespace(cluster) as name:
        cluster.create(living.shop(living.COUNT, replicas=2), name)
        found = living.platform(name)
        found.keep_live()
        living.settled(found)
        yield found, name
        found.stop()
        eventually(lambda: answers(cluster), 120)


def answers(cluster: clusters.Cluster) -> bool:
    """Does the API server answer, and may it be written to?"""
    try:
        cluster.list(Deployment, "default")
    except errors.CannotTellError:
        return False
    return True


def scaled(cluster: clusters.Cluster, namespace: str, replicas: int) -> bool:
    """Change something behind the watch's back."""
    try:
        cluster.patch(Deployment, "shop", {"spec": {"replicas": replicas}}, namespace)
    except errors.AccelerappError:
        return False
    return True


def told(platform: KubernetesPlatform) -> set[str] | None:
    """The names of the replicas; None while nobody can tell."""
    try:
        return {replica.name for replica in platform.workload(SHOP).replicas}
    except errors.CannotTellError:
        return None


def test_after_a_restart_of_the_api_server_the_watch_goes_on_and_has_missed_nothing(
    shop: tuple[KubernetesPlatform, str],
) -> None:
    platform, namespace = shop
    other = clusters.connect()
    before = told(platform)
    calls = platform.cluster(SHOP).calls
    restarting = subprocess.Popen(["sh", "-c", RESTART])
    try:
        eventually(lambda: not answers(other), 60)
        # what is told while it is away is what was so, or that nobody can tell
        while not scaled(other, namespace, 4):
            assert told(platform) in (None, before)
        truth = eventually(lambda: names(other, namespace, 4), 120)
        eventually(lambda: told(platform) == truth, 30)
        assert scaled(other, namespace, 1)
        truth = eventually(lambda: names(other, namespace, 1), 120)
        eventually(lambda: told(platform) == truth, 30)
    finally:
        assert restarting.wait(120) == 0
    # no storm: every watch tries again with longer and longer pauses
    assert platform.cluster(SHOP).calls - calls < 200


def names(cluster: clusters.Cluster, namespace: str, count: int) -> set[str]:
    """The names of all pods by a list, once there are so many; nothing before."""
    try:
        found = {pod.metadata.name or "" for pod in cluster.list(Pod, namespace) if pod.metadata}
    except errors.CannotTellError:
        return set()
    return found if len(found) == count else set()
