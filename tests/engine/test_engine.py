"""The engine: what is due, what goes wrong, what hangs; on a clock that the story moves."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from fakes import NOON

from accelerapp.base import clock as clocks
from accelerapp.base import errors
from accelerapp.engine import service
from accelerapp.engine.model import JobState, JobStatus
from accelerapp.engine.runner import Engine


@dataclass
class FakeJob:
    name: str = "job"
    period: timedelta = timedelta(seconds=10)
    in_each_process: bool = False
    do: Callable[[], None] = lambda: None
    runs: list[datetime] = field(default_factory=list)

    def run(self, now: datetime) -> None:
        self.runs.append(now)
        self.do()


@dataclass
class FakeApp:
    clock: clocks.Clock


def engine(*jobs: FakeJob, clock: clocks.Clock | None = None) -> Engine:
    return Engine(FakeApp(clock or clocks.MovingClock(NOON)), jobs)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not come about within 30 s"
        time.sleep(0.01)


def raising(error: Exception) -> Callable[[], None]:
    def do() -> None:
        raise error

    return do


# -- what is due -------------------------------------------------------------------------------------------------------

FRESH = JobStatus("job", 10)


@pytest.mark.parametrize(
    ("status", "is_due"),
    [
        (FRESH, True),
        (replace(FRESH, last_start=NOON - timedelta(seconds=9)), False),
        (replace(FRESH, last_start=NOON - timedelta(seconds=10)), True),
        (replace(FRESH, last_start=NOON - timedelta(days=9), running_since=NOON - timedelta(days=9)), False),
        (replace(FRESH, last_start=NOON + timedelta(hours=1)), True),  # the clock was set back
    ],
)
def test_a_job_is_due_after_its_period_unless_it_runs(status, is_due):
    job = FakeJob()
    assert (service.due([job], {"job": status}, NOON) == [job]) is is_due


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (FRESH, JobState.WAITING),
        (replace(FRESH, running_since=NOON - timedelta(seconds=60)), JobState.WAITING),
        (replace(FRESH, running_since=NOON - timedelta(seconds=61)), JobState.HANGING),
        (replace(FRESH, period_seconds=3600, running_since=NOON - timedelta(hours=1)), JobState.WAITING),
        (replace(FRESH, last_success=NOON), JobState.FINE),
        (replace(FRESH, last_success=NOON, failures_in_a_row=1), JobState.FAILING),
    ],
)
def test_the_state_of_a_job_says_when_it_fails_or_hangs(status, state):
    assert service.judged(status, NOON).state is state


# -- turns of a moving clock -------------------------------------------------------------------------------------------


def test_a_day_passes_and_each_job_runs_after_each_of_its_periods():
    clock = clocks.MovingClock(NOON)
    often, seldom = FakeJob("often"), FakeJob("seldom", timedelta(hours=1))
    runner = engine(often, seldom, clock=clock)
    for _ in range(24 * 360):
        runner.turn()
        clock.sleep(10)
    assert (len(often.runs), len(seldom.runs)) == (24 * 360, 24)


def test_a_job_that_raises_is_counted_and_runs_again(caplog):
    clock = clocks.MovingClock(NOON)
    job, other = FakeJob(do=raising(errors.CannotTellError("nobody answers"))), FakeJob("other")
    runner = engine(job, other, clock=clock)
    for _ in range(3):
        runner.turn()
        clock.sleep(10)
    (status, fine) = runner.status()
    assert (status.runs, status.failures, status.failures_in_a_row, status.last_success) == (3, 3, 3, None)
    assert (status.state, status.last_error, status.running_since) == (JobState.FAILING, "nobody answers", None)
    assert (fine.state, fine.failures) == (JobState.FINE, 0)
    assert [record.getMessage() for record in caplog.records] == ["job failed: nobody answers"]  # once, not three times


def test_a_job_that_recovers_is_fine_again_and_says_so(caplog):
    caplog.set_level(logging.INFO, "accelerapp.engine")
    clock = clocks.MovingClock(NOON)
    job = FakeJob(do=raising(ValueError("odd")))
    runner = engine(job, clock=clock)
    runner.turn()
    job.do = lambda: None
    clock.sleep(10)
    runner.turn()
    (status,) = runner.status()
    assert (status.state, status.failures, status.failures_in_a_row) == (JobState.FINE, 1, 0)
    assert status.last_error == "ValueError: odd"
    assert status.last_success == NOON + timedelta(seconds=10)
    assert [record.getMessage() for record in caplog.records] == [
        "job failed: ValueError: odd",
        "job works again after 1 failures",
    ]


# -- threads -----------------------------------------------------------------------------------------------------------


def test_a_job_that_hangs_shows_and_the_others_go_on():
    gate, clock = threading.Event(), clocks.MovingClock(NOON)
    hangs, works = FakeJob("hangs", do=lambda: gate.wait(60) and None), FakeJob("works")
    runner = engine(hangs, works, clock=clock)
    runner.start()
    wait_for(lambda: bool(hangs.runs) and runner.status()[1].state is JobState.FINE)
    for turn in range(2, 5):
        clock.sleep(60)
        wait_for(lambda turn=turn: len(works.runs) >= turn)
    assert runner.status()[0].state is JobState.HANGING
    assert len(hangs.runs) == 1
    assert runner.stop(grace=0.1) is False
    gate.set()
    assert runner.stop() is True


def test_after_the_stop_nothing_more_is_started():
    clock, job = clocks.MovingClock(NOON), FakeJob()
    runner = engine(job, clock=clock)
    runner.start()
    runner.start()
    wait_for(lambda: runner.status()[0].runs == 1 and runner.status()[0].running_since is None)
    assert runner.stop() is True
    clock.sleep(3600)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("engine")] == []
    assert len(job.runs) == 1


def test_an_engine_that_was_never_started_can_be_stopped():
    assert engine(FakeJob()).stop() is True
