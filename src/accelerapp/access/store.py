"""Where accounts, sessions and tokens are kept: the interface, and a memory for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from accelerapp.access.model import Account, Session, Token
from accelerapp.access.service import Failures
from accelerapp.base.ids import AccountName, SessionId, TokenId


class AccessStore(Protocol):
    """One unit of work on accounts, sessions, tokens, set-up links and failed sign-ins."""

    def lock(self) -> None:
        """Whoever else takes this lock waits until this unit of work ends: look, decide and write as one."""
        ...

    def accounts(self) -> list[Account]:
        """All accounts by name."""
        ...

    def account(self, name: AccountName) -> Account | None:
        """One account."""
        ...

    def put_account(self, account: Account) -> None:
        """Insert or replace."""
        ...

    def session(self, id: SessionId) -> Session | None:
        """One session."""
        ...

    def add_session(self, session: Session) -> None:
        """Insert."""
        ...

    def remove_session(self, id: SessionId) -> None:
        """Remove, if it is there."""
        ...

    def remove_sessions_of(self, account: AccountName) -> None:
        """Sign an account out everywhere."""
        ...

    def remove_expired(self, now: datetime) -> int:
        """Remove sessions that have ended; how many."""
        ...

    def tokens(self) -> list[Token]:
        """All tokens, oldest first."""
        ...

    def token_by_hash(self, hash: str) -> Token | None:
        """One token."""
        ...

    def add_token(self, token: Token) -> None:
        """Insert."""
        ...

    def note_use(self, id: TokenId, at: datetime) -> None:
        """When it was last used; one that was removed meanwhile stays removed."""
        ...

    def remove_token(self, id: TokenId) -> bool:
        """Remove; was it there?"""
        ...

    def set_link(self, hash: str, created_at: datetime, expires_at: datetime) -> None:
        """The only set-up link from now on."""
        ...

    def take_link(self, hash: str, now: datetime) -> bool:
        """Use the link up; False when it is not the link, has expired or was used."""
        ...

    def failures(self, subject: str) -> Failures | None:
        """Failed sign-ins of a name or an address."""
        ...

    def put_failures(self, subject: str, failures: Failures | None) -> None:
        """Insert, replace, or forget with None."""
        ...

    def remove_failures(self, before: datetime) -> int:
        """Forget failed sign-ins that ended before this; of how many names and addresses."""
        ...


class MemoryAccessStore:
    """Everything in dictionaries."""

    def __init__(self) -> None:
        self._accounts: dict[AccountName, Account] = {}
        self._sessions: dict[SessionId, Session] = {}
        self._tokens: dict[TokenId, Token] = {}
        self._link: tuple[str, datetime] | None = None
        self._failures: dict[str, Failures] = {}

    def lock(self) -> None:
        """There is nobody else."""

    def accounts(self) -> list[Account]:
        """All accounts by name."""
        return [self._accounts[name] for name in sorted(self._accounts)]

    def account(self, name: AccountName) -> Account | None:
        """One account."""
        return self._accounts.get(name)

    def put_account(self, account: Account) -> None:
        """Insert or replace."""
        self._accounts[account.name] = account

    def session(self, id: SessionId) -> Session | None:
        """One session."""
        return self._sessions.get(id)

    def add_session(self, session: Session) -> None:
        """Insert."""
        self._sessions[session.id] = session

    def remove_session(self, id: SessionId) -> None:
        """Remove, if it is there."""
        self._sessions.pop(id, None)

    def remove_sessions_of(self, account: AccountName) -> None:
        """Sign an account out everywhere."""
        self._sessions = {id: one for id, one in self._sessions.items() if one.account != account}

    def remove_expired(self, now: datetime) -> int:
        """Remove sessions that have ended; how many."""
        before = len(self._sessions)
        self._sessions = {id: one for id, one in self._sessions.items() if one.expires_at > now}
        return before - len(self._sessions)

    def tokens(self) -> list[Token]:
        """All tokens, oldest first."""
        return sorted(self._tokens.values(), key=lambda token: (token.created_at, token.id))

    def token_by_hash(self, hash: str) -> Token | None:
        """One token."""
        return next((token for token in self._tokens.values() if token.hash == hash), None)

    def add_token(self, token: Token) -> None:
        """Insert."""
        self._tokens[token.id] = token

    def note_use(self, id: TokenId, at: datetime) -> None:
        """When it was last used."""
        if id in self._tokens:
            self._tokens[id] = replace(self._tokens[id], last_used_at=at)

    def remove_token(self, id: TokenId) -> bool:
        """Remove; was it there?"""
        return self._tokens.pop(id, None) is not None

    def set_link(self, hash: str, created_at: datetime, expires_at: datetime) -> None:
        """The only set-up link from now on."""
        self._link = (hash, expires_at)

    def take_link(self, hash: str, now: datetime) -> bool:
        """Use the link up."""
        if self._link is None or self._link[0] != hash or self._link[1] <= now:
            return False
        self._link = None
        return True

    def failures(self, subject: str) -> Failures | None:
        """Failed sign-ins of a name or an address."""
        return self._failures.get(subject)

    def put_failures(self, subject: str, failures: Failures | None) -> None:
        """Insert, replace, or forget with None."""
        if failures is None:
            self._failures.pop(subject, None)
        else:
            self._failures[subject] = failures

    def remove_failures(self, before: datetime) -> int:
        """Forget failed sign-ins that ended before this."""
        old = [subject for subject, failures in self._failures.items() if failures.last_at < before]
        for subject in old:
            del self._failures[subject]
        return len(old)
