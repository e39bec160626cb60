"""`/health` of the product itself: is it alive, can it do its work? No secrets, no sign-in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accelerapp import __version__
from accelerapp.app import App
from accelerapp.base import side_by_side
from accelerapp.engine.model import JobState, JobStatus
from accelerapp.engine.runner import Engine
from accelerapp.paging.model import Standing
from accelerapp.storage import engine as storage

_TIMEOUT = 3.0
_STANDS_STILL_AFTER = timedelta(minutes=1)
"""The engine looks twice a second what is due: work that waits so long waits for an engine that does not look."""

_CALLS_LATE_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class JobHealth:
    """One job of the engine."""

    name: str
    state: str
    last_success_at: datetime | None
    age_seconds: float | None
    """Since the last success; None before the first."""
    failures: int
    """In a row."""


@dataclass(frozen=True)
class ProductHealth:
    """The product's own health: `ok`, `degraded` (it works, but not all of it) or `unavailable` (it does no work)."""

    status: str
    version: str
    at: datetime
    database: str
    """`ok` or `unreachable`."""
    database_ms: float | None
    """How long it took to answer; None when it did not."""
    supervisor: str
    """`running`, `not running`, `not used`, or `unknown`."""
    engine: str
    """`running` or `standing still`."""
    oldest_due_seconds: float
    """For how long the oldest due work has been waiting; 0 when none waits."""
    jobs: tuple[JobHealth, ...]
    paging: Standing | None = None
    """Can anybody be called, and how old is the oldest call that is due? None: the database does not tell."""


@dataclass(frozen=True)
class Readiness:
    """May requests be sent to this process?"""

    ready: bool
    reason: str = ""
    """Why not."""


class Looker:
    """Looks at the product; made when it starts."""

    def __init__(self, app: App, engine: Engine, timeout: float = _TIMEOUT) -> None:
        self._app = app
        self._timeout = timeout
        self._engine = engine
        self._began = app.clock.now()
        self._asker = side_by_side.SideBySide()

    def look(self) -> ProductHealth:
        """Look now, for a few seconds at most: a database that hangs is one that is not there."""
        questions: dict[str, Callable[[], object]] = {
            "database": self._database,
            "supervisor": self._supervisor,
            "paging": self._app.pager.standing,
        }
        answers = self._asker.ask(questions, self._timeout)
        database, supervisor, paging = answers["database"], answers["supervisor"], answers["paging"]
        is_there = isinstance(database, side_by_side.Answered) and database.value == "ok"
        return judge(
            now=self._app.clock.now(),
            began=self._began,
            jobs=self._engine.status(),
            database_seconds=database.seconds if is_there else None,
            supervisor=str(supervisor.value) if isinstance(supervisor, side_by_side.Answered) else "unknown",
            paging=_standing(paging),
        )

    def ready(self, is_stopping: bool) -> Readiness:
        """Ready: it is not about to stop, and its database answers within a few seconds."""
        if is_stopping:
            return Readiness(False, "It is about to stop.")
        answer = self._asker.ask({"database": self._database}, self._timeout)["database"]
        if isinstance(answer, side_by_side.Answered) and answer.value == "ok":
            return Readiness(True)
        return Readiness(False, "The database does not answer.")

    def _database(self) -> str:
        return "ok" if storage.ping(self._app.database.engine) else "unreachable"

    def _supervisor(self) -> str:
        if not any(service.platform == "local" for service in self._app.services):
            return "not used"
        return "running" if self._app.local_platform.is_running() else "not running"


def judge(
    *,
    now: datetime,
    began: datetime,
    jobs: Sequence[JobStatus],
    database_seconds: float | None,
    supervisor: str,
    paging: Standing | None = None,
) -> ProductHealth:
    """What the findings mean; `database_seconds` is None when it does not answer. Pure."""
    waited = oldest_due(jobs, began, now)
    stands_still = waited > _STANDS_STILL_AFTER
    calls_late = paging is not None and paging.oldest_due_seconds > _CALLS_LATE_AFTER.total_seconds()
    hurt = calls_late or supervisor not in ("running", "not used") or any(_is_hurt(job) for job in jobs)
    return ProductHealth(
        status="unavailable" if database_seconds is None or stands_still else "degraded" if hurt else "ok",
        version=__version__,
        at=now,
        database="unreachable" if database_seconds is None else "ok",
        database_ms=None if database_seconds is None else round(database_seconds * 1000, 2),
        supervisor=supervisor,
        engine="standing still" if stands_still else "running",
        oldest_due_seconds=round(waited.total_seconds(), 1),
        jobs=tuple(_shown(job, now) for job in jobs),
        paging=paging,
    )


def _standing(answer: object) -> Standing | None:
    known = answer.value if isinstance(answer, side_by_side.Answered) else None
    return known if isinstance(known, Standing) else None


def oldest_due(jobs: Sequence[JobStatus], began: datetime, now: datetime) -> timedelta:
    """How long the oldest due job has been waiting to be started; nothing while all run in time."""
    waits = [
        now - (job.last_start + timedelta(seconds=job.period_seconds) if job.last_start else began)
        for job in jobs
        if job.running_since is None
    ]
    return max([timedelta(0), *waits])


def _shown(job: JobStatus, now: datetime) -> JobHealth:
    age = round((now - job.last_success).total_seconds(), 1) if job.last_success else None
    return JobHealth(job.name, str(job.state), job.last_success, age, job.failures_in_a_row)


def _is_hurt(job: JobStatus) -> bool:
    return job.failures_in_a_row > 2 or job.state is JobState.HANGING
