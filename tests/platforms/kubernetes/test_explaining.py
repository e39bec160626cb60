"""What is looked at, what a name means, what belongs to it, and what is said when something could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from lightkube.resources.apps_v1 import Deployment, ReplicaSet, StatefulSet
from lightkube.resources.core_v1 import Event, Namespace, Node, PersistentVolumeClaim, Pod, Secret, Service
from lightkube.resources.networking_v1 import Ingress
from tests.platforms.kubernetes.causes import clusters
from tests.platforms.kubernetes.causes.clusters import NOW, container, made

from accelerapp.base import errors
from accelerapp.clients.kubernetes.cluster import EVERYWHERE, ExecResult
from accelerapp.explanations import service as explanations
from accelerapp.explanations.model import Explanation, Outcome
from accelerapp.platforms.kubernetes import explaining, inside, looking, relations, targets

TEMPLATE = {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [container()]}}
UP = {"kind": "Deployment", "apiVersion": "apps/v1", "name": "shop", "uid": "u", "controller": True}


class FakeCluster:
    """Objects in memory behind the door's methods that looking uses. `refuses` maps a kind to what is raised for it."""

    def __init__(self, *objects: Any, refuses: dict[Any, Exception] | None = None) -> None:
        self.objects = [made(Namespace, "web", status={"phase": "Active"}), *objects]
        self.refuses = refuses or {}
        self.asked: list[Any] = []
        self.log: dict[bool, list[bytes]] = {}
        self.answer: Callable[[], ExecResult] = lambda: ExecResult(inside._NO_VARIABLE, b"", b"")

    def _may(self, kind: Any) -> None:
        self.asked.append(kind)
        if kind in self.refuses:
            raise self.refuses[kind]

    def get(self, kind: Any, name: str, namespace: str | None = None) -> Any:
        self._may(kind)
        for each in self.objects:
            if type(each) is kind and each.metadata.name == name:
                return each
        raise errors.NotFoundError(f"There is no {kind.__name__} '{name}'.")

    def list(self, kind: Any, namespace: str | None) -> list[Any]:
        self._may((kind, namespace) if namespace == EVERYWHERE else kind)
        return [each for each in self.objects if type(each) is kind]

    def log_lines(self, pod: str, namespace: str, container: str, *, previous: bool, tail: int) -> Iterator[bytes]:
        self._may("log")
        yield from self.log.get(previous, [])

    def exec(self, pod: str, namespace: str, command: Sequence[str], container: str, timeout: float) -> ExecResult:
        self._may("exec")
        return self.answer()


def deployment(name: str = "shop", ready: int = 1) -> Deployment:
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": TEMPLATE}
    found: Deployment = made(Deployment, name, spec=spec, status={"replicas": 1, "readyReplicas": ready})
    return found


def shop(pod: Pod | None = None, *, ready: int = 1) -> list[Any]:
    replicas = made(ReplicaSet, "shop-7d9f", metadata={"ownerReferences": [UP]}, spec={"selector": {}})
    return [deployment(ready=ready), replicas, pod or clusters.pod(), clusters.service()]


def explained(cluster: FakeCluster, wanted: str = "") -> Explanation:
    given: Any = cluster
    found = explaining.of_object(given, "web", wanted, NOW) if wanted else explaining.of_namespace(given, "web", NOW)
    return explanations.explain(found, NOW)


def crashing(**more: Any) -> Pod:
    back_off = clusters.waiting("CrashLoopBackOff")
    return clusters.sick(state=back_off, lastState=clusters.ended(1), restarts=2, **more)


FORBIDDEN = errors.ForbiddenError("These credentials may not list it.", mend="Add a Role.")


# -- looking -----------------------------------------------------------------------------------------------------------


def test_a_well_service_needs_no_right_to_read_secrets_or_nodes() -> None:
    cluster = FakeCluster(*shop(), refuses={Secret: FORBIDDEN, Node: FORBIDDEN})
    found = explained(cluster, "shop")
    assert found.outcome is Outcome.NOTHING_WRONG
    assert found.summary == "Nothing is wrong. 1 of 1 pod is ready or done with their work."
    assert len(cluster.asked) == len(looking.KINDS) + 1


def test_a_sick_service_is_looked_at_closely_and_its_log_read() -> None:
    cluster = FakeCluster(*shop(crashing(), ready=0), clusters.node())
    cluster.log = {True: [b"KeyError: 'PAYMENT_URL'\n"]}
    found = explained(cluster, "deploy/shop")
    assert [each.kind for each in found.causes] == ["configuration-error", "no-ready-pods", "too-few-ready"]
    assert found.subject == "deployment/shop in namespace web"
    assert "1 log" in found.looked_at


def test_when_the_log_before_the_restart_is_gone_the_present_one_is_read() -> None:
    cluster = FakeCluster(*shop(crashing(), ready=0))
    cluster.log = {True: [b"unable to retrieve container logs for containerd://1\n"], False: [b"RuntimeError: boom\n"]}
    assert "RuntimeError: boom" in explained(cluster, "shop").causes[0].sentence


def test_a_log_that_may_not_be_read_is_named_and_the_cause_stands_without_it() -> None:
    found = explained(FakeCluster(*shop(crashing(), ready=0), refuses={"log": FORBIDDEN}), "shop")
    assert found.causes[0].kind == "crash-loop"
    assert found.unread[0].what == "log of pod/shop-7d9f-a, container 'app'"
    assert "Add a Role." in found.unread[0].reason


def test_events_that_cannot_be_read_keep_a_service_from_being_called_well() -> None:
    found = explained(FakeCluster(*shop(), refuses={Event: errors.CannotTellError("Timed out.")}), "shop")
    assert found.outcome is Outcome.CANNOT_TELL
    assert [each.what for each in found.unread] == ["events"]


def test_a_kind_that_the_cluster_does_not_serve_is_named_so() -> None:
    found = explained(FakeCluster(*shop(), refuses={Ingress: errors.NotFoundError("There is no such path.")}), "shop")
    assert "may not serve them" in found.unread[0].reason


def test_a_namespace_that_does_not_exist_and_a_cluster_that_does_not_answer_raise() -> None:
    with pytest.raises(errors.NotFoundError):
        explained(FakeCluster(refuses={Namespace: errors.NotFoundError("There is no namespace 'web'.")}))
    with pytest.raises(errors.CannotTellError):
        explained(FakeCluster(refuses={Namespace: errors.CannotTellError("No answer.")}))
    nothing = {kind: errors.CannotTellError("No answer.") for kind in looking.KINDS}
    with pytest.raises(errors.CannotTellError):
        explained(FakeCluster(*shop(), refuses=nothing))


def test_an_empty_namespace_that_may_not_be_seen_may_not_exist() -> None:
    found = explained(FakeCluster(refuses={Namespace: FORBIDDEN}))
    assert found.outcome is Outcome.CANNOT_TELL
    assert "may not exist" in found.unread[0].reason
    seen = explained(FakeCluster(*shop(), refuses={Namespace: FORBIDDEN}), "shop")
    assert seen.outcome is Outcome.NOTHING_WRONG


def test_values_of_secrets_are_dropped_at_once() -> None:
    cluster: Any = FakeCluster(*shop(crashing(), ready=0), clusters.secret("db", password="aHVudGVyMg=="))
    seen = looking.second(cluster, looking.first(cluster, "web", NOW), [])
    assert "aHVudGVyMg==" not in repr(seen)
    assert seen.get(Secret, "db").data == {"password": ""}  # type: ignore[union-attr]


def test_pods_of_other_namespaces_are_counted_only_when_a_pod_finds_no_node() -> None:
    full = clusters.pending("0/1", containers=[container(resources={"requests": {"memory": "64Gi"}})])
    cluster = FakeCluster(*shop(full, ready=0), clusters.node())
    assert "8 GiB of 8 GiB are free" in explained(cluster, "shop").causes[0].sentence
    assert (Pod, EVERYWHERE) in cluster.asked
    blind = FakeCluster(*shop(full, ready=0), clusters.node(), refuses={(Pod, EVERYWHERE): FORBIDDEN})
    found = explained(blind, "shop")
    assert "has 8 GiB in all" in found.causes[0].sentence
    assert "pods of other namespaces" in [each.what for each in found.unread]


# -- the database, from inside -----------------------------------------------------------------------------------------

WITH_DATABASE = {"containers": [container(env=[{"name": "DATABASE_URL", "value": "postgresql://a:b@db/shop"}])]}


def unready(**spec: Any) -> Pod:
    return clusters.sick(spec=spec or WITH_DATABASE)


def test_a_pod_that_runs_without_being_ready_tries_its_database() -> None:
    cluster = FakeCluster(*shop(unready(), ready=0))
    cluster.answer = lambda: ExecResult(1, b"db:5432\n", b"problem: [Errno 111] Connection refused\n")
    first = explained(cluster, "shop").causes[0]
    assert first.kind == "database-unreachable"
    assert "db:5432 (DATABASE_URL)" in first.sentence
    assert first.sentence.endswith("Connection refused.")


def test_a_try_that_is_not_possible_is_unknown() -> None:
    for refusal in (FORBIDDEN, errors.CannotTellError("The command did not end within 8 s.")):
        found = explained(FakeCluster(*shop(unready(), ready=0), refuses={"exec": refusal}), "shop")
        assert "the database of pod/shop-7d9f-a, from inside it" in [each.what for each in found.unread]
    without = FakeCluster(*shop(unready(), ready=0))
    without.answer = lambda: ExecResult(inside._NO_TOOL, b"", b"")
    assert any("neither Python nor bash" in each.reason for each in explained(without, "shop").unread)


def test_no_pod_is_entered_that_is_ready_or_has_no_database() -> None:
    for pod in (clusters.pod(spec=WITH_DATABASE), unready(containers=[container()]), crashing()):
        cluster = FakeCluster(*shop(pod, ready=0))
        explained(cluster, "shop")
        assert "exec" not in cluster.asked


def test_answers_from_inside_are_understood() -> None:
    reached = inside.understand(0, b"db:5432\n", b"")
    assert reached is not None
    assert (reached.address, reached.problem) == ("db:5432", "")
    assert inside.understand(inside._NO_VARIABLE, b"", b"") is None
    with pytest.raises(errors.CannotTellError, match="exec failed"):
        inside.understand(126, b"", b"exec failed\n")


# -- what is meant, and what belongs to it -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", ["deploy/shop", "deployment/shop", "Deployments/shop", "deployments.apps/shop", "shop"]
)
def test_kinds_are_named_as_kubectl_takes_them(word: str) -> None:
    found = targets.find(clusters.snapshot(*shop()), word)
    assert type(found) is Deployment


def test_a_workload_is_meant_before_a_service_of_the_same_name() -> None:
    seen = clusters.snapshot(*shop())
    assert type(targets.find(seen, "svc/shop")) is Service
    assert type(targets.find(clusters.snapshot(clusters.service()), "shop")) is Service


def test_a_name_of_two_workloads_is_refused_with_both() -> None:
    twin = made(StatefulSet, "shop", spec={"selector": {}, "template": TEMPLATE, "serviceName": "shop"})
    with pytest.raises(errors.WrongUseError, match="deployment/shop, statefulset/shop"):
        targets.find(clusters.snapshot(*shop(), twin), "shop")


def test_what_is_not_there_names_what_is_and_what_cannot_be_read_is_not_absent() -> None:
    with pytest.raises(errors.NotFoundError) as absent:
        targets.find(clusters.snapshot(*shop()), "deploy/shopp")
    assert "deployment/shop" in absent.value.mend
    with pytest.raises(errors.CannotTellError):
        targets.find(clusters.snapshot(unread=(Deployment,)), "deploy/shop")
    with pytest.raises(errors.WrongUseError, match="no kind"):
        targets.find(clusters.snapshot(), "spaceship/shop")


def test_only_what_belongs_to_the_workload_is_told() -> None:
    other = clusters.pod(
        "other-1", "ReplicaSet/other", metadata={"labels": {"app": "other"}}, status={"conditions": []}
    )
    claim = made(PersistentVolumeClaim, "stray", spec={"storageClassName": "none"}, status={"phase": "Pending"})
    cluster = FakeCluster(*shop(), other, claim)
    assert explained(cluster, "shop").outcome is Outcome.NOTHING_WRONG
    assert {each.kind for each in explained(cluster).causes} == {"not-ready", "missing-storage-class"}


def test_a_workload_is_followed_to_its_pods_services_ingresses_volumes_and_nodes() -> None:
    mounted = clusters.pod(spec={"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]})
    claim = made(PersistentVolumeClaim, "data", spec={})
    backend = {"service": {"name": "shop", "port": {"number": 80}}}
    way_in = made(Ingress, "front", spec={"defaultBackend": backend})
    seen = clusters.snapshot(*shop(mounted), claim, way_in)
    wanted = {
        "deployment/shop",
        "replicaset/shop-7d9f",
        "pod/shop-7d9f-a",
        "service/shop",
        "ingress/front",
        "persistentvolumeclaim/data",
        "node/n1",
    }
    assert relations.subjects(seen, targets.find(seen, "deploy/shop")) >= wanted
    assert relations.subjects(seen, way_in) >= wanted - {"persistentvolumeclaim/data"}
    assert "deployment/shop" in relations.subjects(seen, targets.find(seen, "pvc/data"))


def test_a_pod_is_explained_without_its_siblings() -> None:
    sibling = clusters.pod("shop-7d9f-b")
    seen = clusters.snapshot(*shop(), sibling)
    assert "pod/shop-7d9f-b" not in relations.subjects(seen, targets.find(seen, "pod/shop-7d9f-a"))


def test_webhooks_are_asked_for_only_where_pods_are_refused_or_a_whole_namespace_is_asked_about() -> None:
    hooks = looking.WEBHOOKS[0]
    crash = FakeCluster(*shop(crashing(), ready=0))
    explained(crash, "shop")
    assert hooks not in crash.asked
    explained(crash)
    assert hooks in crash.asked
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "refused"}
    blocked = made(
        ReplicaSet,
        "shop-7d9f",
        metadata={"ownerReferences": [UP]},
        spec={"selector": {}},
        status={"replicas": 0, "conditions": [condition]},
    )
    refused = FakeCluster(deployment(ready=0), blocked)
    explained(refused, "shop")
    assert hooks in refused.asked
