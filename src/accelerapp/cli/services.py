"""`accelerapp service`: what runs, and what a responder does about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from accelerapp.base import text
from accelerapp.cli import logs_tail, output, service_config, service_forward, services_change
from accelerapp.cli.service_names import meant
from accelerapp.cli.target import Target, target

if TYPE_CHECKING:
    from accelerapp.app import App
    from accelerapp.platforms.interface import Platform, Workload


@click.group("service")
def command() -> None:
    """List, scale, restart and switch services; run commands in replicas."""


def platform(app: App, name: str | None) -> Platform:
    """The platform of the named service."""
    return app.platform(app.service(name))


def workload_of(asked: Target, name: str) -> Workload:
    """The service as its platform sees it now."""
    from accelerapp.platforms.interface import Workload

    service = meant(asked, name)
    found: Workload = asked.ask(
        Workload, f"/services/{service}/workload", lambda app: platform(app, name).workload(app.service(name).name)
    )
    return found


@command.command("list")
@output.json_option
def list_services(as_json: bool) -> None:
    """List the services of the settings."""
    from accelerapp.services.model import Service

    found: list[Service] = target().ask(list[Service], "/services", lambda app: list(app.services))
    if as_json:
        output.print_json(found, list[Service])
        return
    rows = [[each.name, each.platform, each.owner or "-", each.url or "-", each.description] for each in found]
    output.table(("SERVICE", "PLATFORM", "OWNER", "ADDRESS", "DESCRIPTION"), rows)


@command.command("show")
@click.argument("name", required=False)
@output.json_option
def show(name: str | None, as_json: bool) -> None:
    """Show a service: version, rollout, replicas."""
    from accelerapp.platforms.interface import Workload

    asked = target()
    found = workload_of(asked, meant(asked, name))
    if as_json:
        output.print_json(found, Workload)
        return
    output.echo(f"{found.service}: version {found.version} (revision {found.revision}), {found.phase}")
    output.echo(f"  {found.ready} of {found.desired} replicas ready, {found.updated} of the wanted revision")
    if found.address:
        output.echo(f"  {found.address}")
    if found.message:
        output.echo(f"  {text.printable(found.message, 400)}")
    output.echo()
    _print_replicas(found)


@command.command("replicas")
@click.argument("name", required=False)
@output.json_option
def replicas(name: str | None, as_json: bool) -> None:
    """List the replicas of a service with their states and reasons."""
    from accelerapp.platforms.interface import Replica

    asked = target()
    found = workload_of(asked, meant(asked, name))
    if as_json:
        output.print_json(list(found.replicas), list[Replica])
    else:
        _print_replicas(found)


def _print_replicas(found: Workload) -> None:
    rows = [
        [
            each.name,
            str(each.state),
            "yes" if each.ready else "no",
            str(each.restarts),
            each.version,
            str(each.pid or "-"),
            each.address or "-",
            each.reason,
        ]
        for each in found.replicas
    ]
    output.table(("REPLICA", "STATE", "READY", "RESTARTS", "VERSION", "PID", "ADDRESS", "REASON"), rows, right=(3, 5))


@command.command("events")
@click.argument("name", required=False)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500), help="How many at most.")
@output.json_option
def events(name: str | None, limit: int, as_json: bool) -> None:
    """List what happened to a service, newest first."""
    from accelerapp.platforms.interface import Event

    asked = target()
    found: list[Event] = asked.ask(
        list[Event],
        f"/services/{meant(asked, name)}/events",
        lambda app: platform(app, name).events(app.service(name).name, limit),
        params={"limit": limit},
    )
    if as_json:
        output.print_json(found, list[Event])
        return
    rows = [
        [_local(each.at), each.kind, each.reason, each.replica or "-", _times(each.count) + each.message]
        for each in found
    ]
    output.table(("AT", "KIND", "REASON", "REPLICA", "MESSAGE"), rows)


@command.command("history")
@click.argument("name", required=False)
@output.json_option
def history(name: str | None, as_json: bool) -> None:
    """List the revisions of a service, newest first."""
    from accelerapp.platforms.interface import Revision

    asked = target()
    found: list[Revision] = asked.ask(
        list[Revision],
        f"/services/{meant(asked, name)}/revisions",
        lambda app: platform(app, name).revisions(app.service(name).name),
    )
    if as_json:
        output.print_json(found, list[Revision])
        return
    rows = [[str(each.number), each.version, _local(each.at), each.by, " ".join(each.changes)] for each in found]
    output.table(("REVISION", "VERSION", "AT", "BY", "CHANGES"), rows, right=(0,))


@command.command("usage")
@click.argument("name", required=False)
@output.json_option
def usage(name: str | None, as_json: bool) -> None:
    """Show CPU and memory of each replica."""
    from accelerapp.platforms.interface import ReplicaUsage

    asked = target()
    found: list[ReplicaUsage] = asked.ask(
        list[ReplicaUsage],
        f"/services/{meant(asked, name)}/usage",
        lambda app: platform(app, name).usage(app.service(name).name),
    )
    if as_json:
        output.print_json(found, list[ReplicaUsage])
        return
    rows = [
        [each.replica, f"{each.cpu_cores:.2f}", text.size(each.memory_bytes), _limit(each.memory_limit_bytes)]
        for each in found
    ]
    output.table(("REPLICA", "CPU", "MEMORY", "LIMIT"), rows, right=(1, 2, 3))


@command.command("nodes")
@output.json_option
def nodes(as_json: bool) -> None:
    """Show CPU, memory, disks and troubles of the machines."""
    from accelerapp.platforms.interface import Node

    found: list[Node] = target().ask(list[Node], "/nodes", lambda app: app.nodes())
    if as_json:
        output.print_json(found, list[Node])
        return
    rows = [
        [
            each.name,
            f"{_figure(each.cpu_used_cores, '{:.2f}'.format)} of {each.cpu_cores:g}",
            f"{_figure(each.memory_used_bytes, text.size)} of {text.size(each.memory_bytes)}",
            ", ".join(f"{disk.mount} {disk.percent:.0f} %" for disk in each.disks),
            " ".join(each.problems),
        ]
        for each in found
    ]
    output.table(("NODE", "CPU", "MEMORY", "DISKS", "PROBLEMS"), rows)


def _figure(value: float | None, shown: Callable[[float], str]) -> str:
    return "unknown" if value is None else shown(value)


def _local(at: object) -> str:
    from datetime import datetime

    assert isinstance(at, datetime)
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def _times(count: int) -> str:
    return f"({count} times) " if count > 1 else ""


def _limit(limit: int | None) -> str:
    return "-" if limit is None else text.size(limit)


for _change in (*services_change.COMMANDS, service_config.config, service_forward.forward, logs_tail.of_service):
    command.add_command(_change)
