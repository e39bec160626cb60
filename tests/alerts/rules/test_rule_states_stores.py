"""Both stores keep how rules stand."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import databases
import pytest
import sqlalchemy

from accelerapp.alerts.rules.model import Instance, RuleId, State, Status
from accelerapp.alerts.rules.store import MemoryRuleStates
from accelerapp.alerts.rules.store_sql import SqlRuleStates
from accelerapp.storage import engine as engines
from accelerapp.storage import tables
from accelerapp.storage.unit_of_work import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOT = Status(
    RuleId("shop/Hot"),
    "d1",
    State.FIRING,
    NOON,
    instances=(Instance({"replica": "ä"}, State.FIRING, NOON, NOON, value=9.5),),
)


@pytest.fixture(params=["memory", *databases.KINDS])
def opened(request, tmp_path):
    """A unit of work at a time: `with opened() as states`."""
    if request.param == "memory":
        kept = MemoryRuleStates()

        @contextmanager
        def memory():
            yield kept

        yield memory
        return
    with databases.new_engine(request, request.param, tmp_path) as engine:
        engines.migrate(engine)

        @contextmanager
        def sql():
            with Database(engine).write() as work:
                yield SqlRuleStates(work)

        yield sql


def test_what_is_put_is_there_and_replaces_what_was(opened):
    cool = replace(HOT, rule=RuleId("shop/Cool"), state=State.INACTIVE, instances=())
    with opened() as states:
        states.put([HOT, cool])
        states.put([replace(cool, state=State.UNKNOWN, reason="There is no data.")])
        states.put([])
    with opened() as states:
        found = states.all()
    assert found[RuleId("shop/Hot")] == HOT
    assert found[RuleId("shop/Cool")].reason == "There is no data."


def test_what_is_removed_is_gone(opened):
    with opened() as states:
        states.put([HOT])
        states.remove([HOT.rule, RuleId("never/was")])
    with opened() as states:
        assert states.all() == {}


def test_the_last_look_of_each_period_is_kept(opened):
    quick, slow = timedelta(seconds=15), timedelta(minutes=5)
    with opened() as states:
        states.looked(NOON, [quick, slow])
        states.looked(NOON + quick, [quick])
    with opened() as states:
        assert states.looks() == {quick: NOON + quick, slow: NOON}


@pytest.mark.parametrize("kind", databases.KINDS)
def test_a_status_that_cannot_be_read_is_left_out_and_the_others_are_there(request, tmp_path, kind):
    with databases.new_engine(request, kind, tmp_path) as engine:
        engines.migrate(engine)
        with Database(engine).write() as work:
            SqlRuleStates(work).put([HOT, replace(HOT, rule=RuleId("new/Form"))])
            work.execute(
                sqlalchemy.update(tables.rule_states).where(tables.rule_states.c.rule == "new/Form").values(status="{}")
            )
            assert set(SqlRuleStates(work).all()) == {HOT.rule}
