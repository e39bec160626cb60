"""`accelerapp alert integration …`: who may send alerts, each with a key of its own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from accelerapp.base import clock, text
from accelerapp.cli import output
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.alerts.model import Decision, ShownIntegration
    from accelerapp.app import App

KINDS = ("alertmanager", "grafana", "pagerduty", "goalert", "oncall", "heartbeat", "generic")


def add(group: click.Group) -> None:
    """Add the commands to `accelerapp alert`."""
    group.add_command(integration)


@click.group("integration")
def integration() -> None:
    """Senders of alerts, each with a key of its own."""


@integration.command("add")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--name", help="What it is called; its kind when left out.")
@output.service_option
@click.option("--secret", default="", metavar="env:NAME|file:PATH", help="Where its signing secret is found.")
@click.option("--every", metavar="DURATION", help="How often a heartbeat has to come.")
@output.json_option
def add_integration(
    kind: str, name: str | None, service: str | None, secret: str, every: str | None, as_json: bool
) -> None:
    """Make a sender and print where it sends to; its key cannot be shown again."""
    from accelerapp.alerts.model import Kind, ShownIntegration

    length = text.parse_duration(every) if every else None

    def local(app: App) -> ShownIntegration:
        from accelerapp.cli import alert

        return app.alerting.add_integration(
            name or kind, Kind(kind), alert.me(), service_name=service or "", secret=secret, every=length
        )

    body = {
        "name": name or kind,
        "kind": kind,
        "service": service or "",
        "secret": secret,
        "every_seconds": length.total_seconds() if length else None,
    }
    made: ShownIntegration = target().ask(ShownIntegration, "/integrations", local, method="POST", body=body)
    if as_json:
        output.print_json(made)
        return
    click.echo(f"Made {made.id}. Its key, shown this once: {made.key}", err=True)
    click.echo(
        f"Let it send to SERVER{made.path}" + (" with that routing_key." if kind == "pagerduty" else ""), err=True
    )
    click.echo(made.path)


@integration.command("list")
@output.json_option
def list_integrations(as_json: bool) -> None:
    """All senders, and when each was last heard."""
    from accelerapp.alerts.model import ShownIntegration

    found: list[ShownIntegration] = target().ask(
        list[ShownIntegration], "/integrations", lambda app: app.alerting.integrations()
    )
    if as_json:
        output.print_json(found, list[ShownIntegration])
    elif not found:
        output.echo("No sender yet: `accelerapp alert integration add alertmanager` makes one.")
    else:
        now = clock.SystemClock().now()
        output.table(("ID", "KIND", "NAME", "SERVICE", "EVERY", "LAST HEARD"), [_row(each, now) for each in found])


def _row(each: ShownIntegration, now: datetime) -> tuple[str, ...]:
    every = text.duration(each.every_seconds) if each.every_seconds else "-"
    heard = text.ago(each.last_at, now) if each.last_at else "never"
    return (each.id, each.kind, each.name, each.service or "-", every, heard)


@integration.command("changes")
@click.argument("id")
@output.json_option
def changes(id: str, as_json: bool) -> None:
    """What a sender told of changes, oldest first."""
    from accelerapp.alerts.model import Decision

    found: list[Decision] = target().ask(
        list[Decision], f"/integrations/{quote(id, safe='')}/changes", lambda app: app.alerting.changes(id)
    )
    if as_json:
        output.print_json(found, list[Decision])
        return
    for line in found:
        output.echo(f"{line.at:%Y-%m-%d %H:%M:%S} UTC  {text.printable(line.reason)}")


@integration.command("remove")
@click.argument("id")
def remove(id: str) -> None:
    """Make a sender's key worthless."""

    def local(app: App) -> str:
        app.alerting.remove_integration(id)
        return ""

    target().ask(str, f"/integrations/{quote(id, safe='')}", local, method="DELETE")
    output.echo(f"{id} sends no more.")
