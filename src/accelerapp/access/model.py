"""The nouns of access. Secrets are stored only as hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accelerapp.base.ids import AccountName, SessionId, TokenId


class Role(StrEnum):
    """What a person or a program may do: each role may do what the one before it may."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    ADMIN = "admin"


class Action(StrEnum):
    """What can be asked for; `service.ALLOWED` says from which role on."""

    READ = "read"
    OPERATE = "operate"
    """Scale, restart, set a version, run a command."""
    ADMINISTER = "administer"
    """Accounts and tokens of others."""


@dataclass(frozen=True)
class Account:
    """A person."""

    name: AccountName
    role: Role
    password_hash: str
    created_at: datetime
    disabled: bool = False


@dataclass(frozen=True)
class Session:
    """A signed-in browser; `id` is the SHA-256 of the cookie's value."""

    id: SessionId
    account: AccountName
    csrf: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Token:
    """A program's key; the key itself is shown once and stored as its SHA-256."""

    id: TokenId
    name: str
    role: Role
    hash: str
    created_by: AccountName
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True)
class ShownAccount:
    """An account without its password's hash."""

    name: AccountName
    role: Role
    created_at: datetime
    disabled: bool

    @classmethod
    def of(cls, account: Account) -> ShownAccount:
        """What may be shown of it."""
        return cls(account.name, account.role, account.created_at, account.disabled)


@dataclass(frozen=True)
class ShownToken:
    """A token without its key's hash; `key` only in the answer to whoever made it."""

    id: TokenId
    name: str
    role: Role
    created_by: AccountName
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    key: str = ""

    @classmethod
    def of(cls, token: Token, key: str = "") -> ShownToken:
        """What may be shown of it."""
        return cls(
            id=token.id,
            name=token.name,
            role=token.role,
            created_by=token.created_by,
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
            key=key,
        )


@dataclass(frozen=True)
class Identity:
    """Whoever is asking, once it is known."""

    name: str
    role: Role
    session: Session | None = None
    """None for a token."""
