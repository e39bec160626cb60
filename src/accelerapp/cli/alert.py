"""`accelerapp alert …`: what is wrong, who would be paged, and why not."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from accelerapp.base import clock, text
from accelerapp.cli import alert_senders, alert_silences, output
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.alerts.model import Alert, AlertDetail
    from accelerapp.app import App


class _Group(click.Group):
    """Rules have a module of their own, which is imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The rules among the others."""
        return [*super().list_commands(ctx), "rules"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """By name."""
        if cmd_name != "rules":
            return super().get_command(ctx, cmd_name)
        from accelerapp.cli import alert_rules

        return alert_rules.command


@click.group("alert", cls=_Group)
def command() -> None:
    """Alerts: what is wrong now, who would be paged, and why not."""


def me() -> str:
    """The person of the operating system who asks; over a server it is the token's owner instead."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container with a user id that has no name
        return "somebody"


def path(*parts: str) -> str:
    """A path of the API with parts from outside."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


@command.command("list")
@output.service_option
@click.option("--resolved", is_flag=True, help="Those that are over instead.")
@output.json_option
def list_alerts(service: str | None, resolved: bool, as_json: bool) -> None:
    """Open alerts, worst first, with the reason for which each paged or not. Exits with 1 when one is open."""
    from accelerapp.alerts.model import Alert
    from accelerapp.alerts.store import Filter

    def local(app: App) -> list[Alert]:
        return app.alerting.alerts(Filter(not resolved, service or ""))

    params = {"open": str(not resolved).lower(), "service": service or ""}
    found: list[Alert] = target().ask(list[Alert], "/alerts", local, params=params)
    if as_json:
        output.print_json(found, list[Alert])
    elif not found:
        output.echo("Nothing was resolved lately." if resolved else "No alert is open.")
    else:
        now = clock.SystemClock().now()
        output.table(("ID", "SEV", "STATE", "SERVICE", "ALERT", "SINCE", "PAGE"), [_row(each, now) for each in found])
    if found and not resolved:
        click.get_current_context().exit(1)


def _row(alert: Alert, now: datetime) -> tuple[str, ...]:
    why = alert.why or "not decided yet: others of its group may come"
    return (
        alert.id,
        alert.severity,
        alert.state,
        alert.service or "-",
        alert.title[:60],
        text.ago(alert.opened_at, now),
        f"{alert.verdict}: {why}",
    )


@command.command("show")
@click.argument("id")
@output.json_option
def show(id: str, as_json: bool) -> None:
    """An alert with its labels and every decision about it."""
    from accelerapp.alerts.model import AlertDetail

    found: AlertDetail = target().ask(AlertDetail, path("alerts", id), lambda app: app.alerting.detail(id))
    if as_json:
        output.print_json(found)
        return
    _print(found)


def _print(found: AlertDetail) -> None:
    alert = found.alert
    output.echo(f"{alert.severity} {text.printable(alert.title)}  ({alert.state})")
    for name, value in _facts(alert):
        output.echo(f"  {name}: {text.printable(value)}")
    for title, pairs in (("Labels", alert.labels), ("Annotations", alert.annotations)):
        output.echo(f"\n{title}")
        for name, value in sorted(pairs.items()):
            shown = text.printable(value).replace("\n", "\n    ")
            output.echo(f"  {text.printable(name, 128)}: {shown}")
    output.echo("\nHistory")
    for line in found.decisions:
        output.echo(f"  {stamp(line.at)}  {line.kind}: {text.printable(line.reason)}")


def _facts(alert: Alert) -> list[tuple[str, str]]:
    named: list[tuple[str, Any]] = [
        ("id", alert.id),
        ("service", alert.service),
        ("from", alert.source),
        ("open since", stamp(alert.opened_at)),
        ("resolved", alert.resolved_at and stamp(alert.resolved_at)),
        ("acknowledged by", alert.acknowledged_by),
        ("page", f"{alert.verdict}: {alert.why}" if alert.why else alert.verdict),
        ("incident", alert.incident),
        ("value", alert.value),
        ("link", alert.generator_url),
    ]
    return [(name, str(value)) for name, value in named if value not in (None, "")]


def stamp(at: datetime) -> str:
    """`2026-03-02 12:00:00 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@command.command("ack")
@click.argument("id")
@click.option("--note", default="", help="A word about it for the others.")
def acknowledge(id: str, note: str) -> None:
    """Say that you have seen it: it pages nobody any more, unless it gets worse."""
    from accelerapp.alerts.model import Alert

    found: Alert = target().ask(
        Alert,
        path("alerts", id, "acknowledge"),
        lambda app: app.alerting.acknowledge(id, me(), note),
        method="POST",
        body={"note": note},
    )
    output.echo(f"{found.id} is acknowledged by {text.printable(found.acknowledged_by, 200)}.")


@command.command("send")
@click.argument("title", default="")
@output.service_option
@click.option("--severity", default="P3", show_default=True, metavar="P1|P2|P3|P4")
@click.option("--rule", default="", help="Name of the rule; alerts of one rule and service are one page.")
@click.option("--key", default="", help="What it is known by; the title when left out.")
@click.option("--description", default="", help="More about it.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="Repeat it for several.")
@click.option("--resolve", is_flag=True, help="Say that it is over.")
@output.json_option
def send(
    title: str,
    service: str | None,
    severity: str,
    rule: str,
    key: str,
    description: str,
    labels: tuple[str, ...],
    resolve: bool,
    as_json: bool,
) -> None:
    """Send an alert, from a script or by hand: `accelerapp alert send "Disk full" --severity P2`."""
    from accelerapp.flows.alert_intake import Taken

    given = {
        "title": title,
        "service": service or "",
        "severity": severity,
        "rule": rule,
        "key": key,
        "description": description,
        "state": "resolved" if resolve else "firing",
        "labels": dict(_pair(label) for label in labels),
    }

    def local(app: App) -> Taken:
        from accelerapp.alerts.intake import generic

        return app.alerting.take([generic.by_hand(given, me(), app.clock.now())])

    taken: Taken = target().ask(Taken, "/alerts", local, method="POST", body=given)
    if as_json:
        output.print_json(taken)
    elif taken.opened:
        output.echo(f"Opened {', '.join(taken.opened)}.")
    else:
        output.echo("Resolved." if taken.resolved else "It is known already: nothing changed.")


def _pair(label: str) -> tuple[str, str]:
    name, sign, value = label.partition("=")
    if not sign or not name:
        raise click.UsageError(f"'{label}' is not a label: write NAME=VALUE.")
    return name, value


@command.command("test")
@output.service_option
@output.json_option
def test(service: str | None, as_json: bool) -> None:
    """Send a harmless alert the whole way and show each station."""
    from accelerapp.alerts.model import Trial

    params = {"service": service} if service else None
    found: Trial = target().ask(
        Trial, "/alerts/test", lambda app: app.try_alert(service, me()), method="POST", params=params
    )
    if as_json:
        output.print_json(found)
    else:
        for station in found.stations:
            mark = click.style("ok  ", fg="green") if station.ok else click.style("fail", fg="red")
            output.echo(f"{mark}  {station.name:<9} {text.printable(station.told)}")
    if not found.ok:
        click.get_current_context().exit(1)


for group in (alert_silences, alert_senders):
    group.add(command)
