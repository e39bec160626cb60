"""Logs of real pods: merged, followed across the death of a pod and of a container, previous runs, what cannot be read."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from lightkube.resources.core_v1 import Pod
from tests.platforms.contract import SHOP
from tests.platforms.kubernetes import living

from accelerapp.base import errors
from accelerapp.base.ids import ReplicaName
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.flows import log_tail
from accelerapp.logs.sources import streams
from accelerapp.platforms.interface import LogChunk, LogRequest
from accelerapp.platforms.kubernetes.platform import KubernetesPlatform

pytestmark = [*living.REAL, pytest.mark.xdist_group("kubernetes-logs")]
_LINE = re.compile(rb"(\S+) stdout F (.*)\n")


@pytest.fixture(scope="module")
def cluster() -> clusters.Cluster:
    return clusters.connect()


@pytest.fixture
def namespace(cluster: clusters.Cluster) -> Iterator[str]:
    with living.namespace(cluster) as name:
        yield name


@pytest.fixture
def shop(cluster: clusters.Cluster, namespace: str) -> KubernetesPlatform:
    """Two replicas that count."""
    cluster.create(living.shop(living.COUNT, replicas=2), namespace)
    platform = living.platform(namespace)
    living.settled(platform)
    return platform


@pytest.fixture(scope="module")
def standing(cluster: clusters.Cluster) -> Iterator[KubernetesPlatform]:
    """Two replicas that count, for all tests that only read."""
    with living.namespace(cluster) as name:
        cluster.create(living.shop(living.COUNT, replicas=2), name)
        platform = living.platform(name)
        living.settled(platform)
        yield platform


class Following:
    """Follows in a thread of its own and keeps what each replica wrote."""

    def __init__(self, platform: KubernetesPlatform, **request: object) -> None:
        self.lines: defaultdict[str, list[str]] = defaultdict(list)
        self.unread: list[str] = []
        self.idle = 0
        self.failed: BaseException | None = None
        self._stop = threading.Event()
        self._chunks = platform.logs(LogRequest(SHOP, follow=True, **request))  # type: ignore[arg-type]
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            for chunk in self._chunks:
                if chunk.unread:
                    self.unread.append(f"{chunk.replica}: {chunk.unread}")
                self.idle += not chunk.data and not chunk.unread
                self.lines[chunk.replica] += texts(chunk)
                if self._stop.is_set():
                    return
        except errors.AccelerappError as error:
            self.failed = error

    def numbers(self, replica: str) -> list[int]:
        return [int(line.split()[1]) for line in list(self.lines[replica]) if line.startswith("number")]

    def end(self) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()
        assert self.failed is None


def texts(chunk: LogChunk) -> list[str]:
    assert chunk.wrapped or not chunk.data
    return [match[2].decode() for match in _LINE.finditer(chunk.data)]


def test_the_last_lines_of_all_replicas_come_with_their_times(standing: KubernetesPlatform) -> None:
    living.eventually(lambda: len(list(standing.logs(LogRequest(SHOP, tail=2)))) == 2)
    chunks = list(standing.logs(LogRequest(SHOP, tail=2)))
    assert {chunk.replica for chunk in chunks} == {one.name for one in standing.workload(SHOP).replicas}
    assert [len(texts(chunk)) for chunk in chunks] == [2, 2]
    tailed = b"".join(log_tail.tail(iter(chunks), 4, None, None, datetime.now(UTC))).decode().splitlines()
    assert len(tailed) == 4
    assert all(re.fullmatch(r"shop-\S+ number \d+", line) for line in tailed)
    assert tailed[0].split()[0] != tailed[1].split()[0] or tailed[1].split()[0] != tailed[2].split()[0]  # by time


def test_lines_before_a_time_are_left_out(standing: KubernetesPlatform) -> None:
    assert list(standing.logs(LogRequest(SHOP, since=datetime.now(UTC) + timedelta(hours=1)))) == []


def test_a_pod_that_dies_is_followed_to_its_end_and_its_successor_from_its_beginning(
    cluster: clusters.Cluster, namespace: str, shop: KubernetesPlatform
) -> None:
    following = Following(shop, tail=5)
    first, other = [one.name for one in shop.workload(SHOP).replicas]
    living.eventually(lambda: len(following.numbers(first)) > 8)
    cluster.delete(Pod, first, namespace)
    successor = living.eventually(
        lambda: next((name for name in following.lines if name not in ("", first, other)), None)
    )
    living.eventually(lambda: len(following.numbers(successor)) > 8)
    following.end()
    assert following.numbers(successor)[:3] == [1, 2, 3]
    for name in (first, other, successor):
        numbers = following.numbers(name)
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))  # nothing lost, nothing twice
    assert following.unread == []
    assert following.idle > 0


def test_a_container_that_is_started_again_is_followed_without_a_gap(cluster: clusters.Cluster, namespace: str) -> None:
    ends = 'for i in 1 2 3 4 5 6 7 8 9 10; do echo "number $i"; sleep 0.2; done; echo last words; exit 1'
    cluster.create(living.shop(ends), namespace)
    platform = living.platform(namespace)
    living.eventually(lambda: platform.log_names(SHOP))
    following = Following(platform)
    pod = living.pods(cluster, namespace)[0]
    assert pod.metadata is not None
    name = str(pod.metadata.name)
    living.eventually(lambda: following.lines[name].count("last words") >= 2)
    following.end()
    runs = following.numbers(name)
    assert runs[:20] == [*range(1, 11), *range(1, 11)]
    assert following.unread == []


def test_to_follow_from_the_end_on_gives_nothing_of_what_was(standing: KubernetesPlatform) -> None:
    name = standing.workload(SHOP).replicas[0].name
    seen = living.eventually(
        lambda: [texts(chunk) for chunk in standing.logs(LogRequest(SHOP, tail=1, replicas=(name,)))]
    )
    number = int(seen[-1][-1].split()[1])
    following = Following(standing, tail=0, replicas=(name,))
    living.eventually(lambda: len(following.numbers(name)) > 3)
    following.end()
    numbers = following.numbers(name)
    assert numbers[0] > number
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert [replica for replica, lines in following.lines.items() if lines] == [name]


def test_the_run_before_is_read_by_the_tail_and_by_the_review(cluster: clusters.Cluster, namespace: str) -> None:
    once = 'if [ -e /kept/was ]; then echo "second run"; sleep 600 & wait; else touch /kept/was; echo "KeyError: PAYMENT"; exit 1; fi'
    found = living.shop(once, volumes=[{"name": "kept", "emptyDir": {}}])
    assert found.spec is not None
    assert found.spec.template.spec is not None
    container = found.spec.template.spec.containers[0]
    container.volumeMounts = [{"name": "kept", "mountPath": "/kept"}]  # type: ignore[list-item]
    cluster.create(found, namespace)
    platform = living.platform(namespace)
    with pytest.raises(errors.NotFoundError, match="No replica of shop was restarted"):
        list(platform.logs(LogRequest(SHOP, previous=True)))
    names = living.eventually(lambda: len(platform.log_names(SHOP)) == 2 and platform.log_names(SHOP))
    assert names[0] == f"{names[1]}/previous"
    before = [line for chunk in platform.logs(LogRequest(SHOP, previous=True)) for line in texts(chunk)]
    now = [line for chunk in platform.logs(LogRequest(SHOP)) for line in texts(chunk)]
    assert (before, now) == (["KeyError: PAYMENT"], ["second run"])
    reviewed = {source.name: b"".join(source.chunks(None)) for source in streams.of_platform(platform, SHOP)}
    assert b"KeyError: PAYMENT" in reviewed[names[0]]
    assert b"second run" in reviewed[names[1]]
    with pytest.raises(errors.WrongUseError, match="cannot be followed"):
        next(platform.logs(LogRequest(SHOP, previous=True, follow=True)))


def test_a_log_that_is_gone_is_named_and_the_others_are_read(standing: KubernetesPlatform) -> None:
    living.eventually(lambda: len(list(standing.logs(LogRequest(SHOP)))) == 2)
    there = standing.workload(SHOP).replicas[0].name
    chunks = list(standing.logs(LogRequest(SHOP, replicas=(there, ReplicaName("shop-gone")))))
    assert [(chunk.replica, bool(chunk.data), bool(chunk.unread)) for chunk in chunks] == [
        ("shop-gone", False, True),
        (there, True, False),
    ]


def test_who_stops_reading_leaves_no_thread_behind(cluster: clusters.Cluster, namespace: str) -> None:
    cluster.create(living.shop("while true; do sleep 600 & wait $!; done"), namespace)  # it never says a word
    platform = living.platform(namespace)
    living.settled(platform)
    before = threading.active_count()
    chunks = platform.logs(LogRequest(SHOP, follow=True))
    living.eventually(lambda: next(chunks) and threading.active_count() >= before + 2)
    chunks.close()  # type: ignore[attr-defined]
    living.eventually(lambda: threading.active_count() <= before)


def test_many_pods_are_read_with_few_connections(cluster: clusters.Cluster, namespace: str) -> None:
    cluster.create(living.shop("echo here; sleep 600 & wait", replicas=12), namespace)
    platform = living.platform(namespace)
    living.eventually(lambda: len(platform.log_names(SHOP)) == 12, 120)
    living.eventually(lambda: len(list(platform.logs(LogRequest(SHOP)))) == 12)
    before, most = threading.active_count(), 0
    for _ in platform.logs(LogRequest(SHOP)):
        most = max(most, threading.active_count() - before)
    assert 0 < most <= 8
