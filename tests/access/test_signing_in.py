"""The procedures of access, as stories on a moving clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from accelerapp.access import passwords, service
from accelerapp.access.model import Action, Identity, Role
from accelerapp.access.store import AccessStore, MemoryAccessStore
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
    with pytest.raises(service.NotSignedInError, match="replaced or has expired"):
        access.set_up(old, "ada", GOOD)
    clock.move(timedelta(minutes=61))
    with pytest.raises(service.NotSignedInError):
        access.set_up(new, "ada", GOOD)
    link = access.new_setup_link()
    access.set_up(link, "ada", GOOD)
    with pytest.raises(errors.WrongUseError, match="works once, and there is an administrator already"):
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


def test_who_may_sign_in_does_not_wipe_away_the_failures_of_an_address(access: Access, clock: MovingClock) -> None:
    first_administrator(access)
    access.add_account("eve", GOOD, Role.VIEWER)
    for name in ("a", "b", "c", "d"):
        with pytest.raises(service.NotSignedInError):
            access.sign_in(name, "wrong password", "10.0.0.1")
    access.sign_in("eve", GOOD, "10.0.0.1")
    with pytest.raises(service.NotSignedInError):
        access.sign_in("ada", "wrong password", "10.0.0.1")
    with pytest.raises(service.TooManyTriesError):
        access.sign_in("ada", "wrong password", "10.0.0.1")
    clock.move(service.FAILURES_KEPT)
    assert access.sign_in("ada", GOOD, "10.0.0.1")


def test_addresses_of_one_ipv6_network_count_as_one() -> None:
    one, two = service.subjects("ada", "2001:db8::1"), service.subjects("ada", "2001:db8::ffff:2")
    assert one == two == ("address:2001:db8::/64", "name:ada")
    assert service.subjects("ada", "10.0.0.1")[0] != service.subjects("ada", "10.0.0.2")[0]
    assert service.subjects("no\0name", "testclient") == ("address:testclient",)


def test_a_clock_that_was_set_back_closes_sign_in_no_longer_than_otherwise() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    assert service.pause(service.Failures(6, now + timedelta(hours=5)), now) == timedelta(seconds=2)


def test_failures_of_long_ago_are_forgotten(access: Access, clock: MovingClock) -> None:
    first_administrator(access)
    with pytest.raises(service.NotSignedInError):
        access.sign_in("nobody", "wrong password", "10.0.0.1")
    assert access.remove_expired() == 0
    clock.move(service.FAILURES_KEPT + timedelta(seconds=1))
    assert access.remove_expired() == 2


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


def test_a_password_that_changes_while_the_old_one_is_checked_lets_nobody_in(access: Access) -> None:
    first_administrator(access)

    class Meanwhile(PlainPasswords):
        def verify(self, hash: str | None, password: str) -> bool:
            access.set_password("ada", "another long one")
            return super().verify(hash, password)

    with pytest.raises(service.NotSignedInError):
        replace(access, passwords=Meanwhile()).sign_in("ada", GOOD, "a")


def test_of_several_changes_all_are_made_or_none(access: Access) -> None:
    first_administrator(access)
    access.add_account("ben", GOOD, Role.VIEWER)
    with pytest.raises(errors.InvalidInputError):
        access.change_account("ben", role=Role.ADMIN, disabled=True, password="short")
    assert access.accounts()[1].role is Role.VIEWER
    changed = access.change_account("ben", role=Role.RESPONDER, disabled=True, password="another long one")
    assert (changed.role, changed.disabled) == (Role.RESPONDER, True)


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


@pytest.mark.parametrize("length", [timedelta(0), timedelta(days=-1), timedelta(days=10**8)])
def test_a_key_that_expires_at_once_or_never_really_is_refused(access: Access, length: timedelta) -> None:
    with pytest.raises(errors.InvalidInputError, match="expires"):
        access.add_token("ci", Role.VIEWER, "ada", length)
    with pytest.raises(errors.InvalidInputError, match="name"):
        access.add_token("a\0b", Role.VIEWER, "ada")


def test_a_key_that_is_revoked_while_it_is_looked_up_stays_revoked(access: Access) -> None:
    made = access.add_token("ci", Role.ADMIN, "ada")

    @contextmanager
    def reading() -> Iterator[AccessStore]:
        with access.reading() as store:
            yield store
        with access.writing() as store:
            store.remove_token(made.token.id)

    assert replace(access, reading=reading).identify_key(made.key) is not None  # it was good when it was looked up
    assert access.identify_key(made.key) is None


def test_a_key_is_good_also_when_its_use_cannot_be_noted(access: Access) -> None:
    made = access.add_token("ci", Role.VIEWER, "ada")

    @contextmanager
    def full() -> Iterator[AccessStore]:
        raise errors.AccelerappError("The disk is full.")
        yield

    assert replace(access, writing=full).identify_key(made.key) is not None


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


def test_no_more_than_a_few_passwords_are_checked_at_once() -> None:
    busy = passwords.Argon2Passwords(at_once=0, patience=0.01)
    with pytest.raises(errors.CannotTellError, match="at once"):
        busy.verify(None, GOOD)
