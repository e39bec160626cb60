"""`accelerapp user …`: accounts of people, on the data folder of this machine."""

from __future__ import annotations

import sys
from typing import IO

import click

from accelerapp.access.model import Account, Role
from accelerapp.base import errors
from accelerapp.cli import output, target

_ROLE = click.Choice([role.value for role in Role])
_password_option = click.option(
    "--password-file", type=click.File(), help="Read the password from a file, - for standard input, instead of asking."
)


@click.group("user")
def command() -> None:
    """Accounts of people: viewers look, responders act, admins manage accounts."""


@command.command("add")
@click.argument("name")
@click.option("--role", type=_ROLE, default=Role.VIEWER.value, show_default=True)
@_password_option
def add(name: str, role: str, password_file: IO[str] | None) -> None:
    """Make an account; asks for its password."""
    target.target().app.access.add_account(name, _password(password_file), Role(role))
    output.echo(f"Made the account {name} with the role {role}.")


@command.command("list")
@output.json_option
def accounts(as_json: bool) -> None:
    """All accounts."""
    found = target.target().app.access.accounts()
    if as_json:
        output.print_json([_plain(account) for account in found], list[dict[str, object]])
        return
    rows = [(account.name, account.role, "disabled" if account.disabled else "") for account in found]
    output.table(("NAME", "ROLE", ""), rows)


@command.command("role")
@click.argument("name")
@click.argument("role", type=_ROLE)
def role(name: str, role: str) -> None:
    """Give an account another role."""
    target.target().app.access.set_role(name, Role(role))
    output.echo(f"{name} now has the role {role}.")


@command.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """Close an account and sign it out everywhere."""
    target.target().app.access.set_disabled(name, True)
    output.echo(f"{name} can no longer sign in.")


@command.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Open a closed account again."""
    target.target().app.access.set_disabled(name, False)
    output.echo(f"{name} can sign in again.")


@command.command("password")
@click.argument("name")
@_password_option
def password(name: str, password_file: IO[str] | None) -> None:
    """Set a new password; it signs the account out everywhere."""
    target.target().app.access.set_password(name, _password(password_file))
    output.echo(f"{name} has a new password.")


@command.command("link")
def link() -> None:
    """Print a new one-time link for the first administrator."""
    app = target.target().app
    secret = app.access.new_setup_link()
    output.echo(f"http://127.0.0.1:{app.settings.server.port}/setup?token={secret}")


def _password(file: IO[str] | None) -> str:
    if file is not None:
        return str(file.read()).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise errors.WrongUseError("There is no terminal to ask for the password.", mend="Use --password-file.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _plain(account: Account) -> dict[str, object]:
    return {
        "name": account.name,
        "role": account.role,
        "created_at": account.created_at,
        "disabled": account.disabled,
    }
