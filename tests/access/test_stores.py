"""Every store of access keeps the same promises: the memory, SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests import databases

from accelerapp.access.model import Account, Role, Session, Token
from accelerapp.access.service import Failures
from accelerapp.access.store import AccessStore, MemoryAccessStore
from accelerapp.access.store_sql import SqlAccessStore
from accelerapp.base.ids import AccountName, SessionId, TokenId

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADA = Account(AccountName("ada"), Role.ADMIN, "hash", NOON)
BEN = Account(AccountName("ben"), Role.VIEWER, "hash", NOON)
TOKEN = Token(TokenId("tok_1"), "ci", Role.VIEWER, "abc", AccountName("ada"), NOON)


@pytest.fixture(params=["memory", *databases.KINDS])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AccessStore]:
    if request.param == "memory":
        yield MemoryAccessStore()
        return
    with databases.opened(request, request.param, tmp_path) as database, database.write() as work:
        yield SqlAccessStore(work)


def session(name: str, account: Account, hours: int) -> Session:
    return Session(SessionId(name), account.name, "csrf", NOON, NOON + timedelta(hours=hours))


def test_an_account_is_found_changed_and_listed_by_name(store: AccessStore) -> None:
    store.put_account(BEN)
    store.put_account(ADA)
    assert store.account(ADA.name) == ADA
    changed = Account(ADA.name, Role.VIEWER, "other", NOON, disabled=True)
    store.put_account(changed)
    assert store.accounts() == [changed, BEN]
    assert store.account(AccountName("nobody")) is None


def test_sessions_end_one_by_one_by_account_and_by_time(store: AccessStore) -> None:
    for one in (session("a", ADA, 1), session("b", ADA, 5), session("c", BEN, 5), session("d", BEN, 5)):
        store.add_session(one)
    assert store.session(SessionId("b")) == session("b", ADA, 5)
    assert store.remove_expired(NOON + timedelta(hours=2)) == 1
    store.remove_session(SessionId("c"))
    store.remove_sessions_of(ADA.name)
    assert [store.session(SessionId(id)) is not None for id in "abcd"] == [False, False, False, True]


def test_a_token_is_found_by_its_hash_until_it_is_removed(store: AccessStore) -> None:
    store.add_token(TOKEN)
    assert store.token_by_hash("abc") == TOKEN
    assert store.tokens() == [TOKEN]
    used = replace(TOKEN, last_used_at=NOON + timedelta(hours=1))
    store.note_use(TOKEN.id, NOON + timedelta(hours=1))
    assert store.token_by_hash("abc") == used
    assert store.remove_token(TOKEN.id)
    store.note_use(TOKEN.id, NOON)
    assert not store.remove_token(TOKEN.id)
    assert store.token_by_hash("abc") is None


def test_a_link_works_once_in_its_time_and_a_new_one_replaces_it(store: AccessStore) -> None:
    store.set_link("first", NOON, NOON + timedelta(hours=1))
    store.set_link("second", NOON, NOON + timedelta(hours=1))
    assert not store.take_link("first", NOON)
    assert not store.take_link("second", NOON + timedelta(hours=1))
    assert store.take_link("second", NOON)
    assert not store.take_link("second", NOON)


def test_failures_are_counted_and_forgotten(store: AccessStore) -> None:
    store.put_failures("name:ada", Failures(1, NOON))
    store.put_failures("name:ada", Failures(2, NOON))
    assert store.failures("name:ada") == Failures(2, NOON)
    store.put_failures("name:ada", None)
    assert store.failures("name:ada") is None
    store.put_failures("name:ben", Failures(1, NOON))
    assert store.remove_failures(NOON) == 0
    assert store.remove_failures(NOON + timedelta(seconds=1)) == 1
    assert store.failures("name:ben") is None
