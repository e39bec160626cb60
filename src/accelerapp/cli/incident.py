"""`accelerapp incident list|show`: what alerts became when they stayed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from accelerapp.base import clock, text
from accelerapp.cli import output
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.incidents.model import Incident, IncidentDetail


@click.group("incident")
def command() -> None:
    """Incidents: opened by alerts that stay, closed when all of them are over."""


@command.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only those that are open.")
@output.json_option
def list_incidents(only_open: bool, as_json: bool) -> None:
    """Incidents, newest first. Exits with 1 when one is open."""
    from accelerapp.incidents.model import Incident

    wanted = True if only_open else None
    params = {"open": "true"} if only_open else None
    found: list[Incident] = target().ask(
        list[Incident], "/incidents", lambda app: app.alerting.incidents(wanted), params=params
    )
    if as_json:
        output.print_json(found, list[Incident])
    elif not found:
        output.echo("No incident.")
    else:
        now = clock.SystemClock().now()
        output.table(("ID", "SEV", "STATE", "SERVICE", "OPENED", "TITLE"), [_row(each, now) for each in found])
    if any(each.is_open for each in found):
        click.get_current_context().exit(1)


def _row(each: Incident, now: datetime) -> tuple[str, ...]:
    opened = text.ago(each.opened_at, now)
    return (each.id, each.severity, each.status, each.service or "-", opened, each.title)


@command.command("show")
@click.argument("id")
@output.json_option
def show(id: str, as_json: bool) -> None:
    """An incident with its time line."""
    from accelerapp.incidents.model import IncidentDetail

    found: IncidentDetail = target().ask(
        IncidentDetail, f"/incidents/{quote(id, safe='')}", lambda app: app.alerting.incident(id)
    )
    if as_json:
        output.print_json(found)
        return
    one = found.incident
    output.echo(f"{one.severity} {text.printable(one.title)}  ({one.status})")
    for entry in found.entries:
        output.echo(f"  {entry.at:%Y-%m-%d %H:%M:%S} UTC  {text.printable(entry.text)}")
