"""Runs the jobs: threads that look what is due, and a thread for each run.

A run that raises is counted and logged, and the job is due again after its period. A run that hangs keeps its own
thread and is shown as hanging; the other jobs go on. What is about this process waits for no database: the jobs that
the processes of one database share are looked after by a thread of their own. All threads are daemons: none holds up
the end of the process.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from accelerapp.base import errors
from accelerapp.engine import jobs as family
from accelerapp.engine import service, sharing
from accelerapp.engine.jobs.interface import Job
from accelerapp.engine.model import JobStatus

if TYPE_CHECKING:
    from accelerapp.app import App

_LOG = logging.getLogger("accelerapp.engine")
_LOOK_SECONDS = 0.5
T = TypeVar("T")


@dataclass
class _Side:
    """Jobs that are looked after together."""

    jobs: list[Job]
    sharing: sharing.Sharing
    trouble: str = ""
    """Why it cannot be found out now whose turn it is; said once."""


class Engine:
    """The jobs of one process. `start` once; `status` at any time; `stop` before what the jobs use is closed."""

    def __init__(self, app: App, jobs: Sequence[Job] | None = None, shared: sharing.Sharing | None = None) -> None:
        self._clock = app.clock
        self._jobs = family.of_app(app) if jobs is None else tuple(jobs)
        self._sides = (
            _Side([job for job in self._jobs if job.in_each_process], sharing.Alone()),
            _Side([job for job in self._jobs if not job.in_each_process], shared or sharing.Alone()),
        )
        self._lock = threading.Lock()
        self._statuses = {job.name: service.new(job) for job in self._jobs}
        self._running: dict[str, sharing.Turn] = {}
        self._asked: dict[str, tuple[datetime, datetime]] = {}
        """When another process was found to have a job, and when to ask again."""
        self._runs: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._lookers: list[threading.Thread] = []

    def start(self) -> None:
        """Begin; every job is due at once. A second call does nothing."""
        if not self._lookers:
            self._lookers = [
                threading.Thread(target=self._look, args=(side,), name="engine", daemon=True) for side in self._sides
            ]
            for looker in self._lookers:
                looker.start()

    def stop(self, grace: float = 5.0) -> bool:
        """Start nothing more and wait for what runs, at most `grace` seconds. False: something still runs."""
        self._stopping.set()
        deadline = time.monotonic() + grace
        for thread in (*self._lookers, *self._runs):
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._runs)

    def status(self) -> list[JobStatus]:
        """Every job as of now, in the order of the jobs."""
        now = self._clock.now()
        with self._lock:
            return [service.judged(self._statuses[job.name], now) for job in self._jobs]

    def turn(self) -> int:
        """Run what is due now, here, one after the other: how many that were. For stories with a moving clock."""
        turns = [(side, turn) for side in self._sides for turn in self._claim(side)]
        for side, turn in turns:
            self._run(side, turn)
        return len(turns)

    def _look(self, side: _Side) -> None:
        while not self._stopping.is_set():
            self._hold(side)
            for turn in self._claim(side):
                thread = threading.Thread(
                    target=self._run, args=(side, turn), name=f"engine {turn.job.name}", daemon=True
                )
                with self._lock:
                    self._runs = [thread, *(run for run in self._runs if run.is_alive())]
                    thread.start()
            self._stopping.wait(_LOOK_SECONDS)

    def _claim(self, side: _Side) -> list[sharing.Turn]:
        """What is due and ours, marked as running."""
        due = self._due(side)
        if not due:
            return []
        turns = self._ask(side, lambda: side.sharing.take(due))
        if turns is None:
            return []
        side.trouble = ""
        now = self._clock.now()
        with self._lock:
            for turn in turns:
                self._note(turn, now)
        return [turn for turn in turns if turn.is_ours]

    def _due(self, side: _Side) -> list[Job]:
        """What another process had when we asked last is due when it told us to ask again; the rest by its period."""
        now = self._clock.now()
        with self._lock:
            asked = {job.name: self._asked[job.name] for job in side.jobs if job.name in self._asked}
            ours = service.due([job for job in side.jobs if job.name not in asked], self._statuses, now)
        others = [job for job in side.jobs if job.name in asked and not asked[job.name][0] <= now < asked[job.name][1]]
        return ours + others

    def _note(self, turn: sharing.Turn, now: datetime) -> None:
        name = turn.job.name
        status = service.heard(self._statuses[name], turn.heard, turn.age, now)
        if turn.is_ours:
            self._running[name] = turn
            self._asked.pop(name, None)
            status = service.started(status, now)
        else:
            self._asked[name] = (now, now + turn.wait)
        self._statuses[name] = status

    def _hold(self, side: _Side) -> None:
        with self._lock:
            mine = [job.name for job in side.jobs if job.name in self._running]
            running = {name: (self._running[name], self._statuses[name]) for name in mine}
        self._ask(side, lambda: side.sharing.hold(running, self._clock.now()))

    def _ask(self, side: _Side, ask: Callable[[], T]) -> T | None:
        """What came of it; None, and said once, while it cannot be found out."""
        try:
            answer = ask()
        except Exception as error:  # the engine goes on whatever the database says, and asks again
            sentence = _sentence(error)
            if sentence != side.trouble:
                expected = isinstance(error, errors.AccelerappError)
                _LOG.warning("the jobs wait: %s", sentence, exc_info=None if expected else error)
            side.trouble = sentence
            return None
        return answer

    def _run(self, side: _Side, turn: sharing.Turn) -> None:
        begun, error = time.monotonic(), None
        try:
            with sharing.fenced(turn):
                turn.job.run(self._clock.now())
        except Exception as raised:  # whatever a job raises, the engine goes on: it is counted, logged and shown
            error = raised
        seconds = time.monotonic() - begun
        with self._lock:
            before = self._statuses[turn.job.name]
        if error is None:
            after = service.succeeded(before, self._clock.now(), seconds)
        else:
            after = service.failed(before, _sentence(error), seconds)
        self._ask(side, lambda: side.sharing.give_back(turn, after))  # if it fails the lease expires by itself
        with self._lock:
            self._running.pop(turn.job.name)
            self._statuses[turn.job.name] = after
        _tell(before, after, error)


def _sentence(error: Exception) -> str:
    return error.message if isinstance(error, errors.AccelerappError) else f"{type(error).__name__}: {error}"


def _tell(before: JobStatus, after: JobStatus, error: Exception | None) -> None:
    """In the log; the same line every few seconds helps nobody."""
    if error is None:
        if before.failures_in_a_row:
            _LOG.info("%s works again after %d failures", after.name, before.failures_in_a_row)
    elif not before.failures_in_a_row or before.last_error != after.last_error:
        expected = isinstance(error, errors.AccelerappError)
        _LOG.warning("%s failed: %s", after.name, after.last_error, exc_info=None if expected else error)


__all__ = ["Engine"]
