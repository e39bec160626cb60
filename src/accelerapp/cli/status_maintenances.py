"""`accelerapp status maintenance …`: work that the public is told of before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from accelerapp.base import clock, errors, text
from accelerapp.cli import output
from accelerapp.cli.alert import me
from accelerapp.cli.incident_asking import moment, zone_option
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.app import App
    from accelerapp.statuspage.model import Maintenance

_message = click.option("--message", "-m", default="", help="What the public reads; Markdown.")


@click.group("maintenance")
def maintenance() -> None:
    """Work that the public is told of before. It begins and ends by the clock, unless you say otherwise."""


def add(group: click.Group) -> None:
    """Its commands."""
    group.add_command(maintenance)


@maintenance.command("add")
@click.argument("title")
@click.option("--from", "begin", metavar="TIME", required=True, help='Such as "2026-12-01 22:00", or 2d (from now).')
@click.option("--to", "end", metavar="TIME", default="", help='Such as "2026-12-01 23:30".')
@click.option("--for", "length", metavar="DURATION", default="", help="In place of --to, such as 90m.")
@click.option(
    "--component", "-c", "components", multiple=True, metavar="NAME", help="What it touches; may be repeated."
)
@_message
@zone_option
@output.json_option
def announce(
    title: str, begin: str, end: str, length: str, components: tuple[str, ...], message: str, zone: str, as_json: bool
) -> None:
    """Announce work.

    \b
    Example: accelerapp status maintenance add "Larger database" --from "2026-12-01 22:00" --for 90m -c Checkout
    """
    from accelerapp.statuspage.maintenances import Planned

    if bool(end) == bool(length):
        raise errors.WrongUseError("Say when it ends.", mend="Give --to TIME, or --for DURATION.")
    starts_at = moment(begin, zone, is_past=False)
    ends_at = starts_at + text.parse_duration(length) if length else moment(end, zone, is_past=False)
    planned = Planned(title, starts_at, ends_at, message, components)
    body = {
        "title": title,
        "scheduled_for": starts_at.isoformat(),
        "scheduled_until": ends_at.isoformat(),
        "message": message,
        "components": list(components),
    }
    made = _ask("", lambda app: app.status_editing.announce(planned, me()), body)
    _told(made, as_json)


def _act(name: str, told: str) -> None:
    @maintenance.command(name, help=told)
    @click.argument("id")
    @_message
    @output.json_option
    def act(id: str, message: str, as_json: bool) -> None:
        def local(app: App) -> Maintenance:
            verb: Callable[[str, str, str], Maintenance] = getattr(app.status_editing, name)
            return verb(id, message, me())

        _told(_ask(f"{id}/{name}", local, {"message": message}), as_json)


_act("start", "Begin it earlier than planned.")
_act("verify", "The work is done and is being looked at; then it lasts until you complete it.")
_act("complete", "It is over.")
_act("tell", "A word about it.")


@maintenance.command("extend")
@click.argument("id")
@click.option("--to", "end", metavar="TIME", required=True, help='Such as "2026-12-02 00:30", or 30m (from now).')
@_message
@zone_option
@output.json_option
def extend(id: str, end: str, message: str, zone: str, as_json: bool) -> None:
    """It ends at another time."""
    until: datetime = moment(end, zone, is_past=False)
    body = {"message": message, "until": until.isoformat()}
    _told(_ask(f"{id}/extend", lambda app: app.status_editing.extend(id, until, message, me()), body), as_json)


@maintenance.command("withdraw")
@click.argument("id")
def withdraw(id: str) -> None:
    """Take one that has not begun off the page."""
    path = f"/status/maintenances/{quote(id, safe='')}"
    target().ask(type(None), path, lambda app: app.status_editing.withdraw(id), method="DELETE")
    output.echo(f"{id} is off the page.")


def _ask(path: str, local: Callable[[App], Maintenance], body: dict[str, Any]) -> Maintenance:
    from accelerapp.statuspage.model import Maintenance

    parts = "".join(f"/{quote(each, safe='')}" for each in path.split("/") if each)
    made: Maintenance = target().ask(Maintenance, f"/status/maintenances{parts}", local, method="POST", body=body)
    return made


def _told(made: Maintenance, as_json: bool) -> None:
    from accelerapp.statuspage import maintenances

    if as_json:
        output.print_json(made)
        return
    stage = maintenances.stage(made, clock.SystemClock().now()).replace("_", " ")
    when = f"{made.scheduled_for:%Y-%m-%d %H:%M} to {made.scheduled_until:%Y-%m-%d %H:%M} UTC"
    output.echo(f"{made.id}: {text.printable(made.title)}, {stage}, {when}")
