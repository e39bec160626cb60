"""`accelerapp oncall …`: who is on call, when nobody is, how the load is shared, and the book in a file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from accelerapp.base import clock, errors, text
from accelerapp.cli import (
    oncall_drills,
    oncall_people,
    oncall_policies,
    oncall_shifts,
    oncall_swaps,
    oncall_tests,
    oncall_times,
    output,
)
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.oncall.model import Gap, Load, OnCall, Remark, Shift

_days = click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How far to look.")


@click.group("oncall")
def command() -> None:
    """Who is on call, schedules, people and policies.

    A time is written like "2026-12-04 17:00", in the zone of the schedule, or like 2h: from now.
    """


for _part in (oncall_shifts, oncall_swaps, oncall_people, oncall_policies, oncall_tests, oncall_drills):
    _part.add(command)


@command.command("now")
@click.argument("schedule", default="")
@output.json_option
def now(schedule: str, as_json: bool) -> None:
    """Who is on call now, and who comes next. Exit code 1 when a schedule has nobody."""
    from accelerapp.oncall.model import OnCall

    found: list[OnCall] = target().ask(
        list[OnCall], "/oncall/now", lambda app: app.oncall.now(schedule), params={"schedule": schedule}
    )
    if as_json:
        output.print_json(found, list[OnCall])
    elif not found:
        output.echo("There is no schedule. `accelerapp oncall schedule add` makes one.")
    else:
        head = ("SCHEDULE", "RANK", "ON CALL", "UNTIL", "THEN", "FROM")
        output.table(head, [_row(each) for each in found])
    if any(each.shift is None for each in found):
        click.get_current_context().exit(1)


def _row(each: OnCall) -> tuple[str, ...]:
    held, after = each.shift, each.next
    until = oncall_times.shown(held.ends_at, each.zone) if held else ""
    then = (after.person, oncall_times.shown(after.starts_at, each.zone)) if after else ("nobody", "")
    return (each.schedule, each.rank, held.person if held else "nobody", until, *then)


@command.command("next")
@click.argument("schedule", default="")
@click.option("--person", default="", metavar="NAME", help="Only the shifts of this person.")
@_days
@output.json_option
def coming(schedule: str, person: str, days: int, as_json: bool) -> None:
    """The shifts of the next days."""
    from accelerapp.oncall.model import Shift

    asked = target()
    found: list[Shift] = asked.ask(
        list[Shift],
        "/oncall/shifts",
        lambda app: app.oncall.shifts(schedule, None, timedelta(days=days), person),
        params={"schedule": schedule, "days": days, "person": person},
    )
    if as_json:
        output.print_json(found, list[Shift])
        return
    zones = oncall_times.zones(asked)
    rows = [
        (
            each.schedule,
            each.rank,
            each.person,
            oncall_times.shown(each.starts_at, zones[each.schedule]),
            oncall_times.shown(each.ends_at, zones[each.schedule]),
            each.source,
        )
        for each in found
    ]
    output.table(("SCHEDULE", "RANK", "WHO", "FROM", "UNTIL", "BY"), rows)


@command.command("gaps")
@click.argument("schedule", default="")
@_days
@output.json_option
def gaps(schedule: str, days: int, as_json: bool) -> None:
    """When nobody is on call. Exit code 1 when there are gaps."""
    from accelerapp.oncall.model import Gap

    asked = target()
    found: list[Gap] = asked.ask(
        list[Gap],
        "/oncall/gaps",
        lambda app: app.oncall.gaps(schedule, timedelta(days=days)),
        params={"schedule": schedule, "days": days},
    )
    if as_json:
        output.print_json(found, list[Gap])
    elif not found:
        output.echo(f"Somebody is on call at every moment of the next {days} days.")
    else:
        zones = oncall_times.zones(asked)
        output.table(
            ("SCHEDULE", "RANK", "FROM", "UNTIL", "LENGTH"), [_gap(each, zones[each.schedule]) for each in found]
        )
    click.get_current_context().exit(1 if found else 0)


def _gap(gap: Gap, zone: str) -> tuple[str, ...]:
    length = text.duration((gap.ends_at - gap.starts_at).total_seconds())
    return (
        gap.schedule,
        gap.rank,
        oncall_times.shown(gap.starts_at, zone),
        oncall_times.shown(gap.ends_at, zone),
        length,
    )


@command.command("fairness")
@click.argument("schedule")
@_days
@click.option("--back", is_flag=True, help="Look back so many days, not ahead.")
@output.json_option
def fairness(schedule: str, days: int, back: bool, as_json: bool) -> None:
    """Hours, nights and weekends that each carries."""
    from accelerapp.oncall.model import Load

    length = timedelta(days=days)
    since = clock.SystemClock().now() - (length if back else timedelta())
    found: list[Load] = target().ask(
        list[Load],
        "/oncall/fairness",
        lambda app: app.oncall.loads(schedule, since, length),
        params={"schedule": schedule, "days": days, "since": since.isoformat()},
    )
    if as_json:
        output.print_json(found, list[Load])
        return
    rows = [
        (each.person, f"{each.hours:,.1f}", str(each.nights), str(each.weekends), str(each.shifts)) for each in found
    ]
    output.table(("WHO", "HOURS", "NIGHTS", "WEEKENDS", "SHIFTS"), rows, right=(1, 2, 3, 4))


@command.command("check")
@output.json_option
def check(as_json: bool) -> None:
    """What should be known: gaps, overlaps, people who cannot be called. Exit code 1 when there is anything."""
    from accelerapp.oncall.model import Remark

    found: list[Remark] = target().ask(list[Remark], "/oncall/remarks", lambda app: app.oncall.remarks())
    if as_json:
        output.print_json(found, list[Remark])
    for each in [] if as_json else found:
        output.echo(text.printable(f"{each.subject}: {each.text}" + (f" {each.mend}" if each.mend else "")))
    if not found and not as_json:
        output.echo("Nothing to remark.")
    click.get_current_context().exit(1 if found else 0)


@command.command("handoff")
@click.argument("schedule", default="")
@output.json_option
def handoff(schedule: str, as_json: bool) -> None:
    """What the next on call should know: open incidents, deployments, silences, alerts that open often."""
    from accelerapp.flows.handoff_brief import Brief

    found: Brief = target().ask(
        Brief, "/oncall/handoff", lambda app: app.handoffs.brief(schedule), params={"schedule": schedule}
    )
    if as_json:
        output.print_json(found, Brief)
        return
    output.echo(text.printable(found.title))
    for each in found.sections:
        output.echo(f"\n{each.head}")
        for line in each.lines:
            output.echo(f"  {text.printable(line)}")


@command.command("import")
@click.argument("file", type=click.Path(dir_okay=False))
def take(file: str) -> None:
    """Put in the people, teams, schedules and policies of a TOML file; what it does not name stays."""
    from accelerapp.base.settings import load

    tables: dict[str, Any] = load.read_toml(Path(file))
    changed = oncall_people.write(tables, file)
    oncall_people.say_changed(changed)
    oncall_people.say_remarks(changed)


@command.command("export")
def export() -> None:
    """Print people, teams, schedules and policies as the TOML file that `import` reads."""
    from accelerapp.oncall import filing, tabling
    from accelerapp.oncall.model import Book

    asked = target()
    if not asked.is_remote:
        click.echo(tabling.toml(asked.app.oncall.book()), nl=False)
        return
    tables: dict[str, Any] = asked.ask(dict[str, Any], "/oncall/entries", lambda app: app.oncall.tables())
    try:
        click.echo(tabling.toml(filing.read(tables, Book(), "What the server sent")), nl=False)
    except errors.InvalidInputError as error:
        raise errors.CannotTellError("The server's book cannot be read: is it of another version?") from error
