"""`accelerapp token …`: keys for programs, on the data folder of this machine."""

from __future__ import annotations

import getpass

import click

from accelerapp.access.model import Role
from accelerapp.base import text
from accelerapp.cli import output, target


@click.group("token")
def command() -> None:
    """Keys for programs. Use one as ACCELERAPP_TOKEN, or as `Authorization: Bearer KEY`."""


@command.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.VIEWER.value, show_default=True)
@click.option("--expires", metavar="DURATION", help="How long it is valid, such as 90d; for ever when left out.")
def create(name: str, role: str, expires: str | None) -> None:
    """Make a key and print it; it cannot be shown again."""
    length = text.parse_duration(expires) if expires else None
    made = target.target().app.access.add_token(name, Role(role), getpass.getuser(), length)
    click.echo(f"Made {made.token.id} with the role {role}. The key, shown this once:", err=True)
    click.echo(made.key)


@command.command("list")
@output.json_option
def tokens(as_json: bool) -> None:
    """All keys, without their secret part."""
    app = target.target().app
    found = app.access.tokens()
    if as_json:
        rows = [{key: value for key, value in vars(token).items() if key != "hash"} for token in found]
        output.print_json(rows, list[dict[str, object]])
        return
    now = app.clock.now()
    output.table(
        ("ID", "NAME", "ROLE", "BY", "EXPIRES", "LAST USED"),
        [
            (
                token.id,
                token.name,
                token.role,
                token.created_by,
                text.ago(token.expires_at, now) if token.expires_at else "never",
                text.ago(token.last_used_at, now) if token.last_used_at else "never",
            )
            for token in found
        ],
    )


@command.command("revoke")
@click.argument("id")
def revoke(id: str) -> None:
    """Make a key worthless at once."""
    target.target().app.access.remove_token(id)
    output.echo(f"{id} is worthless now.")
