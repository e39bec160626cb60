"""Accounts and tokens; for administrators."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from accelerapp.access.model import Role, ShownAccount, ShownToken
from accelerapp.app import App
from accelerapp.web.identity import Administrator


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


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""

    @router.get("/accounts", operation_id="list_accounts")
    def accounts(who: Administrator) -> list[ShownAccount]:
        """All accounts by name."""
        return [ShownAccount.of(account) for account in app.access.accounts()]

    @router.post("/accounts", operation_id="add_account", status_code=201)
    def add_account(body: NewAccount, who: Administrator) -> ShownAccount:
        """Make an account."""
        return ShownAccount.of(app.access.add_account(body.name, body.password, body.role))

    @router.patch("/accounts/{name}", operation_id="change_account")
    def change_account(name: str, body: ChangedAccount, who: Administrator) -> ShownAccount:
        """Change the role, the password, or whether it may sign in; all that is given, or nothing."""
        account = app.access.change_account(name, role=body.role, disabled=body.disabled, password=body.password)
        return ShownAccount.of(account)

    @router.get("/tokens", operation_id="list_tokens")
    def tokens(who: Administrator) -> list[ShownToken]:
        """All tokens, oldest first."""
        return [ShownToken.of(token) for token in app.access.tokens()]

    @router.post("/tokens", operation_id="add_token", status_code=201)
    def add_token(body: WantedToken, who: Administrator) -> ShownToken:
        """Make a token; its key is shown this once."""
        made = app.access.add_token(body.name, body.role, who.name, timedelta(days=body.days) if body.days else None)
        return ShownToken.of(made.token, made.key)

    @router.delete("/tokens/{id}", operation_id="remove_token", status_code=204)
    def remove_token(id: str, who: Administrator) -> None:
        """Make a token worthless."""
        app.access.remove_token(id)
