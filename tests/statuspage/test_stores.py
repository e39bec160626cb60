"""What the store of the status page does: in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import threading
from dataclasses import replace

import databases
import pytest
from tests.statuspage import scenes
from tests.statuspage.scenes import BACK, CHECKOUT, DAY, HOUR, NOON, SHOP

from accelerapp.base.ids import IncidentId
from accelerapp.statuspage import components, maintenances
from accelerapp.statuspage.model import Board, ComponentState
from accelerapp.statuspage.store import MemoryStatus
from accelerapp.statuspage.store_sql import SqlStatus


@pytest.fixture(params=["memory", *databases.KINDS])
def opened(request, tmp_path):
    """`with opened() as store`: a unit of work."""
    with databases.units(request, request.param, tmp_path, MemoryStatus, SqlStatus) as work:
        yield work


def put(store, board: Board) -> None:
    for each in board.groups:
        store.put_group(each)
    for each in board.components:
        store.put_component(each)
    for each in board.reports:
        store.put_report(each)
    for each in board.maintenances:
        store.put_maintenance(each)
    store.put_outages(board.outages)


def test_what_is_put_comes_back_as_it_was(opened):
    board = scenes.broken()
    with opened() as store:
        put(store, board)
    with opened() as store:
        found = store.board(NOON - 100 * DAY)
    for name in ("groups", "components", "reports", "maintenances", "outages"):
        assert set(getattr(found, name)) == set(getattr(board, name)), name


def test_what_ended_long_ago_is_left_out_but_what_lasts_is_not(opened):
    lasting = replace(scenes.outage(9, SHOP, ComponentState.MAJOR_OUTAGE, 300 * DAY, HOUR), ends_at=None)
    old = scenes.outage(8, SHOP, ComponentState.MAJOR_OUTAGE, 300 * DAY, HOUR)
    work = scenes.planned("Old", NOON - 300 * DAY, HOUR)
    checked = replace(work, id="mnt_9", verifying_at=NOON - 300 * DAY)
    done = replace(checked, id="mnt_10", completed_at=NOON - 299 * DAY)
    with opened() as store:
        put(
            store,
            Board(
                outages=(old, lasting),
                maintenances=(work, checked, done),
                reports=(scenes.over(1, "Old", 300 * DAY),),
            ),
        )
        found = store.board(NOON - 90 * DAY)
        assert (found.outages, found.maintenances, found.reports) == ((lasting,), (checked,), ())
        assert [each.title for each in store.reports(None, 10)] == ["Old"]
        assert store.report(IncidentId("inc_1")).title == "Old"
        assert store.report(IncidentId("inc_2")) is None


def test_reports_are_given_newest_first_a_page_at_a_time(opened):
    told = [scenes.over(number, f"Number {number}", number * DAY) for number in (2, 1, 3)]
    with opened() as store:
        put(store, Board(reports=tuple(told)))
        assert [each.id for each in store.reports(None, 2)] == ["inc_1", "inc_2"]
        assert [each.id for each in store.reports(NOON - 2 * DAY, 5)] == ["inc_3"]


def test_a_component_goes_with_its_outages_and_nothing_else(opened):
    with opened() as store:
        put(store, scenes.past())
        store.remove(SHOP.id)
        found = store.board(NOON - 90 * DAY)
    assert SHOP not in found.components
    assert CHECKOUT in found.components
    assert BACK in found.groups
    assert {each.component for each in found.outages}.isdisjoint({SHOP.id})
    assert found.outages


def test_the_mark_grows_with_every_lock(opened):
    with opened() as store:
        before = store.mark()
        store.lock()
        assert store.mark() > before


@pytest.mark.parametrize("kind", databases.KINDS)
def test_of_two_who_change_the_page_at_once_the_second_sees_what_the_first_did(request, tmp_path, kind):
    with databases.opened(request, kind, tmp_path) as database:

        def add(number: int) -> None:
            with database.write() as work:
                store = SqlStatus(work)
                store.lock()
                store.put_component(components.add(store.board(NOON), f"System {number}", NOON))

        threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(60)
        with database.read() as work:
            found = SqlStatus(work).board(NOON).components
    assert sorted(each.position for each in found) == list(range(1, 9))


def test_a_maintenance_that_is_extended_is_not_lost(opened):
    work = scenes.planned("Disks", NOON - HOUR, HOUR)
    with opened() as store:
        put(store, Board(maintenances=(maintenances.replace(work, scheduled_until=NOON + HOUR),)))
        assert [each.id for each in store.board(NOON).maintenances] == [work.id]
