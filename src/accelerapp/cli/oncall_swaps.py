"""`accelerapp oncall swap|ical`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from accelerapp.cli import oncall_people, oncall_shifts, oncall_times, output
from accelerapp.cli.target import Target, target

if TYPE_CHECKING:
    from accelerapp.app import App
    from accelerapp.oncall.model import ShownFeed, Swap


def add(group: click.Group) -> None:
    """Add the groups to `accelerapp oncall`."""
    group.add_command(swap)
    group.add_command(ical)


@click.group("swap")
def swap() -> None:
    """Give a shift to somebody who accepts it, with or without one of theirs in return."""


@swap.command("ask")
@click.argument("schedule")
@click.argument("taker")
@click.option("--shift", required=True, metavar="TIME", help="A moment in the shift to give.")
@click.option("--for", "takes", metavar="TIME", help="A moment in the shift to take in return.")
@oncall_shifts.rank_option
@output.json_option
def ask(schedule: str, taker: str, shift: str, takes: str | None, rank: str, as_json: bool) -> None:
    """`accelerapp oncall swap ask shop ben --shift "2026-12-05 12:00" --for "2026-12-12 12:00"`."""
    from accelerapp.oncall.model import Rank, Swap

    asked = target()
    zone = oncall_times.zones(asked).get(schedule, "UTC")
    gives_at, takes_at = oncall_times.moment(shift, zone), oncall_times.moment(takes, zone) if takes else None

    def local(app: App) -> Swap:
        return app.oncall.ask_swap(schedule, taker, gives_at, oncall_people.by(), takes_at, Rank(rank))

    body = {"schedule": schedule, "taker": taker, "gives_at": oncall_shifts.iso(gives_at), "rank": rank}
    body |= {"takes_at": oncall_shifts.iso(takes_at)} if takes_at else {}
    made: Swap = asked.ask(Swap, "/oncall/swaps", local, method="POST", body=body)
    if as_json:
        output.print_json(made)
    else:
        output.echo(f"{made.id}: {made.taker} is asked; it counts after `accelerapp oncall swap accept {made.id}`.")


@swap.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that were answered.")
@output.json_option
def swaps(everything: bool, as_json: bool) -> None:
    """Swaps that wait for an answer."""
    from accelerapp.oncall.model import Swap

    asked, is_open = target(), None if everything else True
    params = {} if everything else {"open": "true"}
    found: list[Swap] = asked.ask(list[Swap], "/oncall/swaps", lambda app: app.oncall.swaps(is_open), params=params)
    if as_json:
        output.print_json(found, list[Swap])
        return
    zones = oncall_times.zones(asked)
    output.table(
        ("ID", "SCHEDULE", "STATE", "GIVES", "SHIFT FROM", "TAKES", "SHIFT FROM"),
        [_swap(each, zones) for each in found],
    )


def _swap(each: Swap, zones: dict[str, str]) -> tuple[str, ...]:
    zone = zones.get(each.schedule, "UTC")
    back = oncall_times.shown(each.takes.starts_at, zone) if each.takes else "nothing in return"
    return (
        each.id,
        each.schedule,
        each.state,
        each.giver,
        oncall_times.shown(each.gives.starts_at, zone),
        each.taker,
        back,
    )


def _answer(id: str, state: str) -> None:
    from accelerapp.oncall.model import Swap, SwapState

    path = f"/oncall/swaps/{quote(id, safe='')}/{state}"
    answered: Swap = target().ask(
        Swap, path, lambda app: app.oncall.answer_swap(id, SwapState(state), oncall_people.by()), method="POST"
    )
    output.echo(f"{answered.id} is {answered.state}.")


@swap.command("accept")
@click.argument("id")
def accept(id: str) -> None:
    """Take the shift that you were asked to take."""
    _answer(id, "accepted")


@swap.command("decline")
@click.argument("id")
def decline(id: str) -> None:
    """Refuse it."""
    _answer(id, "declined")


@swap.command("withdraw")
@click.argument("id")
def withdraw(id: str) -> None:
    """Take back what you asked."""
    _answer(id, "withdrawn")


# -- calendars ---------------------------------------------------------------------------------------------------------


@click.group("ical")
def ical() -> None:
    """Calendars that phones and desktops subscribe to, behind links that can be revoked."""


@ical.command("add")
@click.option("--person", default="", metavar="NAME", help="The shifts of a person.")
@click.option("--schedule", default="", metavar="NAME", help="All shifts of a schedule.")
@output.json_option
def add_feed(person: str, schedule: str, as_json: bool) -> None:
    """Make a link; it is shown this once."""
    from accelerapp.oncall.model import FeedKind, ShownFeed

    if bool(person) == bool(schedule):
        raise click.UsageError("Give one of --person and --schedule.")
    asked, kind, name = target(), FeedKind.PERSON if person else FeedKind.SCHEDULE, person or schedule
    made: ShownFeed = asked.ask(
        ShownFeed,
        "/oncall/feeds",
        lambda app: app.oncall_feeds.add(kind, name, oncall_people.me()),
        method="POST",
        body={"kind": kind.value, "name": name},
    )
    if as_json:
        output.print_json(made)
    else:
        output.echo(f"{made.id}: {_address(asked)}{made.path}")


@ical.command("list")
@output.json_option
def feeds(as_json: bool) -> None:
    """The calendars behind links, without the links."""
    from accelerapp.oncall.model import ShownFeed

    found: list[ShownFeed] = target().ask(list[ShownFeed], "/oncall/feeds", lambda app: app.oncall_feeds.all())
    if as_json:
        output.print_json(found, list[ShownFeed])
        return
    rows = [(each.id, each.kind, each.name, each.made_by, f"{each.made_at:%Y-%m-%d}") for each in found]
    output.table(("ID", "KIND", "OF", "BY", "SINCE"), rows)


@ical.command("revoke")
@click.argument("id")
def revoke(id: str) -> None:
    """Make a link worthless."""
    path = f"/oncall/feeds/{quote(id, safe='')}"
    target().ask(type(None), path, lambda app: app.oncall_feeds.revoke(id), method="DELETE")
    output.echo(f"The link of {id} is worth nothing any more.")


def _address(asked: Target) -> str:
    """Of the server whose link it is."""
    if asked.is_remote:
        return os.environ["ACCELERAPP_URL"].rstrip("/")
    server = asked.app.settings.server
    return (server.url or f"http://{server.host}:{server.port}").rstrip("/")
