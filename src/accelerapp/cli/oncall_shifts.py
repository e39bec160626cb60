"""`accelerapp oncall schedule|override`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from accelerapp.cli import oncall_people, oncall_times, output
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.app import App
    from accelerapp.oncall.model import OnCall, Override

rank_option = click.option("--rank", type=click.Choice(["primary", "secondary"]), default="primary", show_default=True)


def add(group: click.Group) -> None:
    """Add the commands to `accelerapp oncall`."""
    for each in (schedule, override):
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
    oncall_people.say_remarks(oncall_people.put("schedules", name, {"zone": zone, "layers": layers}))


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
@rank_option
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

    body = {"schedule": schedule, "person": person, "ends_at": iso(ends), "rank": rank, "reason": reason}
    body |= {"starts_at": iso(begins)} if begins else {}
    made: Override = asked.ask(Override, "/oncall/overrides", local, method="POST", body=body)
    if as_json:
        output.print_json(made)
    else:
        span = f"{oncall_times.shown(made.starts_at, zone)} until {oncall_times.shown(made.ends_at, zone)}"
        output.echo(f"{made.id}: {made.person} is {made.rank} of {made.schedule} from {span}.")


def iso(at: datetime) -> str:
    """For the API."""
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
