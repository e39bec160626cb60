"""`accelerapp logs tail` and `accelerapp service logs SERVICE`: the last lines of the replicas, and those that come."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from accelerapp.base import errors, text
from accelerapp.cli import output, service_names, target

F = TypeVar("F", bound=Callable[..., Any])
LEVELS = ("debug", "info", "warning", "error", "critical")


@dataclass(frozen=True)
class Wanted:
    """Which lines."""

    lines: int
    follow: bool
    level: str | None
    match: str | None
    replica: str | None
    previous: bool
    last: str | None

    @property
    def seconds(self) -> int | None:
        """How far back. Raises WrongUseError."""
        if self.last is None:
            return None
        length = text.parse_duration(self.last).total_seconds()
        if length < 1:
            raise errors.WrongUseError(f"'{self.last}' is no length to look back.", mend="Write it like 15m or 24h.")
        return round(length)


def options(command: F) -> F:
    """The options that say which lines."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print a JSON object per line: replica, level, text."),
        click.option("--previous", "-p", is_flag=True, help="Of the run before the last restart (Kubernetes)."),
        click.option("--replica", metavar="NAME", help="Only of this replica."),
        click.option("--last", metavar="DURATION", help="Nothing that is older: 15m, 24h."),
        click.option("--match", metavar="REGEX", help="Only lines in which this is found."),
        click.option("--level", type=click.Choice(LEVELS), help="This level or worse."),
        click.option("--follow", "-f", is_flag=True, help="Go on with what comes."),
        click.option("--lines", "-n", type=click.IntRange(0, 100_000), default=100, show_default=True),
    ):
        command = option(command)
    return command


@click.command("tail")
@output.service_option
@options
def tail(service: str | None, as_json: bool, **asked: Any) -> None:
    """The last lines of every replica, the replica's name in front."""
    _print(service, Wanted(**asked), as_json)


@click.command("logs")
@click.argument("name", required=False)
@options
def of_service(name: str | None, as_json: bool, **asked: Any) -> None:
    """The last lines of every replica of a service; `accelerapp logs` reviews and compares them."""
    _print(name, Wanted(**asked), as_json)


def _print(service: str | None, wanted: Wanted, as_json: bool) -> None:
    from datetime import timedelta

    from accelerapp.base import jsons
    from accelerapp.base.clock import SystemClock
    from accelerapp.base.ids import ReplicaName
    from accelerapp.cli import log_lines
    from accelerapp.logs import service as logs
    from accelerapp.logs.model import Level

    here, seconds = target.target(), wanted.seconds
    name = service_names.meant(here, service)
    pieces = here.follow(
        f"/services/{name}/logs",
        lambda app: app.tail_logs(
            name,
            lines=wanted.lines,
            follow=wanted.follow,
            level=Level(wanted.level) if wanted.level else None,
            match=wanted.match,
            replicas=(ReplicaName(wanted.replica),) if wanted.replica else (),
            previous=wanted.previous,
            last=timedelta(seconds=seconds) if seconds else None,
        ),
        params={
            "lines": wanted.lines,
            "follow": wanted.follow,
            "level": wanted.level,
            "match": wanted.match,
            "replica": wanted.replica,
            "previous": wanted.previous or None,
            "seconds": seconds,
        },
    )
    for found in log_lines.lines(pieces, logs.milliseconds(SystemClock().now())):
        for line in found:
            output.echo(jsons.to_json(line).decode() if as_json else log_lines.shown(line))
        if found:
            sys.stdout.flush()
