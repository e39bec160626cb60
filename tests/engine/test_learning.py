"""The job that learns what is usual, on a whole product: a real database, a real log file, a clock that moves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import fakes
import pytest
import sqlalchemy
from story import SHOP, settings_of

from accelerapp.app import App
from accelerapp.base import clock as clocks
from accelerapp.base import errors
from accelerapp.engine.jobs.learn_logs import LearnLogs
from accelerapp.engine.runner import Engine
from accelerapp.logs.store_sql import SqlBaselines

FIVE = timedelta(minutes=5)


@pytest.fixture
def clock():
    return clocks.MovingClock(fakes.NOON)


@pytest.fixture
def app(tmp_path, clock):
    log = tmp_path / "shop.log"
    log.touch()
    made = App(settings_of(tmp_path, SHOP.replace('owner = "team"', f'logs = ["{log}"]')), clock)
    made.__dict__["local_platform"] = fakes.FakePlatform()
    yield made
    made.database.engine.dispose()


def write(app: App, level: str, message: str) -> None:
    """A line of now."""
    with Path(app.services[0].logs[0]).open("a") as log:
        log.write(f"{app.clock.now().isoformat()} {level} {message}\n")


def live(app: App, hours: int) -> None:
    """So many hours with the job and a line every minute."""
    engine = Engine(app, (LearnLogs(app, fakes.SHOP),))
    for minute in range(60 * hours):
        write(app, "INFO", f"GET /books/{minute} served")
        engine.turn()
        app.clock.sleep(60)
    assert not [status.last_error for status in engine.status() if status.failures]


def known(app: App):
    with app.database.read() as work:
        return SqlBaselines(work).get(fakes.SHOP)


def test_a_day_is_learned_and_what_is_new_then_is_told(app):
    live(app, 26)
    assert [count.total for count in known(app).hours.values()][-24:] == [60] * 24
    for number in range(6):
        write(app, "ERROR", f"disk {number} is full")
    told = app.review_logs("shop", timedelta(minutes=30), app.clock.now())
    (new,) = [one for one in told.anomalies if one.kind == "new_pattern"]
    assert new.description.endswith("never in the 25 hours known before: disk <*> is full")
    assert not [note for note in told.notes if "baseline" in note]


def test_before_that_the_review_says_how_much_is_learned(app):
    live(app, 3)
    notes = app.review_logs("shop", timedelta(minutes=30), app.clock.now()).notes
    assert [note for note in notes if note.startswith("No baseline yet: 2 whole hours before this window learned, 24")]


def test_a_log_that_cannot_be_read_leaves_the_hour_open(app, clock):
    job = LearnLogs(app, fakes.SHOP)
    job.run(clock.now())
    clock.move(timedelta(minutes=1))
    Path(app.services[0].logs[0]).unlink()
    clock.move(timedelta(minutes=64))
    with pytest.raises(errors.CannotTellError, match="there is no such file"):
        job.run(clock.now())
    assert fakes.NOON.timestamp() // 3600 not in known(app).hours


def test_a_review_makes_no_database(app, tmp_path):
    app.review_logs("shop", FIVE, app.clock.now())
    assert not (app.settings.data.folder / "accelerapp.db").exists()
    app.database.engine.dispose()


def test_a_baseline_that_cannot_be_read_is_said_and_the_review_still_comes(app):
    with app.database.write() as work:
        work.execute(sqlalchemy.text("DROP TABLE log_baselines"))
    write(app, "ERROR", "disk 1 is full")
    told = app.review_logs("shop", FIVE, app.clock.now())
    assert told.record_count == 1
    (note,) = [note for note in told.notes if "baseline" in note]
    assert note.startswith("The baseline cannot be read: ")


def test_log_files_are_read_when_the_platform_cannot_tell_and_that_is_said(app):
    app.local_platform.unreachable = True
    write(app, "ERROR", "disk 1 is full")
    told = app.review_logs("shop", FIVE, app.clock.now())
    assert told.record_count == 1
    assert [(one.source, one.reason[:30]) for one in told.unread] == [
        ("the replicas of shop", "the supervisor does not run. S")
    ]
