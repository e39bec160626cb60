"""The database: its schema, two at once, newer, full, gone; the same on SQLite and PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone

import databases
import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from accelerapp.base import errors
from accelerapp.storage import engine as engines
from accelerapp.storage import look, tables
from accelerapp.storage.types import UtcDateTime
from accelerapp.storage.unit_of_work import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LINK = tables.setup_links.insert().values(hash="h", created_at=NOON, expires_at=NOON)


@pytest.fixture(params=databases.KINDS)
def engine(request, tmp_path):
    with databases.new_engine(request, request.param, tmp_path) as made:
        yield made


def count(database: Database) -> int:
    with database.read() as work:
        return work.execute(sqlalchemy.select(sqlalchemy.func.count()).select_from(tables.setup_links)).scalar_one()


def test_migrating_twice_changes_nothing_the_second_time(engine):
    assert engines.schema(engine) is engines.Schema.EMPTY
    engines.migrate(engine)
    with Database(engine).write() as work:
        work.execute(LINK)
    engines.migrate(engine)
    assert engines.schema(engine) is engines.Schema.CURRENT
    assert count(Database(engine)) == 1


def test_the_tables_are_what_the_migrations_make(engine):
    engines.migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_two_processes_migrate_at_once_and_both_succeed(engine, tmp_path):
    url = "" if engine.dialect.name == "sqlite" else engine.url.render_as_string(hide_password=False)
    program = (
        "import sys, pathlib; from accelerapp.storage import engine as e;"
        "e.migrate(e.open_database(pathlib.Path(sys.argv[1]), sys.argv[2]))"
    )
    both = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path), url], stderr=subprocess.PIPE) for _ in "ab"]
    told = [(process.communicate(timeout=60)[1].decode(), process.returncode) for process in both]
    assert told == [("", 0), ("", 0)]
    assert engines.schema(engine) is engines.Schema.CURRENT


def test_a_newer_schema_is_refused_and_left_alone(engine):
    engines.migrate(engine)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = '9999'"))
    assert engines.schema(engine) is engines.Schema.NEWER
    with pytest.raises(engines.DatabaseNewerError, match="schema 9999"):
        engines.migrate(engine)


def test_an_error_within_a_unit_of_work_leaves_nothing_behind(engine):
    engines.migrate(engine)
    database = Database(engine)
    with pytest.raises(RuntimeError), database.write() as work:
        work.execute(LINK)
        raise RuntimeError
    assert count(database) == 0


def test_a_reader_does_not_wait_for_a_writer(engine):
    engines.migrate(engine)
    database, told = Database(engine), []
    with database.write() as work:
        work.execute(LINK)
        reader = threading.Thread(target=lambda: told.append(count(database)), daemon=True)
        reader.start()
        reader.join(30)
        assert told == [0]  # it has answered while the writer still holds its lock, and sees what was before


@pytest.mark.parametrize("writers", [8])
def test_writers_wait_for_one_another_and_lose_nothing(engine, writers):
    engines.migrate(engine)
    database = Database(engine)

    def write(number: int) -> None:
        with database.write() as work:
            known = work.execute(
                sqlalchemy.select(sqlalchemy.func.count()).select_from(tables.setup_links)
            ).scalar_one()
            work.execute(tables.setup_links.insert().values(hash=f"{number} {known}", created_at=NOON, expires_at=NOON))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert count(database) == writers


def test_times_keep_their_moment_and_come_back_in_utc(engine):
    engines.migrate(engine)
    there = datetime(2026, 3, 2, 14, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    database = Database(engine)
    with database.write() as work:
        work.execute(tables.setup_links.insert().values(hash="h", created_at=there, expires_at=NOON))
    with database.read() as work:
        found = work.execute(sqlalchemy.select(tables.setup_links.c.created_at)).scalar_one()
    assert found == there
    assert found.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(engine):
    engines.migrate(engine)
    naive = datetime(2026, 3, 2)  # noqa: DTZ001 - that is the mistake
    with pytest.raises(sqlalchemy.exc.StatementError, match="no time zone"), Database(engine).write() as work:
        work.execute(tables.setup_links.insert().values(hash="h", created_at=naive, expires_at=NOON))
    assert UtcDateTime().process_bind_param(None, engine.dialect) is None


# -- what goes wrong ---------------------------------------------------------------------------------------------------


def test_a_postgres_that_does_not_answer_is_unavailable(tmp_path):
    engine = engines.open_database(tmp_path, "postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
    with pytest.raises(engines.DatabaseUnavailableError, match=r"127\.0\.0\.1/none"):
        engines.migrate(engine)
    assert engines.ping(engine) is False


@pytest.mark.parametrize("url", ["mysql://x/y", "not an address", "://"])
def test_an_address_of_another_kind_is_wrong_use(tmp_path, url):
    with pytest.raises(errors.WrongUseError):
        engines.open_database(tmp_path, url)


def test_a_folder_that_cannot_be_made_is_wrong_use(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.WrongUseError, match="cannot be made"):
        engines.open_database(tmp_path / "file" / "data")


def test_a_full_disk_is_said_and_nothing_is_half_written(tmp_path):
    engine = engines.open_database(tmp_path)
    engines.migrate(engine)
    database = Database(engine)
    with engine.connect().execution_options(reads_only=True) as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    @sqlalchemy.event.listens_for(engine, "checkout")
    def no_more_room(connection, *_):  # SQLite then answers as on a full disk
        connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(engines.DatabaseFullError, match="is full"), database.write() as work:
        for number in range(10_000):
            work.execute(tables.setup_links.insert().values(hash=f"{number:064}", created_at=NOON, expires_at=NOON))
    assert count(database) == 0


def test_looking_at_the_database_makes_nothing(tmp_path):
    assert look.describe(tmp_path / "data", "") == "The built-in database is made at the first start."
    assert not (tmp_path / "data").exists()
    engine = engines.open_database(tmp_path)
    engine.connect().close()
    assert "its schema is made at the first start" in look.describe(tmp_path, "")
    engines.migrate(engine)
    assert "its schema is of this version" in look.describe(tmp_path, "")
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(errors.WrongUseError, match="newer Accelerapp"):
        look.describe(tmp_path, "")
    with pytest.raises(errors.WrongUseError, match="does not answer"):
        look.describe(tmp_path, "postgresql://nobody@127.0.0.1:1/none")
