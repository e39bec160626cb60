"""An incident is opened while the database goes away and comes back: once, with everything, or not at all."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
import sqlalchemy
from tests import databases
from tests.fakes import NOON
from tests.incidents.stories import ANN, ROOT, Story
from tests.paging import stories as paging_stories

from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.base.severity import Severity
from accelerapp.cli.incident import until_it_answers
from accelerapp.incidents.model import Wanted
from accelerapp.storage import engine as engines
from accelerapp.storage.unit_of_work import Database


@pytest.mark.parametrize("cut", ["before anything", "before the commit"])
def test_a_restart_of_postgresql_while_it_is_opened_loses_and_doubles_nothing(request, tmp_path, cut):
    clock = MovingClock(NOON)
    with databases.new_postgres(request) as url:
        engine = engines.open_database(tmp_path, url)
        engines.migrate(engine)
        other = sqlalchemy.create_engine(engine.url)
        left = [1]

        def restart():
            """What clients see of it: every connection is gone."""
            with other.connect() as admin:
                everybody = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                admin.execute(sqlalchemy.text(f"{everybody} AND pid <> pg_backend_pid()"))

        @contextmanager
        def work():
            with Database(engine).write() as connection:
                if left and cut == "before anything" and left.pop():
                    restart()
                yield paging_stories.stores_of(connection, clock.now)
                if left and cut == "before the commit" and left.pop():
                    restart()

        left.clear()
        story = Story(work, clock)
        story.describe(paging_stories.book())
        left.append(1)
        told = []

        def opening():
            try:
                return story.incidents.open(Wanted("Nobody can pay", Severity.P1, ("shop",), key="k"), ANN)
            except errors.CannotTellError as error:
                told.append(error.message)
                raise

        one = until_it_answers(opening, wait=lambda seconds: None)
        story.send()
        assert len(told) == 1
        assert "does not answer" in told[0]
        assert [each.id for each in story.incidents.find(ROOT)] == [one.id]
        assert story.told() == ["0:00:00 ann"]
        assert len(story.line(one)) == 2
        other.dispose()
        engine.dispose()


def test_a_database_that_stays_away_is_said_in_the_end():
    waited = []

    def never():
        raise errors.CannotTellError("The database does not answer.")

    with pytest.raises(errors.CannotTellError):
        until_it_answers(never, wait=waited.append)
    assert sum(waited) == 60
