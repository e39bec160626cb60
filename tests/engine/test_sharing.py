"""Two engines on one database: each job is run by one of them at a time, and by the other when one dies."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import databases
import pytest
import sqlalchemy
from fakes import NOON
from running import eventually

from accelerapp.base import clock as clocks
from accelerapp.base import errors
from accelerapp.engine.model import JobState
from accelerapp.engine.runner import Engine
from accelerapp.engine.sharing import Leased
from accelerapp.storage import tables
from accelerapp.storage.leases import Leases


@dataclass
class CountingJob:
    runs: list[str]
    who: str
    do: object = None
    name: str = "job"
    period: timedelta = timedelta(seconds=10)
    in_each_process: bool = False
    times: list[datetime] = field(default_factory=list)

    def run(self, now: datetime) -> None:
        self.runs.append(self.who)
        if self.do is not None:
            self.do()


@dataclass
class FakeApp:
    clock: clocks.Clock


class Story:
    """A database, a clock, and the processes that a story needs."""

    def __init__(self, database) -> None:
        self.database = database
        self.clock = clocks.MovingClock(NOON)
        self.runs: list[str] = []

    def process(self, who: str, do=None, **changes) -> Engine:
        job = CountingJob(self.runs, who, do, **changes)
        return Engine(FakeApp(self.clock), (job,), Leased(Leases(self.database, self.clock, who)))


@pytest.fixture
def story(request, tmp_path):
    with databases.opened(request, "sqlite", tmp_path) as database:
        yield Story(database)


def test_together_they_run_a_job_once_in_each_period(story):
    processes = [story.process(who) for who in "abc"]
    for _ in range(3600):
        for process in processes:
            process.turn()
        story.clock.sleep(1)
    assert len(story.runs) == 360


def test_what_is_about_each_process_runs_in_each(story):
    for process in [story.process(who, in_each_process=True) for who in "abc"]:
        process.turn()
    assert story.runs == ["a", "b", "c"]


def test_all_show_the_same_of_a_job_whoever_ran_it(story):
    def fail() -> None:
        raise errors.CannotTellError("nobody answers")

    first, second = story.process("a", fail), story.process("b")
    first.turn()
    second.turn()
    (seen,) = second.status()
    assert (seen.state, seen.last_error, seen.runs) == (JobState.FAILING, "nobody answers", 0)
    assert seen.last_start == NOON
    story.clock.sleep(10)
    second.turn()
    story.clock.sleep(10)
    (told,) = first.status()
    assert told.state is JobState.FAILING  # until it asks again
    story.clock.sleep(-1)
    first.turn()
    assert first.status()[0].state is JobState.FINE


def test_the_run_that_a_dead_process_began_is_done_by_another(story):
    def die() -> None:
        raise SystemExit

    first, second = story.process("a", die, period=timedelta(hours=1)), story.process("b", period=timedelta(hours=1))
    with pytest.raises(SystemExit):
        first.turn()
    for _ in range(20):
        second.turn()
        story.clock.sleep(1)
    assert story.runs == ["a", "b"]


def test_a_run_that_hangs_is_taken_over_and_writes_nothing_when_it_wakes_up(story, caplog):
    gate = threading.Event()

    def hang_and_write() -> None:
        gate.wait(60)
        with story.database.write() as work:
            work.execute(tables.setup_links.insert().values(hash="late", created_at=NOON, expires_at=NOON))

    hangs, other = story.process("a", hang_and_write), story.process("b")
    hangs.start()
    eventually(lambda: story.runs == ["a"])
    for _ in range(20):  # ever longer than a run may take
        story.clock.sleep(5)
        other.turn()
    eventually(lambda: (other.turn(), "b" in story.runs)[1])
    gate.set()
    eventually(lambda: any("taken over" in record.getMessage() for record in caplog.records))
    assert hangs.stop()
    with story.database.read() as work:
        assert work.execute(sqlalchemy.select(tables.setup_links)).all() == []


def test_a_long_run_is_not_taken_over_while_its_process_lives(story):
    gate = threading.Event()
    period = timedelta(minutes=10)
    runs, other = story.process("a", lambda: gate.wait(60), period=period), story.process("b", period=period)
    runs.start()
    eventually(lambda: story.runs == ["a"])
    for _ in range(20):
        story.clock.sleep(6)
        until = story.clock.now() + timedelta(seconds=14)
        eventually(lambda until=until: _expiry(story) >= until)
        other.turn()
    gate.set()
    assert runs.stop()
    assert story.runs == ["a"]


def _expiry(story: Story) -> datetime:
    with story.database.read() as work:
        return work.execute(sqlalchemy.select(tables.leases.c.expires_at)).scalar_one()


def test_a_note_of_a_newer_version_is_passed_over(story):
    leases = Leases(story.database, story.clock, "newer")
    taken = leases.take({"job": timedelta(0)}, timedelta(seconds=1))["job"].lease
    leases.give_back(taken, '{"form": 7}')
    story.clock.sleep(10)
    story.process("a").turn()
    assert story.runs == ["a"]


class _Unreachable:
    def __init__(self) -> None:
        self.asked = 0

    def take(self, due):
        self.asked += 1
        raise errors.CannotTellError("The database does not answer.")

    def hold(self, running, now):
        pass


def test_while_the_database_is_away_shared_jobs_wait_and_it_is_said_once(caplog):
    caplog.set_level(logging.WARNING)
    clock, runs, away = clocks.MovingClock(NOON), [], _Unreachable()
    shared = CountingJob(runs, "shared")
    own = CountingJob(runs, "own", name="own", in_each_process=True)
    engine = Engine(FakeApp(clock), (shared, own), away)
    for _ in range(5):
        engine.turn()
        clock.sleep(10)
    assert (runs, away.asked) == (["own"] * 5, 5)
    assert [record.getMessage() for record in caplog.records] == ["the jobs wait: The database does not answer."]
