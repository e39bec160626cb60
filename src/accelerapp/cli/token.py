"""`accelerapp token …`: keys for programs, in the data folder of this machine or on a server."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from accelerapp.access.model import Role, ShownToken
from accelerapp.base import clock, text
from accelerapp.cli import output, target

if TYPE_CHECKING:
    from accelerapp.app import App


@click.group("token")
def command() -> None:
    """Keys for programs. Use one as ACCELERAPP_TOKEN, or as `Authorization: Bearer KEY`."""


@command.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.VIEWER.value, show_default=True)
@click.option("--expires", metavar="DURATION", help="How long it is valid, such as 90d; for ever when left out.")
@output.json_option
def create(name: str, role: str, expires: str | None, as_json: bool) -> None:
    """Make a key and print it; it cannot be shown again."""
    length = text.parse_duration(expires) if expires is not None else None

    def make(app: App) -> ShownToken:
        made = app.access.add_token(name, Role(role), _me(), length)
        return ShownToken.of(made.token, made.key)

    made = target.target().ask(
        ShownToken,
        "/tokens",
        make,
        method="POST",
        body={"name": name, "role": role, "days": length.total_seconds() / 86400 if length is not None else None},
    )
    if as_json:
        output.print_json(made)
        return
    click.echo(f"Made {made.id} with the role {made.role}. The key, shown this once:", err=True)
    click.echo(made.key)


@command.command("list")
@output.json_option
def tokens(as_json: bool) -> None:
    """All keys, without their secret part."""
    found: list[ShownToken] = target.target().ask(
        list[ShownToken], "/tokens", lambda app: [ShownToken.of(token) for token in app.access.tokens()]
    )
    if as_json:
        output.print_json(found, list[ShownToken])
        return
    now = clock.SystemClock().now()
    head = ("ID", "NAME", "ROLE", "BY", "EXPIRES", "LAST USED")
    output.table(head, [_row(token, now) for token in found])


def _row(token: ShownToken, now: datetime) -> tuple[str, ...]:
    expires = f"{token.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if token.expires_at else "never"
    if token.expires_at and token.expires_at <= now:
        expires = "expired"
    used = text.ago(token.last_used_at, now) if token.last_used_at else "never"
    return (token.id, token.name, token.role, token.created_by, expires, used)


@command.command("revoke")
@click.argument("id")
def revoke(id: str) -> None:
    """Make a key worthless at once."""

    def remove(app: App) -> str:
        app.access.remove_token(id)
        return ""

    target.target().ask(str, f"/tokens/{quote(id, safe='')}", remove, method="DELETE")
    output.echo(f"{id} is worthless now.")


def _me() -> str:
    """The person of the operating system who asks; over a server it is the token's owner instead."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container with a user id that has no name
        return "somebody"
