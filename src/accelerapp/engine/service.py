"""When a job is due, and what its runs say about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from accelerapp.engine.jobs.interface import Job
from accelerapp.engine.model import JobState, JobStatus

_HANGING_PERIODS = 3
_HANGING_AT_LEAST = timedelta(minutes=1)


def new(job: Job) -> JobStatus:
    """A job that has not run."""
    return JobStatus(job.name, job.period.total_seconds())


def due(jobs: Iterable[Job], statuses: Mapping[str, JobStatus], now: datetime) -> list[Job]:
    """The jobs to start now: not running, and a period has passed since the last start.

    A last start in the future means that the clock was set back: the job is due, rather than asleep until then.
    """
    return [job for job in jobs if _is_due(job, statuses[job.name], now)]


def _is_due(job: Job, status: JobStatus, now: datetime) -> bool:
    if status.running_since is not None:
        return False
    return status.last_start is None or now < status.last_start or now - status.last_start >= job.period


def started(status: JobStatus, now: datetime) -> JobStatus:
    """After the start of a run."""
    return replace(status, last_start=now, running_since=now, runs=status.runs + 1)


def succeeded(status: JobStatus, now: datetime, seconds: float) -> JobStatus:
    """After a run that came to its end."""
    return replace(status, last_success=now, running_since=None, failures_in_a_row=0, seconds=seconds)


def failed(status: JobStatus, error: str, seconds: float) -> JobStatus:
    """After a run that raised."""
    return replace(
        status,
        running_since=None,
        failures=status.failures + 1,
        failures_in_a_row=status.failures_in_a_row + 1,
        last_error=error,
        seconds=seconds,
    )


def judged(status: JobStatus, now: datetime) -> JobStatus:
    """With its state as of now."""
    return replace(status, state=_state(status, now))


def heard(status: JobStatus, other: JobStatus | None, age: timedelta | None, now: datetime) -> JobStatus:
    """With what another process left of its last run, and how long ago that began by the database's clock.

    How often it ran and failed stays what it is here: each process counts its own runs.
    """
    if age is not None:
        status = replace(status, last_start=now - age)
    if other is None:
        return status
    return replace(
        status,
        last_success=other.last_success,
        failures_in_a_row=other.failures_in_a_row,
        last_error=other.last_error,
        seconds=other.seconds,
    )


def is_hanging(status: JobStatus, now: datetime) -> bool:
    """Has it been running for far longer than its period?"""
    limit = max(_HANGING_AT_LEAST, timedelta(seconds=status.period_seconds) * _HANGING_PERIODS)
    return status.running_since is not None and now - status.running_since > limit


def _state(status: JobStatus, now: datetime) -> JobState:
    if is_hanging(status, now):
        return JobState.HANGING
    if status.failures_in_a_row:
        return JobState.FAILING
    return JobState.FINE if status.last_success else JobState.WAITING
