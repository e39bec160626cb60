"""The procedures of access, as stories on a moving clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests import databases

from accelerapp.access import passwords, service
from accelerapp.access.model import Action, Identity, Role
from accelerapp.access.store import AccessStore, MemoryAccessStore
from accelerapp.access.store_sql import SqlAccessStore
from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.flows.signing_in import Access

GOOD = "a long password"


class PlainPasswords:
    """Quick, for stories; argon2 has tests of its own below."""

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def verify(self, hash: str | None, password: str) -> bool:
        return hash == f"hash of {password}"


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(datetime(2026, 3, 2, 12, tzinfo=UTC))


@pytest.fixture
def access(clock: MovingClock) -> Access:
    store = MemoryAccessStore()

    @contextmanager
    def work() -> Iterator[AccessStore]:
        yield store

    return Access(work, work, PlainPasswords(), passwords.digest, clock, timedelta(hours=12))


def first_administrator(access: Access) -> None:
    access.set_up(access.new_setup_link(), "ada", GOOD)


def test_the_link_makes_the_first_administrator_and_signs_in(access: Access) -> None:
    assert not access.has_administrator()
    signed_in = access.set_up(access.new_setup_link(), "ada", GOOD)
    assert access.has_administrator()
    identity = access.identify_cookie(signed_in.cookie)
    assert identity is not None
    assert (identity.name, identity.role) == ("ada", Role.ADMIN)


def test_a_used_late_or_replaced_link_is_refused(access: Access, clock: MovingClock) -> None:
    old, new = access.new_setup_link(), access.new_setup_link()
    with pytest.raises(service.NotSignedInError, match="used or has expired"):
        access.set_up(old, "ada", GOOD)
    clock.move(timedelta(minutes=61))
    with pytest.raises(service.NotSignedInError):
        access.set_up(new, "ada", GOOD)
    link = access.new_setup_link()
    access.set_up(link, "ada", GOOD)
    with pytest.raises(service.NotSignedInError):
        access.set_up(link, "eve", GOOD)
    with pytest.raises(errors.WrongUseError, match="already"):
        access.new_setup_link()


def test_a_weak_account_is_refused_with_every_reason_and_the_link_stays_good(access: Access) -> None:
    link = access.new_setup_link()
    with pytest.raises(errors.InvalidInputError) as caught:
        access.set_up(link, "a b", "short")
    assert [problem.field for problem in caught.value.problems] == ["name", "password"]
    access.set_up(link, "ada", GOOD)


def test_wrong_sign_ins_are_held_off_longer_and_longer(access: Access, clock: MovingClock) -> None:
    first_administrator(access)
    for _ in range(5):
        with pytest.raises(service.NotSignedInError):
            access.sign_in("ada", "wrong password", "10.0.0.1")
    with pytest.raises(service.TooManyTriesError):
        access.sign_in("ada", GOOD, "10.0.0.1")
    with pytest.raises(service.TooManyTriesError):
        access.sign_in("somebody", GOOD, "10.0.0.1")
    clock.move(timedelta(seconds=2))
    assert access.sign_in("ada", GOOD, "10.0.0.1").session.account == "ada"
    with pytest.raises(service.NotSignedInError):  # the count began anew
        access.sign_in("ada", "wrong password", "10.0.0.1")


def test_the_longest_pause_is_a_quarter_of_an_hour() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    pauses = [service.pause(service.Failures(count, now), now) for count in range(60)]
    assert pauses[:6] == [timedelta(0)] * 5 + [timedelta(seconds=1)]
    assert max(pauses) == timedelta(minutes=15)
    assert pauses == sorted(pauses)


def test_a_session_ends_by_time_sign_out_and_disabling(access: Access, clock: MovingClock) -> None:
    first_administrator(access)
    access.add_account("ben", GOOD, Role.VIEWER)
    one, two = access.sign_in("ben", GOOD, "a"), access.sign_in("ben", GOOD, "b")
    access.sign_out(one.session)
    assert access.identify_cookie(one.cookie) is None
    assert access.identify_cookie(two.cookie) is not None
    access.set_disabled("ben", True)
    assert access.identify_cookie(two.cookie) is None
    with pytest.raises(service.NotSignedInError):
        access.sign_in("ben", GOOD, "c")
    access.set_disabled("ben", False)
    three = access.sign_in("ben", GOOD, "d")
    clock.move(timedelta(hours=12))
    assert access.identify_cookie(three.cookie) is None


def test_a_new_password_ends_every_session(access: Access) -> None:
    first_administrator(access)
    before = access.sign_in("ada", GOOD, "a")
    with pytest.raises(errors.InvalidInputError, match="not your password"):
        access.change_password("ada", "wrong password", "another long one")
    access.change_password("ada", GOOD, "another long one")
    assert access.identify_cookie(before.cookie) is None
    assert access.sign_in("ada", "another long one", "a")


def test_the_last_administrator_stays_one(access: Access) -> None:
    first_administrator(access)
    for change in (lambda: access.set_role("ada", Role.VIEWER), lambda: access.set_disabled("ada", True)):
        with pytest.raises(errors.WrongUseError, match="last administrator"):
            change()
    access.add_account("ben", GOOD, Role.ADMIN)
    assert access.set_role("ada", Role.VIEWER).role is Role.VIEWER


def test_a_taken_name_and_an_unknown_one_are_said(access: Access) -> None:
    first_administrator(access)
    with pytest.raises(errors.WrongUseError, match="already"):
        access.add_account("ada", GOOD, Role.VIEWER)
    with pytest.raises(errors.NotFoundError):
        access.set_role("nobody", Role.VIEWER)


def test_a_key_works_until_it_expires_or_is_revoked(access: Access, clock: MovingClock) -> None:
    made = access.add_token("ci", Role.RESPONDER, "ada", timedelta(days=1))
    assert made.key not in str(access.tokens())
    identity = access.identify_key(made.key)
    assert identity == Identity("token ci", Role.RESPONDER)
    assert access.tokens()[0].last_used_at == clock.now()
    assert access.identify_key(made.key + "x") is None
    clock.move(timedelta(days=1))
    assert access.identify_key(made.key) is None
    for_ever = access.add_token("bot", Role.VIEWER, "ada")
    access.remove_token(for_ever.token.id)
    assert access.identify_key(for_ever.key) is None
    with pytest.raises(errors.NotFoundError):
        access.remove_token(for_ever.token.id)


@pytest.mark.parametrize(
    ("role", "may"),
    [(Role.VIEWER, {Action.READ}), (Role.RESPONDER, {Action.READ, Action.OPERATE}), (Role.ADMIN, set(Action))],
)
def test_each_role_may_what_the_table_says(role: Role, may: set[Action]) -> None:
    assert {action for action in Action if service.allows(role, action)} == may


def test_argon2_knows_its_own_hash_and_nobody_elses() -> None:
    real = passwords.Argon2Passwords()
    hashed = real.hash(GOOD)
    assert real.verify(hashed, GOOD)
    assert not real.verify(hashed, GOOD + "x")
    assert not real.verify(None, "nobody's password")
    assert not real.verify("damaged", GOOD)


@pytest.mark.parametrize("kind", databases.KINDS)
def test_of_two_who_use_the_link_at_once_one_wins(
    request: pytest.FixtureRequest, kind: str, tmp_path: Path, clock: MovingClock
) -> None:
    with databases.opened(request, kind, tmp_path) as database:

        @contextmanager
        def work() -> Iterator[AccessStore]:
            with database.write() as connection:
                yield SqlAccessStore(connection)

        access = Access(work, work, PlainPasswords(), passwords.digest, clock, timedelta(hours=1))
        link = access.new_setup_link()
        outcomes: list[str] = []

        def use(name: str) -> None:
            try:
                access.set_up(link, name, GOOD)
                outcomes.append("made")
            except errors.AccelerappError as error:
                outcomes.append(type(error).__name__)

        threads = [threading.Thread(target=use, args=(name,)) for name in ("ada", "eve")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["NotSignedInError", "made"]
        assert len(access.accounts()) == 1
