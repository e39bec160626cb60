"""What pods and nodes use: from metrics.k8s.io, else from the kubelets; disks and volumes from the kubelets alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent import futures
from typing import Any, TypeVar

from lightkube.resources.core_v1 import Node, Pod

from accelerapp.base import errors
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms import interface
from accelerapp.platforms.kubernetes import usage as usages

T = TypeVar("T")
_METRICS = "/apis/metrics.k8s.io/v1beta1"
_AT_ONCE = 8
_MEND = "Install metrics-server, or allow `get` on `nodes/proxy`."


def usage(cluster: clusters.Cluster, namespace: str, pods: Sequence[Pod]) -> list[interface.ReplicaUsage]:
    """What the pods use. Raises CannotTellError "no metrics" when neither source answers."""
    if not pods:
        return []
    try:
        measured = usages.of_metrics(cluster.raw_json(f"{_METRICS}/namespaces/{namespace}/pods"))
    except errors.AccelerappError as missing:
        nodes = sorted({pod.spec.nodeName for pod in pods if pod.spec and pod.spec.nodeName})
        summaries, refused = _summaries(cluster, nodes)
        if nodes and not summaries:
            raise _no_metrics(cluster, missing, refused) from missing
        measured = [one for summary in summaries.values() for one in usages.of_summary(summary, namespace)]
    return usages.of_pods(pods, measured)


def nodes(cluster: clusters.Cluster, namespaces: Collection[str]) -> list[interface.Node]:
    """The nodes, with disks and the volumes of these namespaces. Raises CannotTellError "no metrics"."""
    with futures.ThreadPoolExecutor(1) as worker:
        metrics = worker.submit(cluster.raw_json, f"{_METRICS}/nodes")
        found = cluster.list(Node, None)
        names = [(node.metadata and node.metadata.name) or "" for node in found]
        summaries, refused = _summaries(cluster, names)
    try:
        measured = usages.of_node_metrics(metrics.result())
    except errors.AccelerappError as missing:
        if not summaries:
            raise _no_metrics(cluster, missing, refused) from missing
        measured = {name: one for name, summary in summaries.items() if (one := usages.of_node_summary(summary))}
    return [
        usages.node(one, measured.get(name), summaries.get(name, {}), namespaces)
        for name, one in zip(names, found, strict=True)
    ]


def _summaries(cluster: clusters.Cluster, names: Sequence[str]) -> tuple[dict[str, Any], errors.AccelerappError | None]:
    """The kubelets' own figures by node, and why one of those that are missing is. A refusal holds for all."""
    found: dict[str, Any] = {}
    refused: errors.AccelerappError | None = None
    for batch in _batches(names):
        for name, answer in _side_by_side(batch, lambda name: cluster.raw_json(_summary(name))):
            if isinstance(answer, errors.AccelerappError):
                refused = answer
            else:
                found[name] = answer
        if isinstance(refused, errors.ForbiddenError):
            break
    return found, refused


def _summary(node: str) -> str:
    return f"/api/v1/nodes/{node}/proxy/stats/summary"


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _AT_ONCE):
        yield names[start : start + _AT_ONCE]


def _side_by_side(names: Sequence[str], ask: Callable[[str], T]) -> Iterable[tuple[str, T | errors.AccelerappError]]:
    def answer(name: str) -> T | errors.AccelerappError:
        try:
            return ask(name)
        except errors.AccelerappError as error:
            return error

    with futures.ThreadPoolExecutor(len(names)) as workers:
        return zip(names, list(workers.map(answer, names)), strict=True)


def _no_metrics(
    cluster: clusters.Cluster, missing: errors.AccelerappError, refused: errors.AccelerappError | None
) -> errors.AccelerappError:
    also = f"; nor do the kubelets: {refused.message}" if refused else ""
    return errors.CannotTellError(
        f"There are no metrics: metrics.k8s.io of context '{cluster.context}' gives none ({missing.message}){also}",
        mend=_MEND,
    )
