"""`accelerapp notify`: tell the team something now; `notify test CHANNEL` tries a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from accelerapp.base import text
from accelerapp.cli import output
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.notifications.model import Sent


@click.group("notify", invoke_without_command=True)
@click.option("--severity", type=click.Choice(["P1", "P2", "P3", "P4"], case_sensitive=False), help="How bad it is.")
@click.option("--message", metavar="TEXT", help="What to say; the first line is the title.")
@click.option("--service", "-s", metavar="NAME", default="", help="What it is about.")
@click.option(
    "--channel", "-c", "channels", multiple=True, metavar="NAME[:ADDRESS]", help="In place of those of the settings."
)
@output.json_option
@click.pass_context
def command(
    ctx: click.Context,
    severity: str | None,
    message: str | None,
    service: str,
    channels: tuple[str, ...],
    as_json: bool,
) -> None:
    """Tell the team something by the channels that the settings name for its severity.

    \b
    Example: accelerapp notify --severity P1 --message "The shop is down" --service shop
    Exit code: 0 everybody has it, 1 somebody has not, 2 wrong use or settings, 3 nobody could be reached.
    """
    if ctx.invoked_subcommand:
        return
    if severity is None or message is None:
        raise click.UsageError("Give --severity and --message, or a command: test, list.")
    from accelerapp.base.severity import Severity
    from accelerapp.notifications.model import Sent

    body = {"severity": severity.upper(), "message": message, "service": service, "channels": list(channels)}
    sent: list[Sent] = target().ask(
        list[Sent],
        "/notifications",
        lambda app: app.notifying.notify(Severity(severity.upper()), message, service, channels),
        method="POST",
        body=body,
    )
    _print(sent, as_json)
    ctx.exit(_exit_code(sent))


@command.command("test")
@click.argument("channel", metavar="CHANNEL")
@click.option("--to", metavar="ADDRESS", default="", help="In place of the address of the settings.")
@output.json_option
def test(channel: str, to: str, as_json: bool) -> None:
    """Send a harmless message by one channel. Exit codes as above."""
    from accelerapp.notifications.model import Sent

    sent: Sent = target().ask(
        Sent,
        f"/channels/{quote(channel, safe='')}/test",
        lambda app: app.notifying.test(f"{channel}:{to}"),
        method="POST",
        params={"to": to},
    )
    _print([sent], as_json)
    click.get_current_context().exit(_exit_code([sent]))


@command.command("list")
@output.json_option
def list_channels(as_json: bool) -> None:
    """The channels of the settings, and the severities that they are told of."""
    from accelerapp.flows.notifying import ShownChannel

    found: list[ShownChannel] = target().ask(list[ShownChannel], "/channels", lambda app: app.notifying.channels())
    if as_json:
        output.print_json(found, list[ShownChannel])
    elif not found:
        output.echo("The settings describe no channel: add a table [channels.NAME].")
    else:
        rows = [(each.name, each.kind, ", ".join(each.severities) or "-") for each in found]
        output.table(("NAME", "KIND", "SEVERITIES"), rows)


def _print(sent: list[Sent], as_json: bool) -> None:
    from accelerapp.notifications import model, service

    if as_json:
        output.print_json(sent, list[model.Sent])
        return
    for each in sent:
        to = f" ({text.printable(each.to, 100)})" if each.to else ""
        output.echo(f"{each.channel}{to}: {text.printable(service.sentence(each.delivery), 600)}")
        if not isinstance(each.delivery, model.Delivered) and each.delivery.mend:
            output.echo(f"  {text.printable(each.delivery.mend, 400)}")


def _exit_code(sent: list[Sent]) -> int:
    from accelerapp.notifications import service

    return service.exit_code(sent)
