"""`accelerapp status subscriber …`: who is told of what the page says."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from accelerapp.base import clock, text
from accelerapp.cli import output
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.flows.status_subscribers import Added
    from accelerapp.statuspage.subscribers import Subscriber


@click.group("subscriber")
def subscriber() -> None:
    """Who is told of what the page says. People subscribe on the page; you add addresses that get JSON."""


def add(group: click.Group) -> None:
    """Its commands."""
    group.add_command(subscriber)


@subscriber.command("list")
@output.json_option
def list_subscribers(as_json: bool) -> None:
    """All, with how they stand."""
    from accelerapp.statuspage.subscribers import Subscriber

    found: list[Subscriber] = target().ask(
        list[Subscriber], "/status/subscribers", lambda app: app.status_subscribers.all()
    )
    if as_json:
        output.print_json(found, list[Subscriber])
    elif not found:
        output.echo("Nobody. Set status_page.mail_by to let people subscribe on the page.")
    else:
        now = clock.SystemClock().now()
        rows = [(one.id, one.way, one.address, one.state, text.ago(one.asked_at, now), one.why) for one in found]
        output.table(("ID", "WAY", "ADDRESS", "STATE", "ASKED", "WHY IT ENDED"), rows)


@subscriber.command("add")
@click.argument("url")
@click.option("--component", "-c", "components", multiple=True, metavar="NAME", help="Of which; default: of all.")
@output.json_option
def add_webhook(url: str, components: tuple[str, ...], as_json: bool) -> None:
    """Let an address have each update as JSON, signed."""
    from accelerapp.flows.status_subscribers import Added

    made: Added = target().ask(
        Added,
        "/status/subscribers",
        lambda app: app.status_subscribers.add_webhook(url, components),
        method="POST",
        body={"url": url, "components": list(components)},
    )
    if as_json:
        output.print_json(made)
    else:
        output.echo(f"{made.subscriber.id} gets each update. They are signed with: {made.secret}")


@subscriber.command("remove")
@click.argument("id")
def remove(id: str) -> None:
    """End a subscription."""
    from accelerapp.statuspage.subscribers import Subscriber

    path = f"/status/subscribers/{quote(id, safe='')}"
    ended: Subscriber = target().ask(Subscriber, path, lambda app: app.status_subscribers.remove(id), method="DELETE")
    output.echo(f"{text.printable(ended.address, 200)} is told nothing more.")
