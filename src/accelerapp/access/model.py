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
class Identity:
    """Whoever is asking, once it is known."""

    name: str
    role: Role
    session: Session | None = None
    """None for a token."""
