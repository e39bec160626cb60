"""Broken workloads on a real cluster: each is told with its true reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lightkube import codecs
from tests.platforms.kubernetes import living

from accelerapp.base import errors
from accelerapp.base.ids import ServiceName
from accelerapp.base.settings.model import Kubernetes
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.interface import Replica, ReplicaState, RolloutPhase
from accelerapp.platforms.kubernetes.platform import KubernetesPlatform

pytestmark = [*living.REAL, pytest.mark.xdist_group("kubernetes-broken")]
BROKEN = Path(__file__).parent / "broken.yaml"
COMPLETE, PROGRESSING, FAILED = RolloutPhase.COMPLETE, RolloutPhase.PROGRESSING, RolloutPhase.FAILED
REPLICAS = [
    ("crashes", ReplicaState.CRASH_LOOP, FAILED, ["exit code 3", "KeyError: 'PAYMENT_URL'", "restart"]),
    ("oom", ReplicaState.OOM_KILLED, FAILED, ["above its memory limit of 32Mi"]),
    ("no-image", ReplicaState.IMAGE_PULL, PROGRESSING, ["registry.invalid/app:v9", "the registry cannot be reached"]),
    ("bad-image-name", ReplicaState.IMAGE_PULL, FAILED, ["Registry.local/APP:v1", "no image can have"]),
    ("no-key", ReplicaState.CONFIG_ERROR, FAILED, ["DATABASE_URL", "settings"]),
    ("no-secret", ReplicaState.CONFIG_ERROR, FAILED, ['secret "passwords" not found']),
    ("no-volume", ReplicaState.STARTING, PROGRESSING, ['volume "v"', 'configmap "files" not found']),
    ("too-big", ReplicaState.PENDING, PROGRESSING, ["no node takes it", "Insufficient cpu"]),
    ("unready", ReplicaState.RUNNING, PROGRESSING, ["Readiness probe failed", "404"]),
    ("killed-by-probe", ReplicaState.CRASH_LOOP, FAILED, ["Liveness probe failed", "connection refused"]),
    ("init-fails", ReplicaState.CRASH_LOOP, FAILED, ["init 1 of 1", "'migrate'", "exit code 2", "no database"]),
    ("failing-job", ReplicaState.ERROR, FAILED, ["exit code 1", "cannot start"]),
]
WORKLOADS = [
    ("no-account", PROGRESSING, 1, 'serviceaccount "nobody" not found'),
    ("failing-job", FAILED, 0, "backoff limit"),
    ("done-job", COMPLETE, 0, "done its work"),
    ("nightly", COMPLETE, 0, "0 3 * * *"),
    ("db", COMPLETE, 2, ""),
    ("agent", COMPLETE, 1, ""),
]
NAMES = {name for name, *_ in REPLICAS} | {name for name, *_ in WORKLOADS} | {"no-program", "twin"}


@pytest.fixture(scope="module")
def platform() -> Iterator[KubernetesPlatform]:
    cluster = clusters.connect()
    with living.namespace(cluster) as namespace:
        for one in codecs.load_all_yaml(BROKEN.read_text()):
            cluster.create(one, namespace)
        found = KubernetesPlatform({ServiceName(name): Kubernetes(namespace=namespace) for name in NAMES})
        found.keep_live()
        yield found
        found.stop()


def only(platform: KubernetesPlatform, name: str) -> Replica | None:
    replicas = platform.workload(ServiceName(name)).replicas
    return replicas[0] if replicas else None


@pytest.mark.parametrize(("name", "state", "phase", "words"), REPLICAS)
def test_a_replica_that_cannot_run_says_why(
    platform: KubernetesPlatform, name: str, state: ReplicaState, phase: RolloutPhase, words: list[str]
) -> None:
    def told() -> bool:
        workload = platform.workload(ServiceName(name))
        found = only(platform, name)
        return bool(
            found
            and (found.state, found.ready, workload.phase) == (state, False, phase)
            and all(word in found.reason for word in words)
        )

    try:
        living.eventually(told, 90)
    except AssertionError:
        pytest.fail(f"{name} is told as {platform.workload(ServiceName(name))}")


def test_a_program_that_the_image_lacks_is_named(platform: KubernetesPlatform) -> None:
    def told() -> bool:
        found = only(platform, "no-program")
        states = (ReplicaState.RUN_ERROR, ReplicaState.CRASH_LOOP)  # Kubernetes says now the one, now the other
        return bool(found and found.state in states and "/bin/nothing" in found.reason)

    living.eventually(told, 60)
    living.eventually(lambda: platform.workload(ServiceName("no-program")).phase is FAILED, 60)


@pytest.mark.parametrize(("name", "phase", "desired", "words"), WORKLOADS)
def test_every_kind_of_workload_says_how_it_stands(
    platform: KubernetesPlatform, name: str, phase: RolloutPhase, desired: int, words: str
) -> None:
    def told() -> bool:
        found = platform.workload(ServiceName(name))
        return (found.phase, found.desired) == (phase, desired) and words in found.message

    try:
        living.eventually(told, 60)
    except AssertionError:
        pytest.fail(f"{name} is told as {platform.workload(ServiceName(name))}")


def test_the_last_exit_is_told(platform: KubernetesPlatform) -> None:
    found = living.eventually(lambda: (one := only(platform, "oom")) and one.last_exit)
    assert (found.exit_code, found.reason) == (137, "OOMKilled")


def test_two_kinds_of_one_name_are_listed_and_not_guessed(platform: KubernetesPlatform) -> None:
    with pytest.raises(errors.WrongUseError, match="deployment/twin, statefulset/twin") as caught:
        platform.workload(ServiceName("twin"))
    assert 'workload = "deployment/twin"' in caught.value.mend


def test_a_namespace_that_does_not_exist_is_named() -> None:
    lost = ServiceName("lost")
    with pytest.raises(errors.NotFoundError, match="no namespace 'no-such-namespace'"):
        KubernetesPlatform({lost: Kubernetes(namespace="no-such-namespace")}).workload(lost)
    with pytest.raises(errors.NotFoundError, match="no workload 'lost' in namespace 'default'"):
        KubernetesPlatform({lost: Kubernetes()}).workload(lost)


def test_hundreds_of_questions_cost_a_handful_of_calls(platform: KubernetesPlatform) -> None:
    cluster = platform.cluster(ServiceName("db"))
    for name in NAMES - {"twin"}:
        platform.workload(ServiceName(name))
    before = cluster.calls
    for _ in range(20):
        for name in NAMES - {"twin"}:
            platform.workload(ServiceName(name))
    # a watch may have come to its end, a pulse been felt, the last words of a new crash been read
    assert cluster.calls - before < 20


def test_events_of_a_replica_come_with_counts(platform: KubernetesPlatform) -> None:
    def counted() -> bool:
        found = platform.events(ServiceName("unready"))
        return any(event.reason == "Unhealthy" and event.count > 1 and event.replica for event in found)

    living.eventually(counted)
    assert {event.replica for event in platform.events(ServiceName("db")) if event.replica} == {"db-0", "db-1"}


def test_a_container_that_is_too_large_for_its_limit_measures_nothing_and_a_running_one_does(
    platform: KubernetesPlatform,
) -> None:
    usage = living.eventually(lambda: platform.usage(ServiceName("db")), 60)
    assert {one.replica for one in usage} <= {"db-0", "db-1"}
    assert platform.usage(ServiceName("too-big")) == []
