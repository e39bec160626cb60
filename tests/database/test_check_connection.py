"""`from accelerapp.database import check_connection`, as a script uses it."""

from __future__ import annotations

import socket
import subprocess
import sys

import databases
import pytest

from accelerapp.base import errors
from accelerapp.base.settings.model import SQLITE_FILE
from accelerapp.database import check_connection
from accelerapp.storage import engine as engines


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty working folder and no settings in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("ACCELERAPP_CONFIG", raising=False)
    return tmp_path


def test_a_database_that_is_not_there_does_not_answer_and_is_not_made(here):
    assert check_connection() is False
    assert list(here.iterdir()) == []


def test_the_built_in_database_answers(here):
    engines.migrate(engines.open_database(here / ".accelerapp"))
    assert check_connection() is True


def test_it_answers_while_somebody_writes(here):
    engine = engines.open_database(here / ".accelerapp")
    engines.migrate(engine)
    with engine.begin():
        assert check_connection() is True


@pytest.mark.parametrize("content", [b"", b"this is not a database, however long it is. " * 100])
def test_a_file_that_is_no_database_does_not_answer(here, content):
    (here / ".accelerapp").mkdir()
    (here / ".accelerapp" / SQLITE_FILE).write_bytes(content)
    assert check_connection() is (content == b"")  # an empty file is an empty database


def test_a_postgres_answers_by_its_address_and_by_the_environment(request, monkeypatch):
    with databases.new_postgres(request) as url:
        assert check_connection(url) is True
        monkeypatch.setenv("DATABASE_URL", url)
        assert check_connection() is True
    assert check_connection() is False


def test_one_that_refuses_and_one_that_stays_silent_do_not_answer():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert check_connection(f"postgresql://x@127.0.0.1:{port}/x", timeout=0.2) is False
    assert check_connection(f"postgresql://x@127.0.0.1:{port}/x") is False


@pytest.mark.parametrize(("url", "timeout"), [("mysql://x", 5), ("", 5), (None, 0), (None, -1), (None, float("nan"))])
def test_wrong_use_is_an_error(url, timeout):
    with pytest.raises(errors.WrongUseError):
        check_connection(url, timeout)


def test_wrong_settings_are_an_error(here):
    (here / "accelerapp.toml").write_text("[data]\nfodler = 'x'\n")
    with pytest.raises(errors.InvalidInputError, match=r"data\.fodler"):
        check_connection()


def test_the_manuals_line_works_as_it_stands():
    line = (
        "from accelerapp.database import check_connection\nprint('Database:', 'OK' if check_connection() else 'FAIL')"
    )
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("Database: FAIL\n", "")
