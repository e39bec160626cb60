"""The contract of every platform, on a real cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lightkube.resources.apps_v1 import Deployment
from tests.platforms.contract import PlatformContract
from tests.platforms.kubernetes import living

from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.kubernetes.platform import KubernetesPlatform

pytestmark = living.REAL
SHOP = {
    "metadata": {"name": "shop"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "shop"}},
        "template": {
            "metadata": {"labels": {"app": "shop"}},
            "spec": {
                "terminationGracePeriodSeconds": 1,
                "containers": [
                    {
                        "name": "web",
                        "image": "registry.local/app:v1",
                        "env": [{"name": "GREETING", "value": "hello"}],
                        # the server writes a line per request
                        "readinessProbe": {"httpGet": {"path": "/", "port": 8000}, "periodSeconds": 1},
                        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
                    }
                ],
            },
        },
    },
}


class OnKubernetes(PlatformContract):
    FIRST = "v1"
    SECOND = "v2"
    CRASHING = "bad"
    CRASH_CODE = 1
    LAST_WORDS = "cannot start"
    HAPPENED = frozenset({"SuccessfulCreate"})  # a busy kubelet drops events; the controllers seldom do
    AFTER_UNDO = (FIRST, SECOND)  # an undone revision is the earlier one with a new number


@pytest.fixture
def shop() -> Iterator[KubernetesPlatform]:
    cluster = clusters.connect()
    with living.namespace(cluster) as name:
        cluster.create(Deployment.from_dict(SHOP), name)
        yield living.platform(name)


class TestListing(OnKubernetes):
    @pytest.fixture
    def platform(self, shop: KubernetesPlatform) -> KubernetesPlatform:
        return shop


class TestLive(OnKubernetes):
    @pytest.fixture
    def platform(self, shop: KubernetesPlatform) -> Iterator[KubernetesPlatform]:
        shop.keep_live()
        yield shop
        shop.stop()
