"""Leases: of several one does the work, a dead one is followed, a late one writes nothing; on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import databases
import pytest
import sqlalchemy

from accelerapp.base import clock as clocks
from accelerapp.storage import fencing, tables
from accelerapp.storage.leases import Leases

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LENGTH = timedelta(seconds=15)
EVERY = timedelta(seconds=10)
LINK = tables.setup_links.insert().values(hash="h", created_at=NOON, expires_at=NOON)


@pytest.fixture(params=databases.KINDS)
def database(request, tmp_path):
    with databases.opened(request, request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def clock():
    return clocks.MovingClock(NOON)


@pytest.fixture
def one(database, clock):
    return Leases(database, clock, "one")


@pytest.fixture
def other(database, clock):
    return Leases(database, clock, "other")


def pass_by(database, clock, seconds: int) -> None:
    """Time goes by: on PostgreSQL, whose clock cannot be moved, what is written moves into the past."""
    clock.sleep(seconds)
    if database.engine.dialect.name == "postgresql":
        with database.write() as work:
            work.execute(
                sqlalchemy.text(
                    "UPDATE leases SET taken_at = taken_at - make_interval(secs => :s),"
                    " expires_at = expires_at - make_interval(secs => :s)"
                ),
                {"s": seconds},
            )


def take(leases: Leases, name: str = "job", every: timedelta = EVERY):
    return leases.take({name: every}, LENGTH)[name]


def test_of_two_who_ask_one_gets_it_and_the_other_hears_when_to_ask_again(one, other):
    mine, others = take(one), take(other)
    assert (mine.is_mine, mine.lease.holder, mine.lease.fence) == (True, "one", 1)
    assert (others.is_mine, others.lease.holder) == (False, "one")
    assert timedelta(seconds=10) < others.wait <= LENGTH


def test_many_who_ask_at_once_get_each_lease_once(database, clock):
    names = {f"job {number}": EVERY for number in range(20)}
    taken: list[str] = []

    def ask(holder: str) -> None:
        found = Leases(database, clock, holder).take(names, LENGTH)
        taken.extend(name for name, standing in found.items() if standing.is_mine)

    threads = [threading.Thread(target=ask, args=(f"process {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(taken) == sorted(names)


def test_what_is_given_back_is_free_after_its_period_with_the_note(database, clock, one, other):
    assert one.give_back(take(one).lease, "all well")
    early = take(other)
    assert (early.is_mine, early.lease.note) == (False, "all well")
    assert timedelta(seconds=8) < early.wait <= EVERY
    pass_by(database, clock, 10)
    late = take(other)
    assert (late.is_mine, late.lease.fence, late.lease.note) == (True, 2, "all well")


def test_the_work_of_a_dead_one_is_free_when_its_lease_expires_and_not_only_after_the_period(
    database, clock, one, other
):
    take(one, every=timedelta(hours=1))
    pass_by(database, clock, 14)
    assert not take(other, every=timedelta(hours=1)).is_mine
    pass_by(database, clock, 2)
    assert take(other, every=timedelta(hours=1)).is_mine


def test_a_renewed_lease_stays_and_one_that_was_taken_over_is_not_renewed(database, clock, one, other):
    lease = take(one).lease
    pass_by(database, clock, 10)
    assert one.renew([lease], LENGTH) == {"job"}
    pass_by(database, clock, 10)
    assert not take(other).is_mine
    pass_by(database, clock, 10)
    assert take(other).is_mine
    assert one.renew([lease], LENGTH) == set()
    assert one.give_back(lease, "late") is False
    assert take(one).lease.note == ""


def test_a_late_one_writes_nothing_and_is_told_who_took_over(database, clock, one, other):
    lease = take(one).lease
    with fencing.under(lease), database.write() as work:
        work.execute(LINK)
    pass_by(database, clock, 20)
    take(other)
    with (
        pytest.raises(fencing.LeaseLostError, match="'job' took too long and was taken over by other"),
        fencing.under(lease),
        database.write() as work,
    ):
        work.execute(sqlalchemy.delete(tables.setup_links))
    with database.read() as work:
        assert work.execute(sqlalchemy.select(tables.setup_links.c.hash)).scalars().all() == ["h"]


def test_one_that_is_late_and_was_not_followed_may_still_write(database, clock, one):
    lease = take(one).lease
    pass_by(database, clock, 3600)
    with fencing.under(lease), database.write() as work:
        work.execute(LINK)


def test_nobody_takes_over_while_something_is_being_written_under_a_lease(request, tmp_path, clock):
    with databases.opened(request, "postgresql", tmp_path) as database:  # on SQLite one writes at a time anyway
        one, other = Leases(database, clock, "one"), Leases(database, clock, "other")
        lease = take(one).lease
        pass_by(database, clock, 20)
        with fencing.under(lease), database.write() as work:
            work.execute(LINK)
            assert not take(other).is_mine
            assert one.renew([lease], LENGTH) == set()  # it would wait for ourselves
        assert take(other).is_mine


def test_nothing_wanted_is_nothing_asked(one):
    assert (one.take({}, LENGTH), one.renew([], LENGTH)) == ({}, set())
