"""`accelerapp incident changes`: what changed before an incident, the likeliest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from accelerapp.base import clock, errors, text
from accelerapp.cli import output
from accelerapp.cli.alert import path
from accelerapp.cli.incident_asking import moment, shown, viewer, zone_option
from accelerapp.cli.service_names import meant
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.incidents.changes import Changes, Ranked

_SHOWN = 15
_DETAILS = 5


def add(group: click.Group) -> None:
    """Add the command to `accelerapp incident`."""
    group.add_command(changes)


@click.command("changes")
@click.argument("id", required=False)
@output.service_option
@click.option("--before", default="", metavar="TIME", help='When it began, such as "14:05" or 20m (ago); now.')
@click.option("--hours", type=float, default=6.0, show_default=True, help="How far to look back.")
@click.option("--all", "everything", is_flag=True, help="All of them, and who was asked.")
@zone_option
@output.json_option
def changes(
    id: str | None, service: str | None, before: str, hours: float, everything: bool, zone: str, as_json: bool
) -> None:
    """What changed before an incident, or before a moment at a service: the likeliest first, each with the reason.

    Deployments, configuration, commits, events, alerts, new messages in the log, figures that left their usual range.
    A source that cannot tell is named; when none can, this exits with 3.
    """
    from accelerapp.incidents.changes import Changes

    if id and (service or before):
        raise errors.WrongUseError("Name an incident, or a service and a time: not both.")
    found = _of_incident(id, hours) if id else _of_service(service, before, hours, zone)
    if as_json:
        output.print_json(found, Changes)
    else:
        _print(found, everything, zone)
    if found.sources and len(found.unknown) == len(found.sources):
        raise errors.CannotTellError("Nobody who was asked could tell what changed.")


def _of_incident(id: str, hours: float) -> Changes:
    from accelerapp.incidents.changes import Changes

    found: Changes = target().ask(
        Changes,
        path("incidents", id, "changes"),
        lambda app: app.what_changed.of_incident(id, viewer(), hours),
        params={"hours": hours},
    )
    return found


def _of_service(service: str | None, before: str, hours: float, zone: str) -> Changes:
    from accelerapp.incidents.changes import Changes

    asked, at = target(), moment(before, zone) if before else clock.SystemClock().now()
    found: Changes = asked.ask(
        Changes,
        path("services", meant(asked, service), "changes"),
        lambda app: app.what_changed.of_services((app.service(service).name,), at, hours),
        params={"before": at.isoformat(), "hours": hours},
    )
    return found


def _print(found: Changes, everything: bool, zone: str) -> None:
    of = ", ".join(found.services) or "all services"
    output.echo(f"What changed before {shown(found.began_at, zone)}, since {shown(found.since, zone)}: {of}")
    if found.onset_at < found.began_at:
        output.echo(f"The first sign of it: {shown(found.onset_at, zone)}.")
    for source in found.unknown:
        output.echo(f"  Cannot tell: {source.name}: {text.printable(source.said)}")
    chosen = found.ranked if everything else found.ranked[:_SHOWN]
    for place, each in enumerate(chosen, 1):
        _print_one(place, each, zone)
    if len(found.ranked) > len(chosen):
        output.echo(f"\nand {len(found.ranked) - len(chosen)} more: --all shows them.")
    elif not found.ranked:
        output.echo("\nNobody of those who could tell knows of a change.")
    for source in found.sources:
        if source.found is not None and (source.said or everything):
            output.echo(f"  {source.name}: {source.found}. {text.printable(source.said)}".rstrip())


def _print_one(place: int, each: Ranked, zone: str) -> None:
    one = each.change
    by = f", by {one.by}" if one.by else ""
    output.echo(f"\n{place:>2}. {shown(one.at, zone)}  {one.kind}{by}  (score {each.score:.2f})")
    output.echo(f"    {text.printable(one.text)}")
    output.echo(f"    {text.printable(each.why)}")
    for line in one.details[:_DETAILS]:
        output.echo(f"    - {text.printable(line)}")
    for shown_by in one.evidence:
        output.echo(f"    {text.printable(shown_by.label)}: {text.printable(shown_by.target, 300)}")
