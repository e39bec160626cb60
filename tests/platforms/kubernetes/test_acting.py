"""Acting on a real cluster: scale, switch, undo, commands, ConfigMaps, and what is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.core_v1 import ConfigMap, Secret
from tests.platforms.contract import SHOP
from tests.platforms.kubernetes import living

from accelerapp.base import errors
from accelerapp.base.ids import ReplicaName
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.interface import LogRequest
from accelerapp.platforms.kubernetes import acts, marks
from accelerapp.platforms.kubernetes.platform import KubernetesPlatform

pytestmark = [*living.REAL, pytest.mark.xdist_group("kubernetes-acting")]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def cluster() -> clusters.Cluster:
    return clusters.connect()


@pytest.fixture
def namespace(cluster: clusters.Cluster) -> Iterator[str]:
    with living.namespace(cluster) as name:
        yield name


@pytest.fixture
def shop(cluster: clusters.Cluster, namespace: str) -> KubernetesPlatform:
    """A shop of one replica that runs, with a ConfigMap."""
    cluster.create(living.configmap(GREETING="hello", LIMIT="5"), namespace)
    cluster.create(living.shop(living.COUNT), namespace)
    platform = living.platform(namespace)
    living.settled(platform)
    return platform


@pytest.fixture(scope="module")
def standing(cluster: clusters.Cluster) -> Iterator[KubernetesPlatform]:
    """A shop for all tests that leave its workload as it is."""
    with living.namespace(cluster) as name:
        cluster.create(living.configmap(GREETING="hello", LIMIT="5"), name)
        cluster.create(living.shop(living.COUNT), name)
        platform = living.platform(name)
        living.settled(platform)
        yield platform


def test_a_number_of_replicas_is_reached_and_says_who_wanted_it(
    cluster: clusters.Cluster, namespace: str, shop: KubernetesPlatform
) -> None:
    shop.scale(SHOP, 2, "eve")
    living.eventually(lambda: shop.workload(SHOP).ready == 2)
    found = cluster.get(Deployment, "shop", namespace)
    assert found.metadata is not None
    assert (found.metadata.annotations or {})[marks.SCALED_BY] == "eve"


def test_an_autoscaler_is_named_and_nothing_is_changed(
    cluster: clusters.Cluster, namespace: str, shop: KubernetesPlatform
) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"}
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 90}},
    }
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3, "metrics": [metric]}
    cluster.create(HorizontalPodAutoscaler.from_dict({"metadata": {"name": "shop-hpa"}, "spec": spec}), namespace)
    with pytest.raises(errors.WrongUseError, match="autoscaler shop-hpa keeps it at 1 to 3"):
        shop.scale(SHOP, 2, "eve")
    assert shop.workload(SHOP).desired == 1


def test_two_who_switch_at_once_both_get_a_revision_and_the_later_word_counts(
    cluster: clusters.Cluster, namespace: str, shop: KubernetesPlatform
) -> None:
    stale = cluster.get(Deployment, "shop", namespace)
    first = acts.set_version(cluster, stale, "", "v2", "eve", NOON)
    living.eventually(lambda: shop.workload(SHOP).revision == first.number)
    second = acts.set_version(cluster, stale, "", "registry.local/app:v1", "bob", NOON)  # refused, and decided anew
    assert second.number == first.number + 1
    living.eventually(lambda: shop.workload(SHOP).version == "v1")


def test_undo_is_not_done_on_what_somebody_else_has_just_changed(
    cluster: clusters.Cluster, namespace: str, shop: KubernetesPlatform
) -> None:
    shop.set_version(SHOP, "v2", "eve")
    living.settled(shop)
    stale = cluster.get(Deployment, "shop", namespace)
    assert shop.undo(SHOP, "eve").version == "v1"
    # by then the cluster may have renumbered its revisions, or not: it is refused either way
    with pytest.raises(errors.WrongUseError, match=r"Somebody else changed deployment/shop|what is wanted already"):
        acts.undo(cluster, stale, "", None, "bob", NOON)
    living.eventually(lambda: shop.workload(SHOP).revision == 3)
    assert shop.workload(SHOP).version == "v1"
    assert shop.revisions(SHOP)[0].by == "eve"


def test_the_revision_that_is_promised_is_the_one_that_comes(shop: KubernetesPlatform) -> None:
    for version in ("v2", "v1", "v1"):
        promised = shop.set_version(SHOP, version, "eve").number
        living.settled(shop)
        assert shop.workload(SHOP).revision == promised


def test_a_paused_rollout_is_left_alone(cluster: clusters.Cluster, namespace: str, shop: KubernetesPlatform) -> None:
    cluster.patch(Deployment, "shop", {"spec": {"paused": True}}, namespace)
    with pytest.raises(errors.WrongUseError, match="its rollout is paused") as caught:
        shop.undo(SHOP, "eve")
    assert f"kubectl rollout resume deployment/shop -n {namespace}" in caught.value.mend


# -- commands ----------------------------------------------------------------------------------------------------------


def test_a_command_answers_both_streams_apart_and_its_exit_code(standing: KubernetesPlatform) -> None:
    replica = standing.workload(SHOP).replicas[0].name
    result = standing.run(replica, ["sh", "-c", "printf 'a\\377b'; echo no >&2; exit 7"], 20)
    assert (result.exit_code, result.stdout, result.stderr) == (7, b"a\xffb", b"no\n")
    large = standing.run(replica, ["sh", "-c", "head -c 3000000 /dev/zero"], 30)
    assert (large.exit_code, len(large.stdout)) == (0, 3_000_000)


def test_a_command_that_takes_too_long_is_let_go_and_says_so(standing: KubernetesPlatform) -> None:
    replica = standing.workload(SHOP).replicas[0].name
    before = threading.active_count()
    with pytest.raises(errors.CannotTellError, match="did not end within 1 s") as caught:
        standing.run(replica, ["sleep", "600"], 1)
    assert "may still run there" in caught.value.mend
    living.eventually(lambda: threading.active_count() <= before)  # the connection's thread has ended
    assert standing.run(replica, ["true"], 20).exit_code == 0


def test_a_program_that_the_image_lacks_is_named(standing: KubernetesPlatform) -> None:
    with pytest.raises(errors.WrongUseError, match="cannot run 'nonesuch'"):
        standing.run(standing.workload(SHOP).replicas[0].name, ["nonesuch"], 20)


def test_nothing_is_run_in_a_container_that_does_not_run(cluster: clusters.Cluster, namespace: str) -> None:
    cluster.create(living.shop("true", image="registry.local/nonesuch:1"), namespace)
    platform = living.platform(namespace)
    waiting = living.eventually(lambda: platform.workload(SHOP).replicas)[0].name
    living.eventually(lambda: "nonesuch" in platform.workload(SHOP).replicas[0].reason)
    with pytest.raises(errors.WrongUseError, match="does not run"):
        platform.run(waiting, ["true"], 20)
    with pytest.raises(errors.NotFoundError):
        platform.run(ReplicaName("shop-nobody"), ["true"], 20)


# -- ConfigMaps --------------------------------------------------------------------------------------------------------


def test_a_config_is_shown_with_its_use_and_changed_by_key(shop: KubernetesPlatform) -> None:
    before = shop.configs(SHOP)[0]
    assert (before.name, before.used_as, before.values) == (
        "shop-config",
        ("environment",),
        {"GREETING": "hello", "LIMIT": "5"},
    )
    after = shop.set_config(SHOP, "shop-config", before.version, {"GREETING": "moin", "LIMIT": None, "NEW": ""}, "eve")
    assert after.values == {"GREETING": "moin", "NEW": ""}
    assert shop.configs(SHOP)[0] == after
    shop.restart(SHOP, "eve")
    living.settled(shop)
    replica = shop.workload(SHOP).replicas[-1]  # the newest; the old one may still be ending
    assert shop.run(replica.name, ["sh", "-c", "echo $GREETING"], 20).stdout == b"moin\n"


def test_of_two_editors_the_slower_is_refused_and_nothing_is_lost(standing: KubernetesPlatform) -> None:
    both_saw = standing.configs(SHOP)[0]
    standing.set_config(SHOP, "shop-config", both_saw.version, {"LIMIT": "6"}, "eve")
    with pytest.raises(errors.WrongUseError, match="changed by somebody else"):
        standing.set_config(SHOP, "shop-config", both_saw.version, {"LIMIT": "7"}, "bob")
    assert standing.configs(SHOP)[0].values["LIMIT"] == "6"


def test_of_two_editors_at_the_same_moment_one_is_refused(standing: KubernetesPlatform) -> None:
    saw, refused = standing.configs(SHOP)[0].version, []

    def change(value: str) -> None:
        try:
            standing.set_config(SHOP, "shop-config", saw, {"LIMIT": value}, value)
        except errors.WrongUseError as error:
            refused.append((value, error.message))

    threads = [threading.Thread(target=change, args=(value,)) for value in ("eve", "bob", "ann")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 2
    assert standing.configs(SHOP)[0].values["LIMIT"] not in {value for value, _ in refused}


def test_a_config_that_is_missing_is_told_and_can_be_made(cluster: clusters.Cluster, namespace: str) -> None:
    cluster.create(living.shop(living.COUNT), namespace)
    platform = living.platform(namespace)
    missing = platform.configs(SHOP)[0]
    assert (missing.name, missing.version, missing.values) == ("shop-config", "", {})
    made = platform.set_config(SHOP, "shop-config", "", {"GREETING": "hi"}, "eve")
    assert made.values == {"GREETING": "hi"}
    with pytest.raises(errors.WrongUseError, match="changed by somebody else"):
        platform.set_config(SHOP, "shop-config", "", {"GREETING": "ho"}, "bob")


def test_a_config_that_cannot_be_changed_says_why(cluster: clusters.Cluster, namespace: str) -> None:
    cluster.create(ConfigMap(metadata=ObjectMeta(name="shop-config"), data={"A": "1"}, immutable=True), namespace)
    cluster.create(living.shop(living.COUNT), namespace)
    platform = living.platform(namespace)
    version = platform.configs(SHOP)[0].version
    with pytest.raises(errors.WrongUseError, match="immutable"):
        platform.set_config(SHOP, "shop-config", version, {"A": "2"}, "eve")
    with pytest.raises(errors.WrongUseError, match="can be no key"):
        platform.set_config(SHOP, "shop-config", version, {"a b": "2"}, "eve")
    with pytest.raises(errors.NotFoundError, match="uses no ConfigMap 'kube-root"):
        platform.set_config(SHOP, "kube-root-ca.crt", version, {"A": "2"}, "eve")


def test_secrets_are_no_configuration_that_is_shown(cluster: clusters.Cluster, namespace: str) -> None:
    cluster.create(Secret(metadata=ObjectMeta(name="shop-config"), stringData={"PASSWORD": "hush"}), namespace)
    cluster.create(living.shop(living.COUNT), namespace)
    assert "hush" not in str(living.platform(namespace).configs(SHOP))


# -- rights ------------------------------------------------------------------------------------------------------------

_READ = [
    {"apiGroups": [""], "resources": ["pods", "events"], "verbs": ["get", "list"]},
    {"apiGroups": ["apps"], "resources": ["*"], "verbs": ["get", "list"]},
    {"apiGroups": ["batch"], "resources": ["*"], "verbs": ["get", "list"]},
    {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": ["list"]},
]


def test_each_act_that_is_forbidden_names_the_verb_and_the_role_to_add(
    cluster: clusters.Cluster, standing: KubernetesPlatform, tmp_path: Path
) -> None:
    namespace = standing.place(SHOP).namespace
    weak = living.platform(namespace, living.restricted(cluster, namespace, tmp_path, _READ))
    replica = weak.workload(SHOP).replicas[0].name
    refusals = {
        "patch deployments": lambda: weak.scale(SHOP, 3, "eve"),
        "patch deployments ": lambda: weak.restart(SHOP, "eve"),
        "patch deployments  ": lambda: weak.set_version(SHOP, "v2", "eve"),
        "create pods/exec": lambda: weak.run(replica, ["true"], 10),
        "get pods/log": lambda: list(weak.logs(LogRequest(SHOP))),
        "get pods/log ": lambda: next(weak.logs(LogRequest(SHOP, follow=True))),
        "get configmaps": lambda: weak.configs(SHOP),
    }
    for words, act in refusals.items():
        verb, resource = words.split()
        with pytest.raises(errors.ForbiddenError, match=f"may not {verb} {resource}") as caught:
            act()
        assert f"resources [{resource}], verbs [{verb}]" in caught.value.mend
    assert standing.workload(SHOP).desired == 1
