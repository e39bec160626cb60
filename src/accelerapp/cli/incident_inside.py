"""Updates of an incident for the team: `incident update --inside`, and `incident updates`, which tells what is due."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from accelerapp.base import clock, text
from accelerapp.cli import output
from accelerapp.cli.incident_asking import ask, shown, viewer, zone_option

if TYPE_CHECKING:
    from accelerapp.flows.informing import AudienceStanding, Given


def add(group: click.Group) -> None:
    """Its command."""
    group.add_command(updates)


def tell(id: str, words: str, *, as_json: bool) -> None:
    """Tell the team, and say by which channels."""
    from accelerapp.flows.informing import Given

    given = words if words != "-" else sys.stdin.read()
    parts = (id, "inside-updates")
    found: Given = ask(Given, parts, lambda app: app.informing.tell_team(id, viewer(), given), body={"text": given})
    if as_json:
        output.print_json(found)
        return
    output.echo(f"On its way to {', '.join(found.targets)}." if found.targets else "Nobody was told.")
    if found.remark:
        output.echo(f"  {text.printable(found.remark)}")


@click.command("updates")
@click.argument("id")
@zone_option
@output.json_option
def updates(id: str, zone: str, as_json: bool) -> None:
    """When the team and everybody else were told last, when they are due to hear more, and what could be told.

    Exits with 1 when an update is due.
    """
    from accelerapp.flows.informing import AudienceStanding

    found: list[AudienceStanding] = ask(
        list[AudienceStanding], (id, "audiences"), lambda app: app.informing.standing(id, viewer()), method="GET"
    )
    now = clock.SystemClock().now()
    if as_json:
        output.print_json(found, list[AudienceStanding])
    else:
        for each in found:
            _print(each, zone, now)
        _print_chat(id)
    if any(each.due_at and each.due_at <= now for each in found):
        click.get_current_context().exit(1)


def _print_chat(id: str) -> None:
    """Nothing where incidents have no channel."""
    from accelerapp.flows.chatting import ShownChat

    kind = ShownChat | None
    found: ShownChat | None = ask(
        kind, (id, "chat"), lambda app: app.chatting.show(id, viewer()) if app.chatting else None, method="GET"
    )
    if found is not None:
        output.echo(f"Slack: {f'#{found.name}  {found.url}' if found.url else 'no channel yet'}")
    if found is not None and found.trouble:
        output.echo(f"  {text.printable(found.trouble, 2000)}")


def _print(each: AudienceStanding, zone: str, now: datetime) -> None:
    last = f"told last at {shown(each.told_at, zone)}" if each.told_at else "told nothing yet"
    output.echo(f"{each.audience.capitalize()}: {last}; {_due(each, zone, now)}.")
    if each.draft:
        output.echo(f"  Draft: {text.printable(each.draft, 5000)}")


def _due(each: AudienceStanding, zone: str, now: datetime) -> str:
    if each.due_at is None:
        return "no update is wanted"
    if each.due_at > now:
        return f"the next update by {shown(each.due_at, zone)}"
    called = ", and the commander is called" if each.is_paged else ""
    return f"an update is due since {shown(each.due_at, zone)}{called}"
