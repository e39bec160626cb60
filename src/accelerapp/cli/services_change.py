"""The commands of `accelerapp service` that change something; each waits for the rollout unless told not to."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from accelerapp.base import errors, text
from accelerapp.cli import output, rollout
from accelerapp.cli.service_names import meant
from accelerapp.cli.target import Target, target

if TYPE_CHECKING:
    from accelerapp.app import App
    from accelerapp.base.ids import ServiceName
    from accelerapp.platforms.interface import Platform, Revision

_wait_option = click.option("--wait/--no-wait", default=True, show_default=True, help="Wait for the rollout.")
_timeout_option = click.option("--timeout", default="10m", show_default=True, help="Longest wait for the rollout.")


@click.command("scale")
@click.argument("name")
@click.argument("replicas", type=click.IntRange(0, 100))
@_wait_option
@_timeout_option
@output.json_option
def scale(name: str, replicas: int, wait: bool, timeout: str, as_json: bool) -> int:
    """Want so many replicas of a service."""
    asked = target()
    _post(
        asked, name, "scale", {"replicas": replicas}, lambda platform, service: platform.scale(service, replicas, me())
    )
    return _follow(asked, name, rollout.Goal(replicas=replicas), wait, timeout, as_json)


@click.command("restart")
@click.argument("name")
@_wait_option
@_timeout_option
@output.json_option
def restart(name: str, wait: bool, timeout: str, as_json: bool) -> int:
    """Replace every replica of a service, one after the other."""
    return restart_now(target(), name, wait, timeout, as_json)


def restart_now(asked: Target, name: str, wait: bool = True, timeout: str = "10m", as_json: bool = False) -> int:
    """Replace every replica and wait for it; the exit code."""
    _post(asked, name, "restart", {}, lambda platform, service: platform.restart(service, me()))
    return _follow(asked, name, rollout.Goal(), wait, timeout, as_json)


@click.command("version")
@click.argument("name")
@click.argument("version")
@_wait_option
@_timeout_option
@output.json_option
def version(name: str, version: str, wait: bool, timeout: str, as_json: bool) -> int:
    """Switch a service to a version by a rolling replacement."""
    asked = target()
    revision = _revise(
        asked,
        name,
        "version",
        {"version": version},
        lambda platform, service: platform.set_version(service, version, me()),
    )
    return _follow(asked, name, rollout.Goal(revision=revision.number), wait, timeout, as_json)


@click.command("undo")
@click.argument("name")
@click.option("--to", type=click.IntRange(1), help="Number of the revision; default: the one before.")
@_wait_option
@_timeout_option
@output.json_option
def undo(name: str, to: int | None, wait: bool, timeout: str, as_json: bool) -> int:
    """Go back to an earlier revision of a service, as a new revision."""
    asked = target()
    body = {} if to is None else {"to": to}
    revision = _revise(asked, name, "undo", body, lambda platform, service: platform.undo(service, me(), to))
    return _follow(asked, name, rollout.Goal(revision=revision.number), wait, timeout, as_json)


@click.command("run", context_settings={"ignore_unknown_options": True})
@click.argument("replica")
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND…")
@output.service_option
@click.option("--timeout", default="1m", show_default=True, help="Longest time that the command may take.")
@output.json_option
def run(replica: str, arguments: tuple[str, ...], service: str | None, timeout: str, as_json: bool) -> int:
    """Run a command beside a replica. Ends with the command's exit code."""
    from accelerapp.base.ids import ReplicaName
    from accelerapp.platforms.interface import CommandResult

    asked, seconds = target(), text.parse_duration(timeout).total_seconds()

    def local(app: App) -> CommandResult:
        found = app.service(service)
        return app.platform(found).run_by(found.name, ReplicaName(replica), arguments, seconds, me())

    result: CommandResult = asked.ask(
        CommandResult,
        f"/services/{meant(asked, service)}/run",
        local,
        method="POST",
        body={"replica": replica, "command": list(arguments), "timeout": seconds},
    )
    if as_json:
        output.print_json(result, CommandResult)
    else:
        click.echo(result.stdout, nl=False)
        click.echo(result.stderr, nl=False, err=True)
    return result.exit_code if 0 <= result.exit_code < 256 else 128 + abs(result.exit_code) % 128


COMMANDS = (scale, restart, version, undo, run)


def me() -> str:
    """The person of the operating system who asks; over a server it is the token's owner instead."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container with a user id that has no name
        return "somebody"


def _platform(app: App, name: str | None) -> Platform:
    return app.platform(app.service(name))


def _post(
    asked: Target, name: str, verb: str, body: dict[str, Any], do: Callable[[Platform, ServiceName], None]
) -> None:
    from accelerapp.platforms.interface import Workload

    def local(app: App) -> Workload:
        service = app.service(name).name
        do(_platform(app, name), service)
        return _platform(app, name).workload(service)

    asked.ask(Workload, f"/services/{name}/{verb}", local, method="POST", body=body)


def _revise(
    asked: Target, name: str, verb: str, body: dict[str, Any], do: Callable[[Platform, ServiceName], Revision]
) -> Revision:
    from accelerapp.platforms.interface import Revision

    made: Revision = asked.ask(
        Revision,
        f"/services/{name}/{verb}",
        lambda app: do(_platform(app, name), app.service(name).name),
        method="POST",
        body=body,
    )
    return made


def _follow(asked: Target, name: str, goal: rollout.Goal, wait: bool, timeout: str, as_json: bool) -> int:
    from accelerapp.cli.services import workload_of
    from accelerapp.platforms.interface import Workload

    longest = text.parse_duration(timeout).total_seconds()
    say = (lambda line: click.echo(line, err=True)) if as_json else output.echo
    found = workload_of(asked, name)
    if wait:
        found = rollout.wait(lambda: workload_of(asked, name), goal, longest, say)
    if as_json:
        output.print_json(found, Workload)
    elif not wait:
        say(f"{found.service}: {rollout.line(found)}. It goes on by itself; `accelerapp service show {name}` tells.")
    step = rollout.reached(found, goal)
    if wait and step is rollout.Step.FAILED:
        raise errors.AccelerappError(
            f"The rollout of {found.service} failed: {found.message or 'the platform does not say why.'}",
            mend=f"`accelerapp service events {name}` tells more; `accelerapp service undo {name}` goes back.",
        )
    return 1 if wait and step is rollout.Step.SUPERSEDED else 0
