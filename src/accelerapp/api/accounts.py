"""Accounts and tokens; for administrators."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from accelerapp.access.model import Account, Role, Token
from accelerapp.app import App
from accelerapp.web.identity import Administrator


class ShownAccount(BaseModel):
    """An account without its password's hash."""

    name: str
    role: Role
    created_at: datetime
    disabled: bool


class ShownToken(BaseModel):
    """A token without its key's hash; `key` only in the answer that made it."""

    id: str
    name: str
    role: Role
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    key: str = ""


class NewAccount(BaseModel):
    """An account to make."""

    name: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=1024)]
    role: Role = Role.VIEWER


class ChangedAccount(BaseModel):
    """What to change; what is left out stays."""

    role: Role | None = None
    disabled: bool | None = None
    password: Annotated[str | None, Field(max_length=1024)] = None


class WantedToken(BaseModel):
    """A token to make; it never expires when no days are given."""

    name: Annotated[str, Field(max_length=100)]
    role: Role = Role.VIEWER
    days: Annotated[float | None, Field(gt=0, le=3650)] = None


def shown(account: Account) -> ShownAccount:
    """An account as others see it."""
    return ShownAccount(name=account.name, role=account.role, created_at=account.created_at, disabled=account.disabled)


def shown_token(token: Token, key: str = "") -> ShownToken:
    """A token as others see it."""
    return ShownToken(
        id=token.id,
        name=token.name,
        role=token.role,
        created_by=token.created_by,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        key=key,
    )


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""

    @router.get("/accounts", operation_id="list_accounts")
    def accounts(who: Administrator) -> list[ShownAccount]:
        """All accounts by name."""
        return [shown(account) for account in app.access.accounts()]

    @router.post("/accounts", operation_id="add_account", status_code=201)
    def add_account(body: NewAccount, who: Administrator) -> ShownAccount:
        """Make an account."""
        return shown(app.access.add_account(body.name, body.password, body.role))

    @router.patch("/accounts/{name}", operation_id="change_account")
    def change_account(name: str, body: ChangedAccount, who: Administrator) -> ShownAccount:
        """Change the role, the password, or whether it may sign in."""
        account = next((one for one in app.access.accounts() if one.name == name), None)
        if body.role is not None or account is None:
            account = app.access.set_role(name, body.role or Role.VIEWER)
        if body.password is not None:
            account = app.access.set_password(name, body.password)
        if body.disabled is not None:
            account = app.access.set_disabled(name, body.disabled)
        return shown(account)

    @router.get("/tokens", operation_id="list_tokens")
    def tokens(who: Administrator) -> list[ShownToken]:
        """All tokens, oldest first."""
        return [shown_token(token) for token in app.access.tokens()]

    @router.post("/tokens", operation_id="add_token", status_code=201)
    def add_token(body: WantedToken, who: Administrator) -> ShownToken:
        """Make a token; its key is shown this once."""
        made = app.access.add_token(body.name, body.role, who.name, timedelta(days=body.days) if body.days else None)
        return shown_token(made.token, made.key)

    @router.delete("/tokens/{id}", operation_id="remove_token", status_code=204)
    def remove_token(id: str, who: Administrator) -> None:
        """Make a token worthless."""
        app.access.remove_token(id)
