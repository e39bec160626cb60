"""Access: the first administrator, signing in and out, accounts, and keys for programs.

Each verb is one or two units of work. Passwords are hashed and checked outside of them: that takes long on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.access import service
from accelerapp.access.model import Account, Identity, Role, Session, Token
from accelerapp.access.passwords import Passwords
from accelerapp.access.store import AccessStore
from accelerapp.base import errors
from accelerapp.base.clock import Clock
from accelerapp.base.ids import AccountName, SessionId, TokenId, new_id, new_secret

Work = Callable[[], AbstractContextManager[AccessStore]]
_USED_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SignedIn:
    """A new session, and the cookie's value, which is not kept."""

    session: Session
    cookie: str


@dataclass(frozen=True)
class NewToken:
    """A new token, and its key, which is shown once and not kept."""

    token: Token
    key: str


@dataclass(frozen=True)
class Access:
    """The verbs of access, wired to a store."""

    reading: Work
    writing: Work
    passwords: Passwords
    digest: Callable[[str], str]
    clock: Clock
    session_length: timedelta

    # -- the first administrator -----------------------------------------------------------------------------------

    def has_administrator(self) -> bool:
        """Can an administrator sign in?"""
        with self.reading() as store:
            return _has_administrator(store)

    def new_setup_link(self) -> str:
        """The secret of a fresh one-time link, valid for an hour; the one before is worth nothing from now on."""
        secret, now = new_secret(), self.clock.now()
        with self.writing() as store:
            if _has_administrator(store):
                raise errors.WrongUseError(
                    "There is an administrator already.", mend="An administrator makes accounts: `accelerapp user add`."
                )
            store.set_link(self.digest(secret), now, now + service.SETUP_LINK_LENGTH)
        return secret

    def set_up(self, secret: str, name: str, password: str) -> SignedIn:
        """Make the first administrator. Of two who use the link at once one is told that it was used."""
        service.check_new_account(name, password)
        hashed, now = self.passwords.hash(password), self.clock.now()
        with self.writing() as store:
            if not store.take_link(self.digest(secret), now):
                raise service.NotSignedInError(
                    "This link was used or has expired.", mend="`accelerapp user link` prints a new one."
                )
            if _has_administrator(store):
                raise errors.WrongUseError("There is an administrator already.", mend="Sign in instead.")
            account = Account(AccountName(name), Role.ADMIN, hashed, now)
            store.put_account(account)
            return self._begin(store, account, now)

    # -- signing in and out ----------------------------------------------------------------------------------------

    def sign_in(self, name: str, password: str, address: str) -> SignedIn:
        """Begin a session. Raises NotSignedInError, or TooManyTriesError while this name or address is held off."""
        now = self.clock.now()
        subjects = [f"name:{name[:100]}", f"address:{address[:100]}"]
        with self.reading() as store:
            wait = max(service.pause(store.failures(subject), now) for subject in subjects)
            account = store.account(AccountName(name))
        if wait:
            raise service.TooManyTriesError(wait)
        usable = account is not None and not account.disabled
        right = self.passwords.verify(account.password_hash if account and usable else None, password)
        with self.writing() as store:
            for subject in subjects:
                before = store.failures(subject)
                count = (before.count if before else 0) + 1
                store.put_failures(subject, None if right else service.Failures(count, now))
            if right and account is not None:
                return self._begin(store, account, now)
        raise service.NotSignedInError("The name or the password is wrong.")

    def _begin(self, store: AccessStore, account: Account, now: datetime) -> SignedIn:
        cookie = new_secret()
        session = Session(SessionId(self.digest(cookie)), account.name, new_secret(), now, now + self.session_length)
        store.remove_expired(now)
        store.add_session(session)
        return SignedIn(session, cookie)

    def sign_out(self, session: Session) -> None:
        """End a session."""
        with self.writing() as store:
            store.remove_session(session.id)

    def identify_cookie(self, cookie: str) -> Identity | None:
        """Whose session this is; None when it is nobody's or has ended."""
        with self.reading() as store:
            session = store.session(SessionId(self.digest(cookie)))
            account = store.account(session.account) if session else None
        if session is None or account is None or account.disabled or session.expires_at <= self.clock.now():
            return None
        return Identity(account.name, account.role, session)

    def identify_key(self, key: str) -> Identity | None:
        """Whose key this is; its last use is noted once a minute."""
        now = self.clock.now()
        with self.reading() as store:
            token = store.token_by_hash(self.digest(key))
        if token is None or (token.expires_at is not None and token.expires_at <= now):
            return None
        if token.last_used_at is None or now - token.last_used_at >= _USED_NOTED_EVERY:
            with self.writing() as store:
                store.put_token(replace(token, last_used_at=now))
        return Identity(f"token {token.name}", token.role)

    # -- accounts --------------------------------------------------------------------------------------------------

    def accounts(self) -> list[Account]:
        """All accounts by name."""
        with self.reading() as store:
            return store.accounts()

    def add_account(self, name: str, password: str, role: Role) -> Account:
        """A new account. Raises InvalidInputError, or WrongUseError when the name is taken."""
        service.check_new_account(name, password)
        account = Account(AccountName(name), role, self.passwords.hash(password), self.clock.now())
        with self.writing() as store:
            if store.account(account.name) is not None:
                raise errors.WrongUseError(f"There is an account {name} already.", mend="Take another name.")
            store.put_account(account)
        return account

    def set_role(self, name: str, role: Role) -> Account:
        """Give another role; the last administrator keeps his."""
        return self._change(name, lambda account: replace(account, role=role))

    def set_disabled(self, name: str, disabled: bool) -> Account:
        """Close an account, which also signs it out, or open it again."""
        return self._change(name, lambda account: replace(account, disabled=disabled))

    def set_password(self, name: str, password: str) -> Account:
        """A new password; it ends the account's sessions."""
        problems = service.password_problems(name, password)
        if problems:
            raise errors.InvalidInputError("The password", problems)
        hashed = self.passwords.hash(password)
        return self._change(name, lambda account: replace(account, password_hash=hashed))

    def change_password(self, name: str, old: str, new: str) -> Account:
        """One's own password; the old one is asked for."""
        with self.reading() as store:
            account = store.account(AccountName(name))
        if not self.passwords.verify(account.password_hash if account else None, old):
            raise errors.InvalidInputError("The password", [errors.FieldProblem("old", "is not your password.")])
        return self.set_password(name, new)

    def _change(self, name: str, change: Callable[[Account], Account]) -> Account:
        with self.writing() as store:
            accounts = store.accounts(for_change=True)
            before = next((account for account in accounts if account.name == name), None)
            if before is None:
                raise errors.NotFoundError(f"There is no account '{name}'.", mend="`accelerapp user list` lists them.")
            after = change(before)
            if after.role is not Role.ADMIN or after.disabled:
                service.check_not_last_administrator(before, accounts)
            store.put_account(after)
            if after.disabled or after.password_hash != before.password_hash:
                store.remove_sessions_of(after.name)
            return after

    # -- tokens ----------------------------------------------------------------------------------------------------

    def tokens(self) -> list[Token]:
        """All tokens, oldest first."""
        with self.reading() as store:
            return store.tokens()

    def add_token(self, name: str, role: Role, by: str, length: timedelta | None = None) -> NewToken:
        """A key for a program. Its role is at most that of whoever makes it, which the door has checked."""
        if not 0 < len(name) <= 100:
            raise errors.InvalidInputError("The token", [errors.FieldProblem("name", "takes 1 to 100 characters.")])
        key, now = f"acc_{new_secret()}", self.clock.now()
        token = Token(
            id=TokenId(new_id("tok")),
            name=name,
            role=role,
            hash=self.digest(key),
            created_by=AccountName(by),
            created_at=now,
            expires_at=now + length if length else None,
        )
        with self.writing() as store:
            store.put_token(token)
        return NewToken(token, key)

    def remove_token(self, id: str) -> None:
        """Make a key worthless. Raises NotFoundError."""
        with self.writing() as store:
            if not store.remove_token(TokenId(id)):
                raise errors.NotFoundError(f"There is no token '{id}'.", mend="`accelerapp token list` lists them.")

    def remove_expired(self) -> int:
        """Forget sessions that have ended; how many."""
        with self.writing() as store:
            return store.remove_expired(self.clock.now())


def _has_administrator(store: AccessStore) -> bool:
    return any(account.role is Role.ADMIN and not account.disabled for account in store.accounts())
