"""Which process does a job that is due: this one, or another that works on the same database.

A job under a lease is done by one process at a time; what each run came to is left as the lease's note, so that every
process shows the same. A run that hangs is no longer held: another process takes the job over, and what the one that
hangs would write later is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from accelerapp.base import jsons
from accelerapp.engine import service
from accelerapp.engine.jobs.interface import Job
from accelerapp.engine.model import JobStatus

if TYPE_CHECKING:
    from accelerapp.storage.fencing import Lease
    from accelerapp.storage.leases import Leases, Standing

LEASE = timedelta(seconds=15)
"""How long the work of a process that died waits for another."""
_RENEWED = 3
"""Times within its length."""
_WAIT_AT_LEAST = timedelta(seconds=1)


@dataclass(frozen=True)
class Turn:
    """What came of asking for a job."""

    job: Job
    is_ours: bool
    lease: Lease | None = None
    heard: JobStatus | None = None
    """What the process that ran it last left."""
    age: timedelta | None = None
    """How long ago it was last started, by anybody."""
    wait: timedelta = timedelta(0)
    """When to ask again."""


class Sharing(Protocol):
    """How the processes of one database divide the jobs among them."""

    def take(self, due: Sequence[Job]) -> list[Turn]:
        """Ask for what is due. Raises CannotTellError when that cannot be found out."""
        ...

    def hold(self, running: Mapping[str, tuple[Turn, JobStatus]], now: datetime) -> None:
        """Keep what runs from being taken over, unless it hangs. Raises CannotTellError."""
        ...

    def give_back(self, turn: Turn, status: JobStatus) -> bool:
        """The run has ended. False: another process took the job over meanwhile. Raises CannotTellError."""
        ...


class Alone:
    """There is no other process."""

    def take(self, due: Sequence[Job]) -> list[Turn]:
        """All of it is ours."""
        return [Turn(job, is_ours=True) for job in due]

    def hold(self, running: Mapping[str, tuple[Turn, JobStatus]], now: datetime) -> None:
        """Nobody takes anything."""

    def give_back(self, turn: Turn, status: JobStatus) -> bool:
        """Nobody waits for it."""
        return True


class Leased:
    """Several processes on one database; `length` is how long the work of one that died waits for another."""

    def __init__(self, leases: Leases, length: timedelta = LEASE) -> None:
        self._leases = leases
        self._length = length
        self._renewed_at: datetime | None = None

    def take(self, due: Sequence[Job]) -> list[Turn]:
        """Those that no other process runs, and that none started less than their period ago."""
        standings = self._leases.take({job.name: job.period for job in due}, self._length)
        return [_turn(job, standings[job.name]) for job in due]

    def hold(self, running: Mapping[str, tuple[Turn, JobStatus]], now: datetime) -> None:
        """Every few seconds, for what runs and does not hang."""
        if self._renewed_at is not None and timedelta(0) <= now - self._renewed_at < self._length / _RENEWED:
            return
        self._renewed_at = now
        self._leases.renew(_held(running.values(), now), self._length)

    def give_back(self, turn: Turn, status: JobStatus) -> bool:
        """Leaves the status for the others."""
        return turn.lease is None or self._leases.give_back(turn.lease, jsons.to_json(status).decode())


def _turn(job: Job, standing: Standing) -> Turn:
    return Turn(
        job,
        standing.is_mine,
        lease=standing.lease,
        heard=_read(standing.lease.note),
        age=standing.age,
        wait=max(standing.wait, _WAIT_AT_LEAST),
    )


def _held(running: Iterable[tuple[Turn, JobStatus]], now: datetime) -> Iterator[Lease]:
    for turn, status in running:
        if turn.lease is not None and not service.is_hanging(status, now):
            yield turn.lease


def _read(note: str) -> JobStatus | None:
    """None before the first run, or when a newer version wrote it in a form unknown here."""
    try:
        found: JobStatus = jsons.from_json(JobStatus, note)
    except ValueError:
        return None
    return found


@contextmanager
def fenced(turn: Turn) -> Iterator[None]:
    """What is written within the block is refused once the job is another's."""
    if turn.lease is None:
        yield
        return
    from accelerapp.storage import fencing

    with fencing.under(turn.lease):
        yield
