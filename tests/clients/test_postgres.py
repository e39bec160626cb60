"""What is asked of a PostgreSQL server: a real one, one that is not there, one that is frozen."""

from __future__ import annotations

import socket
import threading
import time

import databases
import psycopg
import pytest

from accelerapp.base import errors
from accelerapp.clients import postgres


@pytest.fixture
def url(request):
    with databases.new_postgres(request) as made:
        yield made


def test_a_server_tells_its_state(url):
    state = postgres.state(url, 10)
    assert state.version.split(".")[0].isdigit()
    assert state.size_bytes > 1_000_000
    assert 1 <= state.connections <= state.max_connections
    assert (state.in_recovery, state.longest_seconds, state.hidden_queries) == (False, None, 0)
    assert 0 < state.latency_seconds < 10


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+psycopg"])
def test_addresses_of_other_libraries_are_understood(url, scheme):
    assert postgres.answers(scheme + url.removeprefix("postgresql"), 10) is True


def test_the_longest_query_of_others_is_seen(url):
    def sleep() -> None:
        with pytest.raises(psycopg.errors.AdminShutdown), psycopg.connect(url) as connection:
            connection.execute("SELECT pg_sleep(600) /* 'secret' */")

    sleeper = threading.Thread(target=sleep, daemon=True)
    sleeper.start()
    deadline = time.monotonic() + 30
    while (state := postgres.state(url, 10)).longest_seconds is None and time.monotonic() < deadline:
        time.sleep(0.05)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")
    sleeper.join(30)
    assert state.longest_query.startswith("SELECT pg_sleep(600)")


def test_nothing_can_be_written_and_no_statement_runs_for_long(url):
    with (
        pytest.raises(postgres.PostgresUnreachableError, match="cannot execute CREATE TABLE"),
        postgres._connected(url, 10) as connection,
    ):
        connection.execute("CREATE TABLE t (x int)")
    with (
        pytest.raises(postgres.PostgresUnreachableError, match="statement timeout"),
        postgres._connected(url, 0.05) as connection,
    ):
        connection.execute("SELECT pg_sleep(60)")


def test_a_database_that_is_not_there_is_told_with_the_cause(url):
    missing = url.replace("/test_", "/none_")
    with pytest.raises(postgres.PostgresUnreachableError, match="does not exist"):
        postgres.state(missing, 10)
    assert postgres.answers(missing, 10) is False


def test_a_server_that_accepts_and_says_nothing_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(postgres.PostgresUnreachableError, match="timeout"):
            postgres.state(f"postgresql://x@127.0.0.1:{port}/x", 1)
    assert postgres.answers(f"postgresql://x@127.0.0.1:{port}/x", 1) is False


@pytest.mark.parametrize("url", ["", "mysql://u:hunter2@h/d", "postgresql://u:hunter2@h/d?nonsense=1", "/tmp/x.db"])
def test_an_address_of_another_kind_is_wrong_use_and_its_password_stays_unsaid(url):
    with pytest.raises(errors.WrongUseError) as caught:
        postgres.answers(url, 1)
    chain = [str(caught.value), *errors.causes(caught.value)]
    assert "hunter2" not in "".join(chain)
