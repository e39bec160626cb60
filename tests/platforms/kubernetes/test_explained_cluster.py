"""Broken workloads on a real cluster, each explained with the right cause first."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lightkube.codecs import load_all_yaml
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.admissionregistration_v1 import ValidatingWebhookConfiguration
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Namespace, ResourceQuota, ServiceAccount
from tests.platforms.kubernetes import living

from accelerapp.base import errors
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.explanations import service as explanations
from accelerapp.explanations.model import Explanation, Outcome
from accelerapp.platforms.kubernetes import explaining

pytestmark = [*living.REAL, pytest.mark.xdist_group("explain"), pytest.mark.timeout(240)]
SICK = Path(__file__).with_name("sick.yaml")


def namespaced(cluster: clusters.Cluster, **labels: str) -> Iterator[str]:
    name = f"k3-{uuid.uuid4().hex[:8]}"
    cluster.create(Namespace(metadata=ObjectMeta(name=name, labels=labels or None)))
    try:
        eventually(lambda: any(one.metadata.name == "default" for one in cluster.list(ServiceAccount, name)))  # type: ignore[union-attr]
        yield name
    finally:
        cluster.delete(Namespace, name)


def eventually(look: Callable[[], Any], seconds: float = 120) -> Any:
    """The first true thing that `look` gives; its last answer is told when none comes."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(1)
    return found


@pytest.fixture(scope="module")
def cluster() -> Iterator[clusters.Cluster]:
    opened = clusters.connect()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def ward(cluster: clusters.Cluster) -> Iterator[str]:
    """A namespace with everything of `sick.yaml`."""
    for name in namespaced(cluster):
        for each in load_all_yaml(SICK.read_text()):
            cluster.create(each, name)
        yield name


@pytest.fixture
def alone(cluster: clusters.Cluster) -> Iterator[str]:
    """An empty namespace, with a label of its own name."""
    label = uuid.uuid4().hex[:8]
    yield from namespaced(cluster, ward=label)


def explain(cluster: clusters.Cluster, namespace: str, wanted: str = "") -> Explanation:
    now = datetime.now(UTC)
    if wanted:
        return explanations.explain(explaining.of_object(cluster, namespace, wanted, now), now)
    return explanations.explain(explaining.of_namespace(cluster, namespace, now), now)


def explained_as(cluster: clusters.Cluster, namespace: str, wanted: str, kind: str, words: str) -> Explanation:
    """The explanation once its first cause is of that kind and says these words."""
    seen: list[str] = []

    def look() -> Explanation | None:
        found = explain(cluster, namespace, wanted)
        seen[:] = [f"{each.kind}: {each.sentence}" for each in found.causes]
        first = found.causes[0] if found.causes else None
        return found if first and first.kind == kind and words in first.sentence else None

    try:
        found: Explanation = eventually(look)
    except AssertionError:
        raise AssertionError(f"{wanted} is explained by {seen}") from None
    assert found.causes[0].evidence
    assert found.causes[0].mend
    assert not found.unread
    return found


@pytest.mark.parametrize(
    ("wanted", "kind", "words"),
    [
        ("crashing", "configuration-error", "KeyError: 'PAYMENT_URL'"),
        ("greedy", "out-of-memory", "its limit of 64Mi"),
        ("imageless", "image-not-pullable", "registry.local/absent:v9"),
        ("keyless", "missing-key", "'PAYMENT_URL' is missing in the ConfigMap 'settings'"),
        ("secretless", "missing-secret", "The Secret 'database' does not exist"),
        ("mountless", "missing-secret", "The Secret 'signing' does not exist"),
        ("huge", "unschedulable", "it asks for memory 64 GiB"),
        ("homeless", "unschedulable", "disk=ssd"),
        ("unready", "wrong-target-port", "port named 'http'"),
        ("misprobed", "wrong-probe-port", "it asks port 9000, but the container's port is 8000"),
        ("volumeless", "missing-storage-class", "the storage class 'fast' does not exist"),
        ("pvc/data", "missing-storage-class", "the storage class 'fast' does not exist"),
        ("svc/astray", "selector-matches-nothing", "no pod has the labels app=huuge"),
        ("svc/endless", "wrong-target-port", "port named 'http'"),
        ("job/failing", "crash", "fatal: cannot start"),
        ("job/slow", "deadline-exceeded", "its deadline of 3 s"),
        ("resting", "suspended", "is suspended"),
        ("nobody", "missing-service-account", "the ServiceAccount 'robot' does not exist"),
        ("waiting", "database-unreachable", "init container 'migrate' cannot get to its database"),
        ("commandless", "cannot-start", '"serve-shop": executable file not found'),
        ("cut-off", "database-unreachable", "127.0.0.1:5432 (DATABASE_URL) cannot be reached from inside"),
        ("off", "scaled-to-zero", "is scaled to 0 replicas"),
        ("nameless", "image-not-pullable", "registry.local/absent:v9"),
        ("hpa/aimless", "missing-scale-target", "deployment/absent does not exist"),
        ("hpa/measureless", "no-resource-requests", "container 'app' of deployment/well requests none"),
        ("ing/doorless", "missing-ingress-class", "'nginx'"),
    ],
)
def test_the_cause_comes_first(cluster: clusters.Cluster, ward: str, wanted: str, kind: str, words: str) -> None:
    explained_as(cluster, ward, wanted, kind, words)


def test_a_failing_probe_is_told_with_its_answer(cluster: clusters.Cluster, ward: str) -> None:
    def told() -> list[str]:
        causes = explain(cluster, ward, "unready").causes
        return [each.sentence for each in causes if each.kind == "probe-fails" and "404" in each.sentence]

    assert "(HTTP GET :8000/ready) fails, so it gets no traffic" in eventually(told)[0]


def test_the_crash_of_two_pods_is_one_cause_with_the_line_of_the_run_before(
    cluster: clusters.Cluster, ward: str
) -> None:
    found = explained_as(cluster, ward, "crashing", "configuration-error", "keeps ending")
    assert len(found.causes[0].also) == 1
    assert "log: KeyError: 'PAYMENT_URL'" in found.causes[0].evidence


def test_the_whole_namespace_is_explained_in_one_go_and_few_calls(cluster: clusters.Cluster, ward: str) -> None:
    before = cluster.calls
    found = explain(cluster, ward)
    assert cluster.calls - before < 50
    assert {each.kind for each in found.causes} >= {"missing-secret", "unschedulable", "missing-storage-class"}
    assert {each.kind for each in found.risks} >= {"budget-blocks-evictions", "policy-blocks-all"}


def test_a_service_that_runs_is_called_so(cluster: clusters.Cluster, alone: str) -> None:
    cluster.create(living.shop(living.SERVE), alone)
    found = eventually(lambda: (seen := explain(cluster, alone, "shop")).outcome is Outcome.NOTHING_WRONG and seen)
    assert "1 of 1 pod is ready" in found.summary
    assert not found.unread


def test_a_used_up_quota_is_told_with_its_figures(cluster: clusters.Cluster, alone: str) -> None:
    cluster.create(ResourceQuota.from_dict({"metadata": {"name": "small"}, "spec": {"hard": {"pods": "1"}}}), alone)
    eventually(
        lambda: (found := cluster.get(ResourceQuota, "small", alone).status) and found.hard
    )  # until then it holds nobody
    cluster.create(living.shop(living.SERVE, replicas=2), alone)
    found = explained_as(cluster, alone, "shop", "quota-exceeded", "the quota 'small' is used up")
    assert "resourcequota/small: pods 1 of 1" in found.causes[0].evidence


def test_a_webhook_that_nobody_answers_is_told(cluster: clusters.Cluster, alone: str) -> None:
    space = cluster.get(Namespace, alone)
    label = (space.metadata.labels or {})["ward"] if space.metadata else ""
    hook: dict[str, Any] = {
        "name": "check.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "clientConfig": {"service": {"namespace": alone, "name": "checker"}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
        "namespaceSelector": {"matchLabels": {"ward": label}},
    }
    made = ValidatingWebhookConfiguration.from_dict({"metadata": {"name": alone}, "webhooks": [hook]})
    cluster.create(made)
    try:
        cluster.create(living.shop(living.SERVE), alone)
        found = explained_as(cluster, alone, "shop", "webhook-unreachable", "check.example.com")
        assert "webhook-without-service" in [each.kind for each in found.causes]
    finally:
        cluster.delete(ValidatingWebhookConfiguration, alone)


def test_who_may_read_only_pods_is_told_what_could_not_be_read(
    cluster: clusters.Cluster, alone: str, tmp_path: Path
) -> None:
    cluster.create(living.shop(living.SERVE), alone)
    rules = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"]},
    ]
    few = clusters.connect(living.restricted(cluster, alone, tmp_path, rules))
    eventually(lambda: explain(cluster, alone, "shop").outcome is Outcome.NOTHING_WRONG)
    found = explain(few, alone, "shop")
    assert found.outcome is Outcome.CANNOT_TELL
    assert {"events", "services", "configmaps"} <= {each.what for each in found.unread}
    assert all("verbs [list]" in each.reason for each in found.unread if each.what == "events")
    with pytest.raises(errors.CannotTellError):
        explain(few, alone, "statefulset/db")


def test_names_that_do_not_exist(cluster: clusters.Cluster, ward: str) -> None:
    with pytest.raises(errors.NotFoundError, match="nosuch"):
        explain(cluster, ward, "deploy/nosuch")
    with pytest.raises(errors.NotFoundError, match="k3-nosuch"):
        explain(cluster, "k3-nosuch")
    cluster.create(Deployment.from_dict(_twin()), ward)
    with pytest.raises(errors.WrongUseError, match="deployment/nameless, statefulset/nameless"):
        explain(cluster, ward, "nameless")
    cluster.delete(Deployment, "nameless", ward)


def _twin() -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": "twin"}},
        "spec": {"containers": [{"name": "a", "image": "registry.local/pause:3.2"}]},
    }
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": "twin"}}, "template": template}
    return {"metadata": {"name": "nameless"}, "spec": spec}
