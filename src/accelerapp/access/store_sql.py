"""Accounts, sessions and tokens in the database; one instance works in one unit of work."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, insert, select, text, update

from accelerapp.access.model import Account, Role, Session, Token
from accelerapp.access.service import Failures
from accelerapp.base.ids import AccountName, SessionId, TokenId
from accelerapp.storage import tables


class SqlAccessStore:
    """See `store.AccessStore`."""

    def __init__(self, work: Connection) -> None:
        self._work = work

    def lock(self) -> None:
        """On PostgreSQL a lock of the transaction; SQLite lets one unit of work write at a time anyway."""
        if self._work.dialect.name == "postgresql":
            self._work.execute(text("SELECT pg_advisory_xact_lock(hashtext('accelerapp access'))"))

    def accounts(self) -> list[Account]:
        """All accounts by name."""
        query = select(tables.accounts).order_by(tables.accounts.c.name)
        return [_account(row) for row in self._work.execute(query)]

    def account(self, name: AccountName) -> Account | None:
        """One account."""
        row = self._work.execute(select(tables.accounts).where(tables.accounts.c.name == name)).first()
        return _account(row) if row else None

    def put_account(self, account: Account) -> None:
        """Insert or replace."""
        self._put(tables.accounts, "name", asdict(account))

    def session(self, id: SessionId) -> Session | None:
        """One session."""
        row = self._work.execute(select(tables.sessions).where(tables.sessions.c.id == id)).first()
        return Session(**row._mapping) if row else None

    def add_session(self, session: Session) -> None:
        """Insert."""
        self._work.execute(insert(tables.sessions).values(**asdict(session)))

    def remove_session(self, id: SessionId) -> None:
        """Remove, if it is there."""
        self._work.execute(delete(tables.sessions).where(tables.sessions.c.id == id))

    def remove_sessions_of(self, account: AccountName) -> None:
        """Sign an account out everywhere."""
        self._work.execute(delete(tables.sessions).where(tables.sessions.c.account == account))

    def remove_expired(self, now: datetime) -> int:
        """Remove sessions that have ended; how many."""
        return self._work.execute(delete(tables.sessions).where(tables.sessions.c.expires_at <= now)).rowcount

    def tokens(self) -> list[Token]:
        """All tokens, oldest first."""
        query = select(tables.tokens).order_by(tables.tokens.c.created_at, tables.tokens.c.id)
        return [_token(row) for row in self._work.execute(query)]

    def token_by_hash(self, hash: str) -> Token | None:
        """One token."""
        row = self._work.execute(select(tables.tokens).where(tables.tokens.c.hash == hash)).first()
        return _token(row) if row else None

    def add_token(self, token: Token) -> None:
        """Insert."""
        self._work.execute(insert(tables.tokens).values(**asdict(token)))

    def note_use(self, id: TokenId, at: datetime) -> None:
        """When it was last used; an update alone, so that a revoked token is not written anew."""
        self._work.execute(update(tables.tokens).where(tables.tokens.c.id == id).values(last_used_at=at))

    def remove_token(self, id: TokenId) -> bool:
        """Remove; was it there?"""
        return self._work.execute(delete(tables.tokens).where(tables.tokens.c.id == id)).rowcount > 0

    def set_link(self, hash: str, created_at: datetime, expires_at: datetime) -> None:
        """The only set-up link from now on."""
        self._work.execute(delete(tables.setup_links))
        self._work.execute(insert(tables.setup_links).values(hash=hash, created_at=created_at, expires_at=expires_at))

    def take_link(self, hash: str, now: datetime) -> bool:
        """Use the link up; of two at once one finds it gone."""
        links = tables.setup_links
        return self._work.execute(delete(links).where(links.c.hash == hash, links.c.expires_at > now)).rowcount > 0

    def failures(self, subject: str) -> Failures | None:
        """Failed sign-ins of a name or an address."""
        table = tables.sign_in_failures
        row = self._work.execute(select(table).where(table.c.subject == subject)).first()
        return Failures(row.failures, row.last_at) if row else None

    def put_failures(self, subject: str, failures: Failures | None) -> None:
        """Insert, replace, or forget with None."""
        table = tables.sign_in_failures
        if failures is None:
            self._work.execute(delete(table).where(table.c.subject == subject))
        else:
            values = {"subject": subject, "failures": failures.count, "last_at": failures.last_at}
            self._put(table, "subject", values)

    def remove_failures(self, before: datetime) -> int:
        """Forget failed sign-ins that ended before this."""
        table = tables.sign_in_failures
        return self._work.execute(delete(table).where(table.c.last_at < before)).rowcount

    def _put(self, table: Table, key: str, values: dict[str, Any]) -> None:
        changed = self._work.execute(update(table).where(table.c[key] == values[key]).values(**values))
        if not changed.rowcount:
            self._work.execute(insert(table).values(**values))


def _account(row: Row[Any]) -> Account:
    return Account(**{**row._mapping, "role": Role(row.role)})


def _token(row: Row[Any]) -> Token:
    return Token(**{**row._mapping, "role": Role(row.role), "id": TokenId(row.id)})
