"""Which logs there are, how their lines are told apart, and which ConfigMaps and ports are meant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lightkube.models.core_v1 import PodSpec
from tests.platforms.contract import SHOP
from tests.platforms.kubernetes import objects

from accelerapp.base import errors
from accelerapp.base.ids import ReplicaName
from accelerapp.base.settings.model import Kubernetes
from accelerapp.flows import log_tail
from accelerapp.platforms.interface import Config, LogChunk, LogRequest
from accelerapp.platforms.kubernetes import configmaps, execs, forwarding, logs, places, runs

RUNNING = {"running": {"startedAt": "2026-03-02T12:00:00Z"}}
WAITING = {"waiting": {"reason": "CrashLoopBackOff"}}
ENDED = {"terminated": {"exitCode": 1, "containerID": "containerd://old"}}


def names(*pods: object) -> list[str]:
    return [run.name for run in runs.of_pods(pods, "web")]  # type: ignore[arg-type]


def test_a_pod_has_a_log_of_its_run_and_of_the_run_before() -> None:
    assert names(objects.pod("a", RUNNING)) == ["a"]
    assert names(objects.pod("a", RUNNING, last=ENDED)) == ["a/previous", "a"]
    assert names(objects.pod("a", ENDED)) == ["a"]


def test_a_pod_that_never_began_has_no_log() -> None:
    assert names(objects.pod("a"), objects.pod("b", {"waiting": {"reason": "ContainerCreating"}})) == []


def test_while_a_container_waits_to_be_started_again_its_last_run_is_the_present_one() -> None:
    found = runs.of_pods([objects.pod("a", WAITING, last=ENDED)], "")
    assert [(run.name, run.id, run.ended) for run in found] == [("a", "containerd://old", True)]
    assert [run.name for run in runs.chosen(found, LogRequest(SHOP))] == ["a"]
    before = LogRequest(SHOP, previous=True)  # as kubectl's --previous gives it too
    assert [run.name for run in runs.chosen(found, before)] == ["a/previous"]


def test_the_oldest_pod_comes_first() -> None:
    old = objects.pod("z", RUNNING, creationTimestamp="2026-03-01T12:00:00Z")
    assert names(objects.pod("a", RUNNING), old) == ["z", "a"]


def test_runs_are_chosen_by_name_or_all_present_ones_or_all_before() -> None:
    found = runs.of_pods([objects.pod("a", RUNNING, last=ENDED), objects.pod("b", RUNNING)], "web")

    def chosen(**request: object) -> list[str]:
        return [run.name for run in runs.chosen(found, LogRequest(SHOP, **request))]  # type: ignore[arg-type]

    assert chosen() == ["a", "b"]
    assert chosen(previous=True) == ["a/previous"]
    assert chosen(replicas=("a",)) == ["a"]
    assert chosen(replicas=("a",), previous=True) == ["a/previous"]
    assert chosen(replicas=("a/previous", "b")) == ["a/previous", "b"]
    gone = LogRequest(SHOP, replicas=(ReplicaName("b"), ReplicaName("c")), previous=True)
    assert runs.missing(found, gone) == ["b", "c"]


def test_lines_up_to_a_time_are_known_already_to_the_nanosecond() -> None:
    lines = [b"2026-03-02T12:00:00.5Z a\n", b"2026-03-02T12:00:00.51Z b\n", b"2026-03-02T14:00:00.510000001+02:00 c\n"]
    assert list(logs.behind(iter(lines), b"2026-03-02T12:00:00.510000000Z")) == lines[2:]
    assert list(logs.behind(iter(lines), b"")) == lines


def test_what_the_node_says_instead_of_a_log_is_no_line_of_it() -> None:
    assert logs.wrapped(b"2026-03-02T12:00:00.123456789Z \n") == b"2026-03-02T12:00:00.123456789Z stdout F \n"
    with pytest.raises(errors.CannotTellError, match="unable to retrieve container logs"):
        logs.wrapped(b"unable to retrieve container logs for containerd://abc")


def test_lines_without_times_of_their_own_are_merged_by_when_they_were_written() -> None:
    chunks = [
        LogChunk(ReplicaName("a"), b"2026-03-02T12:00:01Z stdout F first\n2026-03-02T12:00:03Z stdout F third\n", True),
        LogChunk(ReplicaName("b"), b"2026-03-02T12:00:02.5Z stdout F ERROR second\n", True),
        LogChunk(ReplicaName("c"), b"", unread="The node is away."),
    ]
    tailed = b"".join(log_tail.tail(iter(chunks), 10, None, None, datetime.now(UTC))).decode().splitlines()
    assert tailed == ["c (cannot be read: The node is away)", "a first", "b ERROR second", "a third"]


# -- ConfigMaps --------------------------------------------------------------------------------------------------------


def test_every_way_in_which_a_pod_uses_a_configmap_is_found() -> None:
    spec = PodSpec.from_dict(
        {
            "containers": [
                {
                    "name": "web",
                    "envFrom": [{"configMapRef": {"name": "all"}}, {"secretRef": {"name": "hush"}}],
                    "env": [
                        {"name": "ONE", "valueFrom": {"configMapKeyRef": {"name": "some", "key": "one"}}},
                        {"name": "PLAIN", "value": "1"},
                    ],
                    "volumeMounts": [{"name": "etc", "mountPath": "/etc/shop"}, {"name": "mix", "mountPath": "/mix"}],
                }
            ],
            "initContainers": [{"name": "init", "envFrom": [{"configMapRef": {"name": "begin"}}]}],
            "volumes": [
                {"name": "etc", "configMap": {"name": "all"}},
                {"name": "mix", "projected": {"sources": [{"configMap": {"name": "some"}}, {"secret": {"name": "h"}}]}},
                {"name": "spare", "configMap": {"name": "unused"}},
            ],
        }
    )
    assert configmaps.uses(spec) == {  # type: ignore[arg-type]
        "all": ("environment", "files in /etc/shop"),
        "begin": ("environment",),
        "some": ("$ONE", "files in /mix"),
        "unused": ("files in no container",),
    }


def test_a_change_is_checked_before_it_is_sent() -> None:
    used = Config("shop", "7", {"A": "1"}, binary=("logo",))
    configmaps.check(used, "7", {"A": None, "b.c-d_E": "2"})
    for version, changes, words in (
        ("6", {"A": "2"}, "changed by somebody else"),
        ("7", {"a b": "2"}, "can be no key"),
        ("7", {"logo": "2"}, "no text"),
    ):
        with pytest.raises(errors.WrongUseError, match=words):
            configmaps.check(used, version, changes)


# -- commands and ports ------------------------------------------------------------------------------------------------


def test_a_container_that_waits_is_told_with_its_reason() -> None:
    assert execs.running_container(objects.pod("a", RUNNING), "")[2] == "web"
    with pytest.raises(errors.WrongUseError, match=r"does not run \(CrashLoopBackOff\)"):
        execs.running_container(objects.pod("a", WAITING), "web")
    with pytest.raises(errors.NotFoundError, match="no container 'cart'"):
        execs.running_container(objects.pod("a", RUNNING), "cart")


@pytest.mark.parametrize(
    ("written", "ports"), [("8000", (8000, 8000)), ("8080:8000", (8080, 8000)), (":8000", (0, 8000))]
)
def test_ports_are_read_as_kubectl_reads_them(written: str, ports: tuple[int, int]) -> None:
    found = forwarding.ports(written)
    assert (found.local, found.remote) == ports


@pytest.mark.parametrize("written", ["", "x", "8080:", "0", "70000", "1:2:3", "-1:80"])
def test_what_names_no_ports_is_refused(written: str) -> None:
    with pytest.raises(errors.WrongUseError, match="names no ports"):
        forwarding.ports(written)


def test_the_newest_ready_pod_is_forwarded_to_with_the_services_own_reach() -> None:
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    pods = [
        objects.pod("old", creationTimestamp="2026-03-01T12:00:00Z"),
        objects.pod("new", creationTimestamp="2026-03-02T12:00:00Z"),
        objects.pod("going", creationTimestamp="2026-03-03T12:00:00Z", deletionTimestamp="2026-03-03T12:00:00Z"),
        objects.pod("starting", creationTimestamp="2026-03-04T12:00:00Z"),
    ]
    for pod in pods[:3]:
        pod.status = type(pod.status).from_dict(ready)  # type: ignore[union-attr, assignment]
    assert forwarding.choose(pods) == "new"
    assert forwarding.choose([]) is None
    assert forwarding.is_there(pods, "new")
    assert not forwarding.is_there(pods, "going")
    assert not forwarding.is_there(pods, "gone")
    place = places.of(SHOP, Kubernetes(namespace="web", context="prod", kubeconfig="/k"))
    assert forwarding.command(place, "new", forwarding.Ports(8080, 80)) == (
        *("kubectl", "--kubeconfig", "/k", "--context", "prod"),
        *("port-forward", "pod/new", "8080:80", "-n", "web"),
    )
