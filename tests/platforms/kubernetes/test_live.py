"""Watches: nothing is missed, breaks heal by themselves, and what is not known any more is not told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lightkube.resources.core_v1 import Pod
from tests.platforms.kubernetes import fake_api
from tests.platforms.kubernetes.fake_api import NAMESPACE, FakeApi
from tests.platforms.kubernetes.living import eventually

from accelerapp.base import errors
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.kubernetes import live

HASTY = live.Patience(broken=0.5, silent=1.0, pulse=0.2)


@pytest.fixture
def fake() -> Iterator[FakeApi]:
    with fake_api.running() as running:
        yield running


@pytest.fixture
def cluster(fake: FakeApi, tmp_path: Path) -> clusters.Cluster:
    return clusters.connect(fake.kubeconfig(tmp_path))


@pytest.fixture
def known(cluster: clusters.Cluster) -> Iterator[live.Live]:
    found = live.Live(cluster, patience=live.Patience(broken=30, silent=60))
    yield found
    found.stop()


@pytest.fixture
def hasty(cluster: clusters.Cluster) -> Iterator[live.Live]:
    found = live.Live(cluster, patience=HASTY)
    yield found
    found.stop()


def pods(known: live.Live) -> dict[str, str]:
    """Images of the pods by name."""
    return {
        one.metadata.name or "": one.spec.containers[0].image or ""
        for one in known.objects(Pod, NAMESPACE)
        if one.metadata and one.spec
    }


def cannot_tell(known: live.Live) -> str:
    """The sentence, or nothing when it can tell."""
    try:
        known.objects(Pod, NAMESPACE)
    except errors.CannotTellError as error:
        return error.message
    return ""


def test_what_comes_changes_and_goes_is_seen_without_another_list(fake: FakeApi, known: live.Live) -> None:
    fake.put("a")
    assert set(pods(known)) == {"a"}
    fake.put("b")
    fake.put("a", image="registry.local/app:v2")
    eventually(lambda: pods(known) == {"a": "registry.local/app:v2", "b": "registry.local/app:v1"})
    fake.remove("a")
    eventually(lambda: set(pods(known)) == {"b"})
    assert sum("watch" not in path and "pods" in path for path in fake.requests) == 1


def test_a_broken_connection_goes_on_where_it_was(fake: FakeApi, known: live.Live) -> None:
    fake.put("a")
    fake.put("b")
    pods(known)
    for number in range(20):
        fake.put(f"more-{number}")
        fake.cut()
        if number == 10:
            fake.remove("a")
    eventually(lambda: set(pods(known)) == {"b", *(f"more-{number}" for number in range(20))})
    assert sum("watch" not in path and "pods" in path for path in fake.requests) == 1


def test_after_a_restart_with_a_forgotten_history_it_lists_again_and_what_went_meanwhile_is_gone(
    fake: FakeApi, known: live.Live
) -> None:
    fake.put("a")
    fake.put("b")
    pods(known)
    fake.die()
    fake.remove("a")
    fake.put("c")
    fake.forget()
    fake.live()
    eventually(lambda: set(pods(known)) == {"b", "c"})
    fake.put("d")
    eventually(lambda: set(pods(known)) == {"b", "c", "d"})


def test_a_watch_that_stays_broken_is_not_told_as_if_it_were_so(fake: FakeApi, hasty: live.Live) -> None:
    fake.put("a")
    pods(hasty)
    fake.die()
    told = eventually(lambda: cannot_tell(hasty))
    assert "Pods of shop have not been known for" in told or "has said nothing for" in told
    fake.live()
    eventually(lambda: not cannot_tell(hasty))
    assert set(pods(hasty)) == {"a"}


def test_a_server_that_is_away_is_asked_with_longer_and_longer_pauses(fake: FakeApi, known: live.Live) -> None:
    pods(known)
    before = known._cluster.calls
    fake.die()
    eventually(lambda: known._watches[Pod, NAMESPACE]._failures >= 3)  # after 0.1 and 0.3 seconds
    assert known._cluster.calls - before < 8
    fake.live()
    eventually(lambda: known._watches[Pod, NAMESPACE]._failures == 0)


def test_for_a_moment_a_broken_watch_still_counts(fake: FakeApi, known: live.Live) -> None:
    fake.put("a")
    pods(known)
    fake.die()
    eventually(lambda: known._watches[Pod, NAMESPACE]._error is not None)
    assert set(pods(known)) == {"a"}


def test_a_server_that_hangs_without_breaking_anything_is_noticed(fake: FakeApi, hasty: live.Live) -> None:
    fake.put("a")
    pods(hasty)
    fake.hanging = True
    assert "has said nothing for" in eventually(lambda: cannot_tell(hasty))
    fake.hanging = False
    eventually(lambda: not cannot_tell(hasty))


def test_a_cluster_that_was_never_reached_is_an_error_at_once(fake: FakeApi, known: live.Live) -> None:
    fake.die()
    with pytest.raises(errors.CannotTellError, match="cannot be reached at http://127"):
        known.objects(Pod, NAMESPACE)
    fake.live()
    eventually(lambda: not cannot_tell(known))


def test_who_may_not_list_is_told_so_and_no_watch_goes_on_asking(fake: FakeApi, known: live.Live) -> None:
    fake.refuse(403, 'pods is forbidden: User "me" cannot list resource "pods"')
    for _ in range(3):
        with pytest.raises(errors.ForbiddenError, match="may not list pods in shop"):
            known.objects(Pod, NAMESPACE)
    assert not known._watches


def test_our_own_act_is_seen_at_once(fake: FakeApi, known: live.Live) -> None:
    pods(known)
    known.forget()
    fake.put("a")
    assert set(pods(known)) == {"a"}


def test_a_wide_watch_serves_every_namespace_with_one_connection(fake: FakeApi, cluster: clusters.Cluster) -> None:
    fake.put("a")
    known = live.Live(cluster, is_wide=True)
    assert set(pods(known)) == {"a"}
    assert known.objects(Pod, "another") == []
    assert sum("watch=true" not in path and "pods" in path for path in fake.requests) == 1
    known.stop()


def test_a_line_that_cannot_be_read_breaks_the_watch_and_not_the_process(fake: FakeApi, known: live.Live) -> None:
    fake.put("a")
    pods(known)
    fake.body = json.dumps({"type": "ADDED", "object": {"metadata": 5}}).encode()
    fake.cut()
    eventually(lambda: known._watches[Pod, NAMESPACE]._error is not None)
    fake.body = None
    fake.put("b")
    eventually(lambda: not cannot_tell(known) and set(pods(known)) == {"a", "b"})
