"""Who may do what, and how sign-in holds off those who guess. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accelerapp.access.model import Account, Action, Identity, Role, Session, Token
from accelerapp.base import errors

# The one place that says who may do what: from which role on an action is allowed.
ALLOWED = {Action.READ: Role.VIEWER, Action.OPERATE: Role.RESPONDER, Action.ADMINISTER: Role.ADMIN}
_RANKS = {Role.VIEWER: 0, Role.RESPONDER: 1, Role.ADMIN: 2}

SETUP_LINK_LENGTH = timedelta(hours=1)
PASSWORD_MINIMUM = 10
_PASSWORD_MAXIMUM = 1024
_FREE_TRIES = 5
_LONGEST_PAUSE = timedelta(minutes=15)
FAILURES_KEPT = timedelta(hours=1)
_NAME_MAXIMUM = 64
_TOKEN_NAME_MAXIMUM = 100
_TOKEN_LONGEST = timedelta(days=3650)


@dataclass(frozen=True)
class Failures:
    """Failed sign-ins in a row of one name or address; one that is still being checked counts as failed."""

    count: int
    last_at: datetime


class NotSignedInError(errors.ForbiddenError):
    """Whoever asks is not known."""


class TooManyTriesError(errors.ForbiddenError):
    """Sign-in is closed to this name or address for a while."""

    def __init__(self, wait: timedelta) -> None:
        seconds = max(1, round(wait.total_seconds()))
        super().__init__(f"Too many failed sign-ins. Try again in {seconds} s.")
        self.wait_seconds = seconds


def allows(role: Role, action: Action) -> bool:
    """May this role do that?"""
    return _RANKS[role] >= _RANKS[ALLOWED[action]]


def need(identity: Identity, action: Action) -> None:
    """Raises ForbiddenError when whoever asks may not do that."""
    if not allows(identity.role, action):
        raise errors.ForbiddenError(
            f"{identity.name} has the role {identity.role}, which may not {action}.",
            mend=f"Ask an administrator for the role {ALLOWED[action]}.",
        )


def is_name(name: str) -> bool:
    """Can an account have this name?"""
    return 0 < len(name) <= _NAME_MAXIMUM and all(c.isalnum() or c in "._-@" for c in name)


def check_new_account(name: str, password: str) -> None:
    """Raises InvalidInputError with everything that is wrong with a name and a password."""
    problems = []
    if not is_name(name):
        problems.append(errors.FieldProblem("name", "takes 1 to 64 letters, digits and . _ - @."))
    problems += password_problems(name, password)
    if problems:
        raise errors.InvalidInputError("The account", problems)


def password_problems(name: str, password: str) -> list[errors.FieldProblem]:
    """What is wrong with a password: length alone decides, as long as it is not the name."""
    if len(password) < PASSWORD_MINIMUM:
        return [errors.FieldProblem("password", f"needs at least {PASSWORD_MINIMUM} characters.")]
    if len(password) > _PASSWORD_MAXIMUM:
        return [errors.FieldProblem("password", f"takes at most {_PASSWORD_MAXIMUM} characters.")]
    if password.strip().lower() in (name.lower(), name.lower() * 2):
        return [errors.FieldProblem("password", "must not be the name.")]
    return []


def check_new_token(name: str, length: timedelta | None) -> None:
    """Raises InvalidInputError with everything that is wrong with a token to make; no length means for ever."""
    problems = []
    if not 0 < len(name) <= _TOKEN_NAME_MAXIMUM or not name.isprintable():
        problems.append(errors.FieldProblem("name", f"takes 1 to {_TOKEN_NAME_MAXIMUM} printable characters."))
    if length is not None and not timedelta(0) < length <= _TOKEN_LONGEST:
        problems.append(errors.FieldProblem("expires", "takes more than nothing and at most 10 years."))
    if problems:
        raise errors.InvalidInputError("The token", problems)


def subjects(name: str, address: str) -> tuple[str, ...]:
    """What failed sign-ins are counted by: the address, and the name if an account can have it."""
    return (f"address:{_network(address)}", *((f"name:{name}",) if is_name(name) else ()))


def _network(address: str) -> str:
    """An IPv6 address stands for its /64: whoever has one has all of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def pause(failures: Failures | None, now: datetime) -> timedelta:
    """How long sign-in stays closed: nothing for the first five failures, then 1 s, 2 s, 4 s … up to 15 min.

    Never longer than that, wherever the clock was moved since.
    """
    if failures is None or failures.count < _FREE_TRIES:
        return timedelta(0)
    length = min(_LONGEST_PAUSE, timedelta(seconds=2 ** min(failures.count - _FREE_TRIES, 20)))
    return max(timedelta(0), min(length, failures.last_at + length - now))


def tried(before: Failures | None, now: datetime) -> Failures:
    """With one more try, which counts as failed until it is known; an hour without a try begins anew."""
    forgotten = before is None or now - before.last_at >= FAILURES_KEPT
    return Failures(1 if before is None or forgotten else before.count + 1, now)


def succeeded(failures: Failures | None, before: Failures | None) -> Failures | None:
    """Without the try that turned out right. Others' failures from the same address stay."""
    if failures is None or failures.count <= 1:
        return None
    return Failures(failures.count - 1, before.last_at if before else failures.last_at)


def is_over(held: Session | Token, now: datetime) -> bool:
    """Has the time of a session or a token run out?"""
    return held.expires_at is not None and held.expires_at <= now


def check_not_last_administrator(account: Account, accounts: Sequence[Account]) -> None:
    """Raises WrongUseError when this is the only administrator that can sign in."""
    others = [one for one in accounts if one.role is Role.ADMIN and not one.disabled and one.name != account.name]
    if account.role is Role.ADMIN and not account.disabled and not others:
        raise errors.WrongUseError(
            f"{account.name} is the last administrator.", mend="Make another account an administrator first."
        )
