"""What a store of health states does: in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import databases
import pytest
from fakes import NOON, SHOP, replica, workload

from accelerapp.base.ids import ServiceName
from accelerapp.health.checks.replicas import judge_replicas
from accelerapp.health.model import HealthReport, HealthState, Verdict
from accelerapp.health.store import MemoryHealthStates
from accelerapp.health.store_sql import SqlHealthStates
from accelerapp.storage.tables import health_states


@pytest.fixture(params=["memory", *databases.KINDS])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryHealthStates()
        return
    with databases.opened(request, request.param, tmp_path) as database, database.write() as work:
        yield SqlHealthStates(work)


CHECKS = (judge_replicas(workload(replica(1))),)
STATE = HealthState(
    SHOP, Verdict.HEALTHY, NOON, NOON, HealthReport(SHOP, NOON, Verdict.HEALTHY, ("a reason",), CHECKS, 0.5)
)


def test_a_state_comes_back_whole_with_all_facts(store):
    store.put(STATE)
    assert store.get(SHOP) == STATE


def test_the_last_one_counts_and_services_do_not_mix(store):
    later = replace(STATE, verdict=Verdict.DOWN, at=NOON + timedelta(minutes=1))
    store.put(STATE)
    store.put(later)
    assert store.get(SHOP) == later
    assert store.get(ServiceName("other")) is None


def test_a_report_in_a_form_unknown_here_counts_as_none(tmp_path, request):
    with databases.opened(request, "sqlite", tmp_path) as database, database.write() as work:
        store = SqlHealthStates(work)
        store.put(STATE)
        work.execute(health_states.update().values(report='{"of": "another version"}'))
        assert store.get(SHOP) is None
