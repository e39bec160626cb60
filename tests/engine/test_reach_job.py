"""The job of test pages in the whole product: begun in its hour, off when the settings say so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fakes import FakePlatform
from story import SHOP, StoryApp, settings_of
from tests.paging import stories

from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.engine import jobs
from accelerapp.engine.jobs.paging import ProveReach
from accelerapp.engine.runner import Engine

TUESDAY = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


def test_the_engine_begins_the_weekly_tests_and_wakes_the_sender(tmp_path):
    app = StoryApp(settings_of(tmp_path), FakePlatform(), MovingClock(TUESDAY))
    stories.Story(app.pager.writing, app.clock).describe(stories.book())
    woken = []
    app.when_outgoing(lambda: woken.append(1))
    engine = Engine(app, [ProveReach(app)])
    for _ in range(3):
        engine.turn()
        app.clock.sleep(60)
    assert [each.person for each in app.proving.rounds()[0].people] == ["ann", "ben", "cat"]
    assert len(woken) == 1
    assert app.pager.standing().open == 0
    app.database.engine.dispose()


@pytest.mark.parametrize(
    ("written", "is_there"), [("", True), ('test_at = ""', False), ('test_at = "Friday 09:30"', True)]
)
def test_it_is_on_unless_the_settings_turn_it_off(tmp_path, written, is_there):
    app = StoryApp(settings_of(tmp_path, f"[paging]\n{written}\n{SHOP}"), FakePlatform())
    assert any(each.name == "prove_reach" for each in jobs.of_app(app)) is is_there


@pytest.mark.parametrize("written", ["Tuesday", "tuesday 11:00", "Tuesday 24:00", "Tuesday 11:00:00", "11:00"])
def test_a_time_of_the_week_that_is_none_is_refused_by_name(tmp_path, written):
    with pytest.raises(errors.InvalidInputError, match=r"paging\.test_at"):
        settings_of(tmp_path, f'[paging]\ntest_at = "{written}"\n')
