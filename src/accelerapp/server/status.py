"""`/health` of the product itself: is it alive, can it do its work? No secrets, no sign-in."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from accelerapp import __version__
from accelerapp.app import App
from accelerapp.engine.model import JobState, JobStatus
from accelerapp.engine.runner import Engine
from accelerapp.storage import engine as storage


@dataclass(frozen=True)
class JobHealth:
    """One job of the engine."""

    name: str
    state: str
    last_success_at: datetime | None
    failures: int


@dataclass(frozen=True)
class ProductHealth:
    """The product's own health: `ok`, `degraded` (a job fails) or `unavailable` (no database)."""

    status: str
    version: str
    at: datetime
    database: str
    """`ok` or `unreachable`."""
    database_ms: float
    supervisor: str
    """`running`, `not running`, or `not used`."""
    jobs: tuple[JobHealth, ...]


def look(app: App, engine: Engine) -> ProductHealth:
    """Look now. The database is asked; the rest is known."""
    start = time.monotonic()
    alive = storage.ping(app.database.engine)
    took = round((time.monotonic() - start) * 1000, 2)
    jobs = engine.status()
    supervisor = "not used"
    if any(service.platform == "local" for service in app.services):
        supervisor = "running" if app.local_platform.is_running() else "not running"
    hurt = supervisor == "not running" or any(_is_hurt(job) for job in jobs)
    return ProductHealth(
        status="unavailable" if not alive else "degraded" if hurt else "ok",
        version=__version__,
        at=app.clock.now(),
        database="ok" if alive else "unreachable",
        database_ms=took,
        supervisor=supervisor,
        jobs=tuple(JobHealth(job.name, str(job.state), job.last_success, job.failures_in_a_row) for job in jobs),
    )


def _is_hurt(job: JobStatus) -> bool:
    return job.failures_in_a_row > 2 or job.state is JobState.HANGING
