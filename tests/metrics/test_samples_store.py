"""What a store of samples does: in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from datetime import timedelta

import databases
import pytest
from fakes import NOON, SHOP

from accelerapp.base.ids import ReplicaName, ServiceName
from accelerapp.metrics.model import Metric, Sample
from accelerapp.metrics.store import MemorySamples
from accelerapp.metrics.store_sql import SqlSamples

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["memory", *databases.KINDS])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemorySamples()
        return
    with databases.opened(request, request.param, tmp_path) as database, database.write() as work:
        yield SqlSamples(work)


def sample(minute: int, value: float = 1.0, *, replica: str = "shop-1", service: ServiceName = SHOP) -> Sample:
    return Sample(service, ReplicaName(replica), Metric.CPU, NOON + minute * MINUTE, value)


def found(store, since: int = 0, service: ServiceName = SHOP, metric: Metric = Metric.CPU) -> list[Sample]:
    return store.since(service, metric, NOON + since * MINUTE)


def test_samples_come_back_by_time_then_replica_from_the_asked_time_on(store):
    kept = [sample(1), sample(0), sample(1, replica="shop-0"), sample(-1)]
    store.add(kept)
    assert found(store) == [sample(0), sample(1, replica="shop-0"), sample(1)]


def test_services_and_metrics_do_not_mix(store):
    store.add([sample(0), sample(0, service=ServiceName("other"))])
    assert found(store) == [sample(0)]
    assert found(store, metric=Metric.MEMORY) == []


def test_a_sample_that_is_there_already_stays_as_it_was(store):
    store.add([sample(0, 1.0)])
    store.add([sample(0, 9.0), sample(1, 2.0)])
    assert [each.value for each in found(store)] == [1.0, 2.0]


def test_nothing_to_add_is_nothing_added(store):
    store.add([])
    assert found(store) == []


def test_pruning_forgets_what_is_older_and_says_how_many(store):
    store.add([sample(minute) for minute in range(5)])
    assert store.prune(NOON + 2 * MINUTE) == 2
    assert found(store)[0].at == NOON + 2 * MINUTE
    assert store.prune(NOON) == 0


def test_many_samples_are_added_at_once(store):
    store.add([sample(minute) for minute in range(3000)])
    assert len(found(store)) == 3000
