"""`accelerapp user …`: accounts of people, in the data folder of this machine or on a server."""

from __future__ import annotations

import sys
from typing import IO, Any
from urllib.parse import quote

import click

from accelerapp.access.model import Role, ShownAccount
from accelerapp.base import errors
from accelerapp.cli import output, target

_ROLE = click.Choice([role.value for role in Role])
_password_option = click.option(
    "--password-file",
    type=click.File("rb"),
    help="Read the password from a file, - for standard input, instead of asking.",
)


@click.group("user")
def command() -> None:
    """Accounts of people: viewers look, responders act, admins manage accounts."""


@command.command("add")
@click.argument("name")
@click.option("--role", type=_ROLE, default=Role.VIEWER.value, show_default=True)
@_password_option
@output.json_option
def add(name: str, role: str, password_file: IO[bytes] | None, as_json: bool) -> None:
    """Make an account; asks for its password."""
    password = _password(password_file)
    made = target.target().ask(
        ShownAccount,
        "/accounts",
        lambda app: ShownAccount.of(app.access.add_account(name, password, Role(role))),
        method="POST",
        body={"name": name, "password": password, "role": role},
    )
    _tell(made, f"Made the account {made.name} with the role {made.role}.", as_json)


@command.command("list")
@output.json_option
def accounts(as_json: bool) -> None:
    """All accounts."""
    found: list[ShownAccount] = target.target().ask(
        list[ShownAccount],
        "/accounts",
        lambda app: [ShownAccount.of(account) for account in app.access.accounts()],
    )
    if as_json:
        output.print_json(found, list[ShownAccount])
        return
    rows = [(account.name, account.role, "disabled" if account.disabled else "") for account in found]
    output.table(("NAME", "ROLE", ""), rows)


@command.command("role")
@click.argument("name")
@click.argument("role", type=_ROLE)
@output.json_option
def role(name: str, role: str, as_json: bool) -> None:
    """Give an account another role."""
    _tell(_change(name, role=Role(role)), f"{name} now has the role {role}.", as_json)


@command.command("disable")
@click.argument("name")
@output.json_option
def disable(name: str, as_json: bool) -> None:
    """Close an account and sign it out everywhere."""
    _tell(_change(name, disabled=True), f"{name} can no longer sign in.", as_json)


@command.command("enable")
@click.argument("name")
@output.json_option
def enable(name: str, as_json: bool) -> None:
    """Open a closed account again."""
    _tell(_change(name, disabled=False), f"{name} can sign in again.", as_json)


@command.command("password")
@click.argument("name")
@_password_option
@output.json_option
def password(name: str, password_file: IO[bytes] | None, as_json: bool) -> None:
    """Set a new password; it signs the account out everywhere."""
    _tell(_change(name, password=_password(password_file)), f"{name} has a new password.", as_json)


@command.command("link")
def link() -> None:
    """Print a new one-time link for the first administrator; the one before is worth nothing from now on."""
    asked = target.target()
    if asked.is_remote:
        raise errors.WrongUseError(
            "The link for the first administrator is printed only where the server runs.",
            mend="Run this command there, without ACCELERAPP_URL.",
        )
    secret = asked.app.access.new_setup_link()
    output.echo(f"http://127.0.0.1:{asked.app.settings.server.port}/setup?token={secret}")


def _change(name: str, **changes: Any) -> ShownAccount:
    return target.target().ask(
        ShownAccount,
        f"/accounts/{quote(name, safe='')}",
        lambda app: ShownAccount.of(app.access.change_account(name, **changes)),
        method="PATCH",
        body=changes,
    )


def _tell(account: ShownAccount, sentence: str, as_json: bool) -> None:
    if as_json:
        output.print_json(account)
    else:
        output.echo(sentence)


def _password(file: IO[bytes] | None) -> str:
    if file is not None:
        try:
            return file.read().decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise errors.WrongUseError(
                "The password file is not text.", mend="Write the password into it as UTF-8."
            ) from error
    if not sys.stdin.isatty():
        raise errors.WrongUseError("There is no terminal to ask for the password.", mend="Use --password-file.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
