"""Runs the jobs: a thread that looks what is due, and a thread for each run.

A run that raises is counted and logged, and the job is due again after its period. A run that hangs keeps its own
thread and is shown as hanging; the other jobs go on. All threads are daemons: none holds up the end of the process.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from accelerapp.base import errors
from accelerapp.engine import jobs as family
from accelerapp.engine import service
from accelerapp.engine.jobs.interface import Job
from accelerapp.engine.model import JobStatus

if TYPE_CHECKING:
    from accelerapp.app import App

_LOG = logging.getLogger("accelerapp.engine")
_LOOK_SECONDS = 0.5


class Engine:
    """The jobs of one process. `start` once; `status` at any time; `stop` before what the jobs use is closed."""

    def __init__(self, app: App, jobs: Sequence[Job] | None = None) -> None:
        self._clock = app.clock
        self._jobs = family.of_app(app) if jobs is None else tuple(jobs)
        self._lock = threading.Lock()
        self._statuses = {job.name: service.new(job) for job in self._jobs}
        self._runs: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._looker: threading.Thread | None = None

    def start(self) -> None:
        """Begin; every job is due at once. A second call does nothing."""
        if self._looker is None:
            self._looker = threading.Thread(target=self._look, name="engine", daemon=True)
            self._looker.start()

    def stop(self, grace: float = 5.0) -> bool:
        """Start nothing more and wait for what runs, at most `grace` seconds. False: something still runs."""
        self._stopping.set()
        deadline = time.monotonic() + grace
        if self._looker is not None:
            self._looker.join(grace)
        for thread in self._runs:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._runs)

    def status(self) -> list[JobStatus]:
        """Every job as of now, in the order of the jobs."""
        now = self._clock.now()
        with self._lock:
            return [service.judged(self._statuses[job.name], now) for job in self._jobs]

    def turn(self) -> int:
        """Run what is due now, here, one after the other: how many that were. For stories with a moving clock."""
        jobs = self._claim()
        for job in jobs:
            self._run(job)
        return len(jobs)

    def _look(self) -> None:
        while not self._stopping.is_set():
            self._runs = [thread for thread in self._runs if thread.is_alive()]
            for job in self._claim():
                thread = threading.Thread(target=self._run, args=(job,), name=f"engine {job.name}", daemon=True)
                self._runs.append(thread)
                thread.start()
            self._stopping.wait(_LOOK_SECONDS)

    def _claim(self) -> list[Job]:
        """What is due, marked as running."""
        now = self._clock.now()
        with self._lock:
            due = service.due(self._jobs, self._statuses, now)
            for job in due:
                self._statuses[job.name] = service.started(self._statuses[job.name], now)
        return due

    def _run(self, job: Job) -> None:
        begun = time.monotonic()
        try:
            job.run(self._clock.now())
        except Exception as error:  # whatever a job raises, the engine goes on: it is counted, logged and shown
            self._note_failure(job, error, time.monotonic() - begun)
        else:
            self._note_success(job, time.monotonic() - begun)

    def _note_success(self, job: Job, seconds: float) -> None:
        before = self._change(job, lambda status: service.succeeded(status, self._clock.now(), seconds))
        if before.failures_in_a_row:
            _LOG.info("%s works again after %d failures", job.name, before.failures_in_a_row)

    def _note_failure(self, job: Job, error: Exception, seconds: float) -> None:
        expected = isinstance(error, errors.AccelerappError)
        sentence = error.message if isinstance(error, errors.AccelerappError) else f"{type(error).__name__}: {error}"
        before = self._change(job, lambda status: service.failed(status, sentence, seconds))
        if (
            not before.failures_in_a_row or before.last_error != sentence
        ):  # the same line every few seconds helps nobody
            _LOG.warning("%s failed: %s", job.name, sentence, exc_info=None if expected else error)

    def _change(self, job: Job, change: Callable[[JobStatus], JobStatus]) -> JobStatus:
        """Change the status of a job; what it was before."""
        with self._lock:
            before = self._statuses[job.name]
            self._statuses[job.name] = change(before)
        return before


__all__ = ["Engine"]
