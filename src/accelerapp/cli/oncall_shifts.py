"""`accelerapp oncall schedule|override|swap|ical`."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from accelerapp.cli import oncall_people, oncall_times, output
from accelerapp.cli.target import Target, target

if TYPE_CHECKING:
    from accelerapp.app import App
    from accelerapp.oncall.model import OnCall, Override, ShownFeed, Swap

_rank = click.option("--rank", type=click.Choice(["primary", "secondary"]), default="primary", show_default=True)


def add(group: click.Group) -> None:
    """Add the commands to `accelerapp oncall`."""
    for each in (schedule, override, swap, ical):
        group.add_command(each)


# -- schedules ---------------------------------------------------------------------------------------------------------


@click.group("schedule")
def schedule() -> None:
    """Schedules: a rotation each for the primary and the secondary."""


@schedule.command("list")
@output.json_option
def schedules(as_json: bool) -> None:
    """All schedules, and who is on call."""
    from accelerapp.oncall.model import OnCall

    found: list[OnCall] = target().ask(list[OnCall], "/oncall/now", lambda app: app.oncall.now())
    if as_json:
        output.print_json(found, list[OnCall])
        return
    rows = [(each.schedule, each.zone, each.rank, each.shift.person if each.shift else "nobody") for each in found]
    output.table(("SCHEDULE", "ZONE", "RANK", "ON CALL"), rows)


@schedule.command("add")
@click.argument("name")
@click.option("--zone", required=True, help="Time zone, such as Europe/Berlin.")
@click.option("--members", required=True, metavar="NAME,NAME", help="Who takes turns, in this order.")
@click.option("--secondary", default="", metavar="NAME,NAME", help="Who takes turns as secondary.")
@click.option("--handoff", default="Friday 17:00", show_default=True, help="When a turn is handed over.")
@click.option("--turn", default="1w", show_default=True, help="How long a turn is: 1w, 2w, 1d.")
@click.option(
    "--starts", required=True, metavar="DATE", help="The first turn begins at the first handoff from this day on."
)
def add_schedule(name: str, zone: str, members: str, secondary: str, handoff: str, turn: str, starts: str) -> None:
    """Make or replace a schedule of rotations. A file can say more: layers, hours, holidays (`oncall import`)."""

    def layer(rank: str, people: str) -> dict[str, Any]:
        given = {"name": rank, "rank": rank, "members": oncall_people.names(people), "starts_on": starts}
        return {**given, "handoff": handoff, "turn": turn}

    layers = [layer("primary", members)] + ([layer("secondary", secondary)] if secondary else [])
    oncall_people.put("schedules", name, {"zone": zone, "layers": layers})


@schedule.command("show")
@click.argument("name")
def show_schedule(name: str) -> None:
    """Print a schedule as it stands in a file."""
    oncall_people.show("schedules", name)


@schedule.command("remove")
@click.argument("name")
def remove_schedule(name: str) -> None:
    """Take a schedule out, when no policy names it any more."""
    oncall_people.remove("schedules", name)


# -- overrides ---------------------------------------------------------------------------------------------------------


@click.group("override")
def override() -> None:
    """Somebody in place of whoever the schedule names."""


@override.command("add")
@click.argument("schedule")
@click.argument("person")
@click.option("--from", "starts", metavar="TIME", help="Begin; now when left out.")
@click.option("--until", required=True, metavar="TIME", help="End.")
@_rank
@click.option("--reason", default="", help="Why; shown beside the shift.")
@output.json_option
def add_override(
    schedule: str, person: str, starts: str | None, until: str, rank: str, reason: str, as_json: bool
) -> None:
    """`accelerapp oncall override add shop ann --until 8h`: ann is on call for the next eight hours."""
    from accelerapp.oncall.model import Override, Rank

    asked = target()
    zone = oncall_times.zones(asked).get(schedule, "UTC")
    begins = oncall_times.moment(starts, zone) if starts else None
    ends = oncall_times.moment(until, zone)

    def local(app: App) -> Override:
        from accelerapp.base.ids import PersonName
        from accelerapp.oncall import standing_in

        wanted = standing_in.Wanted(PersonName(person), ends, oncall_people.me(), begins, Rank(rank), reason)
        return app.oncall.add_override(schedule, wanted)

    body = {"schedule": schedule, "person": person, "ends_at": _iso(ends), "rank": rank, "reason": reason}
    body |= {"starts_at": _iso(begins)} if begins else {}
    made: Override = asked.ask(Override, "/oncall/overrides", local, method="POST", body=body)
    if as_json:
        output.print_json(made)
    else:
        span = f"{oncall_times.shown(made.starts_at, zone)} until {oncall_times.shown(made.ends_at, zone)}"
        output.echo(f"{made.id}: {made.person} is {made.rank} of {made.schedule} from {span}.")


def _iso(at: datetime) -> str:
    return at.isoformat()


@override.command("list")
@click.argument("schedule", default="")
@output.json_option
def overrides(schedule: str, as_json: bool) -> None:
    """Overrides that are not over."""
    from accelerapp.oncall.model import Override

    asked = target()
    found: list[Override] = asked.ask(
        list[Override],
        "/oncall/overrides",
        lambda app: app.oncall.overrides(schedule),
        params={"schedule": schedule},
    )
    if as_json:
        output.print_json(found, list[Override])
        return
    zones = oncall_times.zones(asked)
    rows = [(each.id, each.schedule, each.rank, each.person, *_span(each, zones), each.reason) for each in found]
    output.table(("ID", "SCHEDULE", "RANK", "WHO", "FROM", "UNTIL", "REASON"), rows)


def _span(each: Override, zones: dict[str, str]) -> tuple[str, str]:
    zone = zones.get(each.schedule, "UTC")
    return oncall_times.shown(each.starts_at, zone), oncall_times.shown(each.ends_at, zone)


@override.command("end")
@click.argument("id")
def end_override(id: str) -> None:
    """End an override now: whoever the schedule names is on call again."""
    path = f"/oncall/overrides/{quote(id, safe='')}"
    target().ask(type(None), path, lambda app: app.oncall.end_override(id), method="DELETE")
    output.echo(f"{id} is over.")


# -- swaps -------------------------------------------------------------------------------------------------------------


@click.group("swap")
def swap() -> None:
    """Give a shift to somebody who accepts it, with or without one of theirs in return."""


@swap.command("ask")
@click.argument("schedule")
@click.argument("taker")
@click.option("--shift", required=True, metavar="TIME", help="A moment in the shift to give.")
@click.option("--for", "takes", metavar="TIME", help="A moment in the shift to take in return.")
@_rank
@output.json_option
def ask(schedule: str, taker: str, shift: str, takes: str | None, rank: str, as_json: bool) -> None:
    """`accelerapp oncall swap ask shop ben --shift "2026-12-05 12:00" --for "2026-12-12 12:00"`."""
    from accelerapp.oncall.model import Rank, Swap

    asked = target()
    zone = oncall_times.zones(asked).get(schedule, "UTC")
    gives_at, takes_at = oncall_times.moment(shift, zone), oncall_times.moment(takes, zone) if takes else None

    def local(app: App) -> Swap:
        return app.oncall.ask_swap(schedule, taker, gives_at, oncall_people.by(), takes_at, Rank(rank))

    body = {"schedule": schedule, "taker": taker, "gives_at": _iso(gives_at), "rank": rank}
    body |= {"takes_at": _iso(takes_at)} if takes_at else {}
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
