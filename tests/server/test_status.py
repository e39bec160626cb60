"""What the product says of its own health."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests import sites

from accelerapp.base import errors
from accelerapp.engine.model import JobState, JobStatus
from accelerapp.engine.runner import Engine
from accelerapp.server import status
from accelerapp.storage import engine as engines
from accelerapp.storage import unit_of_work

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
JOB = JobStatus("prune", 15, NOON, NOON, state=JobState.FINE)


def judged(*jobs: JobStatus, after: timedelta = timedelta(seconds=5), **known: object) -> status.ProductHealth:
    given = {"database_seconds": 0.002, "supervisor": "running", **known}
    return status.judge(now=NOON + after, began=NOON, jobs=jobs, **given)  # type: ignore[arg-type]


def test_all_is_well() -> None:
    fine = judged(JOB)
    assert (fine.status, fine.engine, fine.oldest_due_seconds, fine.database_ms) == ("ok", "running", 0, 2)
    assert fine.jobs[0].age_seconds == 5


def test_without_a_database_it_is_unavailable_and_tells_no_time() -> None:
    down = judged(JOB, database_seconds=None)
    assert (down.status, down.database, down.database_ms) == ("unavailable", "unreachable", None)


def test_work_that_nobody_begins_shows_an_engine_that_stands_still() -> None:
    late = judged(JOB, after=timedelta(seconds=45))
    assert (late.status, late.oldest_due_seconds) == ("ok", 30)
    still = judged(JOB, after=timedelta(minutes=2))
    assert (still.status, still.engine) == ("unavailable", "standing still")
    never = judged(JobStatus("prune", 3600), after=timedelta(minutes=2))
    assert (never.engine, never.oldest_due_seconds) == ("standing still", 120)


def test_work_that_runs_or_a_clock_that_was_set_back_is_no_work_that_waits() -> None:
    assert judged(replace(JOB, running_since=NOON), after=timedelta(minutes=5)).oldest_due_seconds == 0
    assert judged(JOB, after=timedelta(hours=-5)).engine == "running"


def test_a_job_that_fails_again_and_again_or_hangs_degrades() -> None:
    assert judged(replace(JOB, failures_in_a_row=2)).status == "ok"
    assert judged(replace(JOB, failures_in_a_row=3)).status == "degraded"
    assert judged(replace(JOB, running_since=NOON, state=JobState.HANGING)).status == "degraded"
    for supervisor in ("not running", "unknown"):
        assert judged(JOB, supervisor=supervisor).status == "degraded"
    assert judged(JOB, supervisor="not used").status == "ok"


def test_a_database_that_hangs_is_one_that_does_not_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and says nothing
        app = sites.product(tmp_path)
        url = f"postgresql://a@127.0.0.1:{silent.getsockname()[1]}/b"
        app.__dict__["database"] = unit_of_work.Database(engines.open_database(tmp_path, url))
        found = status.Looker(app, Engine(app, ()), timeout=0.3).look()
        assert (found.status, found.database, found.supervisor) == ("unavailable", "unreachable", "running")


def test_a_supervisor_that_cannot_be_asked_is_unknown(tmp_path: Path) -> None:
    app = sites.product(tmp_path)

    def cannot() -> bool:
        raise errors.CannotTellError("The disk does not answer.")

    app.local_platform.is_running = cannot  # type: ignore[method-assign]
    found = status.Looker(app, Engine(app, ())).look()
    assert (found.supervisor, found.status) == ("unknown", "degraded")
