"""`accelerapp alert silence|silences|unsilence`, and `accelerapp maintenance on|off`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from accelerapp.base import clock, text
from accelerapp.cli import output
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.alerts.model import SilenceDetail
    from accelerapp.app import App


def add(group: click.Group) -> None:
    """Add the commands to `accelerapp alert`."""
    for each in (silence, silences, unsilence):
        group.add_command(each)


@click.command("silence")
@click.argument("matchers")
@click.option("--for", "length", required=True, metavar="DURATION", help="How long, such as 2h.")
@click.option("--reason", required=True, help="Why; it is shown beside every alert that is held back.")
@output.json_option
def silence(matchers: str, length: str, reason: str, as_json: bool) -> None:
    """Let alerts page nobody for a while: `accelerapp alert silence 'service="shop"' --for 2h --reason "new disks"`."""
    from accelerapp.alerts.model import SilenceDetail

    duration = text.parse_duration(length)

    def local(app: App) -> SilenceDetail:
        from accelerapp.alerts import matching, silencing

        ends_at = app.clock.now() + duration
        made = app.alerting.silence(silencing.Wanted(matching.parse(matchers), _me(), reason, ends_at))
        return app.alerting.silence_detail(made.id)

    body = {"matchers": matchers, "reason": reason, "minutes": duration.total_seconds() / 60}
    made: SilenceDetail = target().ask(SilenceDetail, "/silences", local, method="POST", body=body)
    _say_made(made, as_json)


def _say_made(made: SilenceDetail, as_json: bool) -> None:
    if as_json:
        output.print_json(made)
        return
    until = f"{made.silence.ends_at:%Y-%m-%d %H:%M} UTC"
    output.echo(f"{made.silence.id} holds until {until}. It is ended early by `accelerapp alert unsilence`.")


@click.command("silences")
@output.json_option
def silences(as_json: bool) -> None:
    """Silences and maintenances that are not over, and what they hold back."""
    from accelerapp.alerts.model import SilenceDetail

    found: list[SilenceDetail] = target().ask(list[SilenceDetail], "/silences", lambda app: app.alerting.silences())
    if as_json:
        output.print_json(found, list[SilenceDetail])
    elif not found:
        output.echo("No silence and no maintenance holds.")
    else:
        now = clock.SystemClock().now()
        head = ("ID", "KIND", "OVER", "ENDS", "BY", "HOLDS", "REASON")
        output.table(head, [_row(each, now) for each in found], right=(5,))


def _row(detail: SilenceDetail, now: datetime) -> tuple[str, ...]:
    from accelerapp.alerts import matching

    one = detail.silence
    begins = "" if one.starts_at <= now else f"begins {text.ago(one.starts_at, now)}, "
    over = matching.written(one.matchers) or "everything"
    ends = f"{begins}{text.ago(one.ends_at, now)}"
    return (one.id, one.kind, over, ends, one.author, str(len(detail.held)), one.reason)


@click.command("unsilence")
@click.argument("id")
def unsilence(id: str) -> None:
    """End a silence or a maintenance before its time: what it holds back is decided about at once."""
    from urllib.parse import quote

    from accelerapp.alerts.model import SilenceDetail

    def local(app: App) -> SilenceDetail:
        return app.alerting.silence_detail(app.alerting.end_silence(id, _me()).id)

    ended: SilenceDetail = target().ask(SilenceDetail, f"/silences/{quote(id, safe='')}", local, method="DELETE")
    output.echo(f"{ended.silence.id} is over.")


def _me() -> str:
    from accelerapp.cli import alert

    return alert.me()


# -- maintenance -------------------------------------------------------------------------------------------------------


@click.group("maintenance")
def command() -> None:
    """Planned work: alerts of a service page nobody while it lasts."""


@command.command("on")
@output.service_option
@click.option("--all", "everything", is_flag=True, help="Over every service.")
@click.option("--for", "length", default="1h", show_default=True, metavar="DURATION", help="How long.")
@click.option("--in", "after", metavar="DURATION", help="It begins after this time; now when left out.")
@click.option("--reason", required=True, help="Why; it is shown beside every alert that is held back.")
@output.json_option
def on(service: str | None, everything: bool, length: str, after: str | None, reason: str, as_json: bool) -> None:
    """Begin a maintenance; it ends by itself."""
    from accelerapp.alerts.model import SilenceDetail
    from accelerapp.cli.service_names import meant

    asked, duration = target(), text.parse_duration(length)
    name = "" if everything else meant(asked, service)
    starts_at = clock.SystemClock().now() + text.parse_duration(after) if after else None

    def local(app: App) -> SilenceDetail:
        made = app.alerting.maintain(name, duration, _me(), reason, starts_at)
        return app.alerting.silence_detail(made.id)

    body = {
        "service": name,
        "reason": reason,
        "minutes": duration.total_seconds() / 60,
        "starts_at": starts_at and starts_at.isoformat(),
    }
    made: SilenceDetail = asked.ask(SilenceDetail, "/maintenance", local, method="POST", body=body)
    _say_made(made, as_json)


@command.command("off")
@output.service_option
@click.option("--all", "everything", is_flag=True, help="The one over every service.")
def off(service: str | None, everything: bool) -> None:
    """End the maintenance of a service before its time."""
    from accelerapp.alerts.model import SilenceDetail
    from accelerapp.cli.service_names import meant

    asked = target()
    name = "" if everything else meant(asked, service)

    def local(app: App) -> list[SilenceDetail]:
        return [app.alerting.silence_detail(each.id) for each in app.alerting.end_maintenance(name, _me())]

    ended: list[SilenceDetail] = asked.ask(
        list[SilenceDetail], "/maintenance", local, method="DELETE", params={"service": name}
    )
    for each in ended:
        output.echo(f"{each.silence.id} is over.")
