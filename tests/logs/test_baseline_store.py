"""What a store of baselines does: in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace

import databases
import pytest
from tests.logs.histories import HOUR, NOW, hour, learned

from accelerapp.base.ids import ServiceName
from accelerapp.logs import baseline
from accelerapp.logs.baseline import Baseline
from accelerapp.logs.model import Level
from accelerapp.logs.store import MemoryBaselines
from accelerapp.logs.store_sql import SqlBaselines

SHOP = ServiceName("shop")
SERVED, FAILED = (Level.INFO, "GET <*> served"), (Level.ERROR, "order <*> failed")


@pytest.fixture(params=["memory", *databases.KINDS])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryBaselines()
        return
    with databases.opened(request, request.param, tmp_path) as database, database.write() as work:
        yield SqlBaselines(work)


def known(*hours: int) -> Baseline:
    return baseline.look(learned({HOUR + number: {SERVED: 60, FAILED: 2} for number in hours}), NOW)


def test_before_the_first_nothing_is_known(store):
    assert store.get(SHOP) == Baseline()


def test_a_baseline_comes_back_whole_and_services_do_not_mix(store):
    whole = replace(baseline.miss(known(0, 1), (HOUR + 2,)), dropped_at=HOUR)
    store.put(SHOP, Baseline(), whole)
    assert store.get(SHOP) == whole
    assert store.get(ServiceName("other")) == Baseline()


def test_what_changed_is_changed_and_what_is_forgotten_goes(store):
    store.put(SHOP, Baseline(), known(0))
    before = store.get(SHOP)
    far = HOUR + baseline.KEPT
    after = baseline.learn(before, far, hour({SERVED: 7}, far))
    store.put(SHOP, before, after)
    assert store.get(SHOP) == after
    assert [one.message for one in store.get(SHOP).patterns.values()] == ["GET <*> served"]
    assert list(store.get(SHOP).hours) == [far]


def test_the_same_hour_written_by_two_processes_is_counted_once(store):
    before, after = store.get(SHOP), known(0)
    store.put(SHOP, before, after)
    store.put(SHOP, before, after)
    assert store.get(SHOP) == after


def test_a_message_of_any_bytes_can_be_kept(store):
    odd = "a\0b \ud800 \u202e 😀"
    store.put(SHOP, Baseline(), learned({HOUR: {(Level.ERROR, odd): 3}}))
    (found,) = store.get(SHOP).patterns.values()
    assert found.counts == {HOUR: 3}
    assert found.message.startswith("a")


def test_as_many_patterns_as_are_kept_are_written_and_read(store):
    many = learned({HOUR: {(Level.INFO, f"message {'x' * n}"): 1 for n in range(baseline.MOST_PATTERNS)}})
    store.put(SHOP, Baseline(), many)
    assert store.get(SHOP) == many
