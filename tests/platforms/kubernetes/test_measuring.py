"""Where figures come from when some of the sources are missing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from lightkube.resources.core_v1 import Node, Pod
from tests.platforms.kubernetes.test_reading import STAMP, SUMMARY, pod

from accelerapp.base import errors
from accelerapp.base.ids import ServiceName
from accelerapp.base.settings import model as settings
from accelerapp.platforms.kubernetes import measuring
from accelerapp.platforms.kubernetes.platform import KubernetesPlatform

METRICS = "/apis/metrics.k8s.io/v1beta1"
KUBELET = "/api/v1/nodes/n1/proxy/stats/summary"
NODES = {"items": [{"metadata": {"name": "n1"}, "timestamp": STAMP, "usage": {"cpu": "1500m", "memory": "1Gi"}}]}
PODS = {
    "items": [
        {
            "metadata": {"name": "shop-1"},
            "timestamp": STAMP,
            "containers": [{"name": "web", "usage": {"cpu": "20m", "memory": "3Mi"}}],
        }
    ]
}


class FakeCluster:
    """Answers these paths; raises the given error for others."""

    context = "fake"

    def __init__(
        self, answers: dict[str, Any], error: errors.AccelerappError, nodes: tuple[str, ...] = ("n1",)
    ) -> None:
        self.answers = answers
        self.error = error
        self.nodes = nodes
        self.asked: list[str] = []

    def raw_json(self, path: str) -> Any:
        self.asked.append(path)
        if path not in self.answers:
            raise self.error
        return self.answers[path]

    def list(self, kind: type[Node], namespace: None) -> list[Node]:
        status = {"capacity": {"cpu": "2", "memory": "4Gi"}}
        return [kind.from_dict({"metadata": {"name": name}, "status": status}) for name in self.nodes]


ABSENT = errors.NotFoundError("There is no such API.")
FORBIDDEN = errors.ForbiddenError("These credentials may not get nodes/proxy.")


def usage(cluster: FakeCluster, *pods: Pod) -> list[Any]:
    return measuring.usage(cluster, "web", pods or (pod(),))  # type: ignore[arg-type]


def nodes(cluster: FakeCluster) -> list[Any]:
    return measuring.nodes(cluster, {"web"})  # type: ignore[arg-type]


def test_metrics_are_asked_first_and_suffice() -> None:
    cluster = FakeCluster({f"{METRICS}/namespaces/web/pods": PODS}, ABSENT)
    assert [one.cpu_cores for one in usage(cluster)] == [0.02]
    assert cluster.asked == [f"{METRICS}/namespaces/web/pods"]


def test_without_metrics_the_kubelets_of_the_pods_nodes_are_asked() -> None:
    cluster = FakeCluster({KUBELET: SUMMARY}, ABSENT)
    assert [one.memory_bytes for one in usage(cluster)] == [5]


@pytest.mark.parametrize("error", [ABSENT, FORBIDDEN, errors.CannotTellError("It is away.")])
def test_without_either_it_is_said_that_there_are_no_metrics(error: errors.AccelerappError) -> None:
    for ask in (usage, nodes):
        with pytest.raises(errors.CannotTellError, match="no metrics") as caught:
            ask(FakeCluster({}, error))
        assert error.message in caught.value.message
        assert "metrics-server" in caught.value.mend


def test_of_pods_that_run_nowhere_nothing_is_asked() -> None:
    cluster = FakeCluster({}, ABSENT)
    assert measuring.usage(cluster, "web", []) == []  # type: ignore[arg-type]
    assert cluster.asked == []


def test_a_node_has_figures_of_one_source_and_disks_of_the_other() -> None:
    found = nodes(FakeCluster({f"{METRICS}/nodes": NODES, KUBELET: SUMMARY}, ABSENT))[0]
    assert (found.cpu_used_cores, found.memory_used_bytes) == (1.5, 1024**3)
    assert [disk.mount for disk in found.disks] == ["kubelet", "claim web/data"]


def test_without_the_right_to_ask_kubelets_nodes_have_no_disks_and_only_one_batch_is_asked() -> None:
    names = tuple(f"n{number}" for number in range(40))
    cluster = FakeCluster({f"{METRICS}/nodes": NODES}, FORBIDDEN, names)
    found = nodes(cluster)
    assert len(found) == 40
    assert not any(one.disks for one in found)
    assert len([path for path in cluster.asked if "proxy" in path]) <= 8


def test_a_node_whose_kubelet_is_silent_is_told_without_figures() -> None:
    found = {one.name: one for one in nodes(FakeCluster({KUBELET: SUMMARY}, ABSENT, ("n1", "n2")))}
    assert found["n1"].cpu_used_cores == pytest.approx(0.5)
    assert (found["n2"].cpu_used_cores, found["n2"].memory_used_bytes, found["n2"].disks) == (None, None, ())


def test_those_who_ask_for_the_nodes_at_the_same_moment_share_an_answer() -> None:
    cluster = FakeCluster({f"{METRICS}/nodes": NODES, KUBELET: SUMMARY}, errors.CannotTellError("no"))
    platform = KubernetesPlatform(
        {ServiceName("shop"): settings.Kubernetes()},
        lambda kubeconfig, context: cluster,  # type: ignore[arg-type,return-value]
    )
    with ThreadPoolExecutor(2) as two:
        first, second = two.map(lambda _: platform.nodes(), range(2))
    assert first == second
    assert cluster.asked.count(KUBELET) == 1
