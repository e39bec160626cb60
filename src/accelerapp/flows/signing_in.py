"""Access: the first administrator, signing in and out, accounts, and keys for programs.

Each verb is one or two units of work. Passwords are hashed and checked outside of them: that takes long on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.access import service
from accelerapp.access.model import Account, Identity, Role, Session, Token
from accelerapp.access.passwords import Passwords
from accelerapp.access.service import Failures
from accelerapp.access.store import AccessStore
from accelerapp.base import errors
from accelerapp.base.clock import Clock
from accelerapp.base.ids import AccountName, SessionId, TokenId, new_id, new_secret

Work = Callable[[], AbstractContextManager[AccessStore]]
_USED_NOTED_EVERY = timedelta(minutes=1)
_NAME_KEPT = 64


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
            store.lock()
            if _has_administrator(store):
                raise errors.WrongUseError(
                    "There is an administrator already.", mend="An administrator makes accounts: `accelerapp user add`."
                )
            store.set_link(self.digest(secret), now, now + service.SETUP_LINK_LENGTH)
        return secret

    def set_up(self, secret: str, name: str, password: str) -> SignedIn:
        """Make the first administrator. Of two who use the link at once one is told that there is one already."""
        if self.has_administrator():
            raise _there_is_one()
        service.check_new_account(name, password)
        hashed, now = self.passwords.hash(password), self.clock.now()
        with self.writing() as store:
            store.lock()
            if _has_administrator(store):
                raise _there_is_one()
            if not store.take_link(self.digest(secret), now):
                raise service.NotSignedInError(
                    "This link was replaced or has expired.", mend="`accelerapp user link` prints a new one."
                )
            account = Account(AccountName(name), Role.ADMIN, hashed, now)
            store.put_account(account)
            return self._begin(store, account, now)

    # -- signing in and out ----------------------------------------------------------------------------------------

    def sign_in(self, name: str, password: str, address: str) -> SignedIn:
        """Begin a session. Raises NotSignedInError, or TooManyTriesError while this name or address is held off.

        The try is counted before the password is checked: who guesses many at once gains nothing by it.
        """
        now = self.clock.now()
        before, account = self._count_try(service.subjects(name, address), name, now)
        usable = account if account and not account.disabled else None
        if self.passwords.verify(usable.password_hash if usable else None, password) and usable:
            with self.writing() as store:
                store.lock()
                if store.account(usable.name) == usable:  # nobody closed it or changed its password meanwhile
                    self._forget_try(store, before, usable.name)
                    return self._begin(store, usable, now)
        raise service.NotSignedInError("The name or the password is wrong.")

    def _count_try(
        self, subjects: tuple[str, ...], name: str, now: datetime
    ) -> tuple[dict[str, Failures | None], Account | None]:
        """The failures of each subject before this try, and the account. Raises TooManyTriesError."""
        with self.writing() as store:
            store.lock()
            before = {subject: store.failures(subject) for subject in subjects}
            wait = max(service.pause(failures, now) for failures in before.values())
            if wait:
                raise service.TooManyTriesError(wait)
            for subject, failures in before.items():
                store.put_failures(subject, service.tried(failures, now))
            return before, store.account(AccountName(name)) if service.is_name(name) else None

    def _forget_try(self, store: AccessStore, before: Mapping[str, Failures | None], name: AccountName) -> None:
        for subject, failures in before.items():
            is_own = subject == f"name:{name}"
            store.put_failures(subject, None if is_own else service.succeeded(store.failures(subject), failures))

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
        if session is None or account is None or account.disabled or service.is_over(session, self.clock.now()):
            return None
        return Identity(account.name, account.role, session)

    def identify_key(self, key: str) -> Identity | None:
        """Whose key this is; its last use is noted once a minute, if the database takes it."""
        now = self.clock.now()
        with self.reading() as store:
            token = store.token_by_hash(self.digest(key))
        if token is None or service.is_over(token, now):
            return None
        if token.last_used_at is None or now - token.last_used_at >= _USED_NOTED_EVERY:
            with suppress(errors.AccelerappError), self.writing() as store:  # a full disk forbids no reading
                store.note_use(token.id, now)
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
            store.lock()
            if store.account(account.name) is not None:
                raise errors.WrongUseError(f"There is an account {name} already.", mend="Take another name.")
            store.put_account(account)
        return account

    def set_role(self, name: str, role: Role) -> Account:
        """Give another role; the last administrator keeps his."""
        return self.change_account(name, role=role)

    def set_disabled(self, name: str, disabled: bool) -> Account:
        """Close an account, which also signs it out, or open it again."""
        return self.change_account(name, disabled=disabled)

    def set_password(self, name: str, password: str) -> Account:
        """A new password; it ends the account's sessions."""
        return self.change_account(name, password=password)

    def change_account(
        self, name: str, *, role: Role | None = None, disabled: bool | None = None, password: str | None = None
    ) -> Account:
        """Change what is given, all of it or nothing. Raises NotFoundError, InvalidInputError, WrongUseError."""
        problems = service.password_problems(name, password) if password is not None else []
        if problems:
            raise errors.InvalidInputError("The password", problems)
        hashed = self.passwords.hash(password) if password is not None else None
        with self.writing() as store:
            store.lock()
            accounts = store.accounts()
            before = next((account for account in accounts if account.name == name), None)
            if before is None:
                raise errors.NotFoundError(f"There is no account '{name}'.", mend="`accelerapp user list` lists them.")
            after = replace(
                before,
                role=role or before.role,
                disabled=before.disabled if disabled is None else disabled,
                password_hash=hashed or before.password_hash,
            )
            if after.role is not Role.ADMIN or after.disabled:
                service.check_not_last_administrator(before, accounts)
            store.put_account(after)
            if after.disabled or hashed:
                store.remove_sessions_of(after.name)
            return after

    def change_password(self, name: str, old: str, new: str) -> Account:
        """One's own password; the old one is asked for."""
        with self.reading() as store:
            account = store.account(AccountName(name))
        if not self.passwords.verify(account.password_hash if account else None, old):
            raise errors.InvalidInputError("The password", [errors.FieldProblem("old", "is not your password.")])
        return self.set_password(name, new)

    # -- tokens ----------------------------------------------------------------------------------------------------

    def tokens(self) -> list[Token]:
        """All tokens, oldest first."""
        with self.reading() as store:
            return store.tokens()

    def add_token(self, name: str, role: Role, by: str, length: timedelta | None = None) -> NewToken:
        """A key for a program; `length` is how long it is valid, for ever when left out. Raises InvalidInputError."""
        service.check_new_token(name, length)
        key, now = f"acc_{new_secret()}", self.clock.now()
        token = Token(
            id=TokenId(new_id("tok")),
            name=name,
            role=role,
            hash=self.digest(key),
            created_by=AccountName(by[:_NAME_KEPT]),
            created_at=now,
            expires_at=now + length if length is not None else None,
        )
        with self.writing() as store:
            store.add_token(token)
        return NewToken(token, key)

    def remove_token(self, id: str) -> None:
        """Make a key worthless. Raises NotFoundError."""
        with self.writing() as store:
            if not id.isprintable() or not store.remove_token(TokenId(id)):
                raise errors.NotFoundError(f"There is no token '{id}'.", mend="`accelerapp token list` lists them.")

    def remove_expired(self) -> int:
        """Forget sessions that have ended, and failed sign-ins of long ago; how many."""
        now = self.clock.now()
        with self.writing() as store:
            return store.remove_expired(now) + store.remove_failures(now - service.FAILURES_KEPT)


def _there_is_one() -> errors.AccelerappError:
    return errors.WrongUseError(
        "The link works once, and there is an administrator already.",
        mend="Sign in, or ask the administrator for an account.",
    )


def _has_administrator(store: AccessStore) -> bool:
    return any(account.role is Role.ADMIN and not account.disabled for account in store.accounts())
