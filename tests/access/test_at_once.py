"""Several at once, on real databases: one link, one last administrator, no guess more than is free."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests import databases

from accelerapp.access import passwords, service
from accelerapp.access.model import Role
from accelerapp.access.store import AccessStore
from accelerapp.access.store_sql import SqlAccessStore
from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.flows.signing_in import Access

GOOD = "a long password"


class CountingPasswords:
    """Quick, and counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def verify(self, hash: str | None, password: str) -> bool:
        self.asked.append(password)
        return hash == f"hash of {password}"


@pytest.fixture
def counted() -> CountingPasswords:
    return CountingPasswords()


@pytest.fixture(params=databases.KINDS)
def access(request: pytest.FixtureRequest, tmp_path: Path, counted: CountingPasswords) -> Iterator[Access]:
    with databases.opened(request, request.param, tmp_path) as database:

        @contextmanager
        def reading() -> Iterator[AccessStore]:
            with database.read() as work:
                yield SqlAccessStore(work)

        @contextmanager
        def writing() -> Iterator[AccessStore]:
            with database.write() as work:
                yield SqlAccessStore(work)

        clock = MovingClock(datetime(2026, 3, 2, 12, tzinfo=UTC))
        yield Access(reading, writing, counted, passwords.digest, clock, timedelta(hours=1))


def at_once(*acts: Callable[[], object]) -> list[str]:
    """What became of each: "done", or the name of the error."""
    outcomes: list[str] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        start.wait(30)
        try:
            act()
        except errors.AccelerappError as error:
            outcomes.append(type(error).__name__)
        else:
            outcomes.append("done")

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(outcomes)


def test_of_two_who_use_the_link_one_wins(access: Access) -> None:
    link = access.new_setup_link()
    outcomes = at_once(lambda: access.set_up(link, "ada", GOOD), lambda: access.set_up(link, "eve", GOOD))
    assert outcomes == ["WrongUseError", "done"]
    assert len(access.accounts()) == 1


def test_of_links_made_at_once_one_is_good(access: Access) -> None:
    links: list[str] = []
    at_once(*[lambda: links.append(access.new_setup_link())] * 4)
    outcomes = at_once(*[lambda link=link: access.set_up(link, f"ada{links.index(link)}", GOOD) for link in links])
    assert outcomes.count("done") == 1
    assert len(access.accounts()) == 1


def test_two_administrators_who_demote_each_other_do_not_leave_none(access: Access) -> None:
    access.add_account("ada", GOOD, Role.ADMIN)
    access.add_account("ben", GOOD, Role.ADMIN)
    outcomes = at_once(lambda: access.set_role("ada", Role.VIEWER), lambda: access.set_disabled("ben", True))
    assert outcomes == ["WrongUseError", "done"]
    assert access.has_administrator()


def test_a_name_is_given_once(access: Access) -> None:
    outcomes = at_once(*[lambda: access.add_account("ada", GOOD, Role.VIEWER)] * 4)
    assert outcomes == ["WrongUseError"] * 3 + ["done"]


def test_guesses_made_at_once_are_counted_one_by_one(access: Access, counted: CountingPasswords) -> None:
    access.add_account("ada", GOOD, Role.ADMIN)
    outcomes = at_once(*[lambda: access.sign_in("ada", "wrong password", "10.0.0.1")] * 12)
    assert outcomes == ["NotSignedInError"] * 5 + ["TooManyTriesError"] * 7
    assert len(counted.asked) == 5


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, "", "ada\n"])
def test_a_name_that_nobody_can_have_is_a_wrong_one(access: Access, name: str) -> None:
    with pytest.raises(service.NotSignedInError):
        access.sign_in(name, GOOD, "10.0.0.1")
    with pytest.raises(errors.NotFoundError):
        access.set_role(name, Role.VIEWER)
    with pytest.raises(errors.NotFoundError):
        access.remove_token(name)


def test_a_token_of_a_token_with_a_long_name_is_kept(access: Access) -> None:
    assert access.add_token("ci", Role.VIEWER, "token " + "x" * 100).token in access.tokens()
