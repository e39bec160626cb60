"""`accelerapp incident …`: open an incident, look at it, and work on it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from accelerapp.base import clock, errors, ids, text
from accelerapp.cli import (
    incident_actions,
    incident_changes,
    incident_inside,
    incident_people,
    incident_report,
    incident_update,
    incident_words,
    output,
)
from accelerapp.cli.incident_asking import ask, change, moment, severities, shown, viewer, zone_option
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.incidents.model import Incident, IncidentDetail, Task, Wanted

_ENTRIES = 1000
"""As many as are asked for."""
_TRIES = 30
_PAUSE = 2.0


@click.group("incident")
def command() -> None:
    """Incidents: opened by alerts that stay, or by you; followed until they are over."""


incident_people.add(command)
incident_words.add(command)
incident_report.add(command)
command.add_command(incident_actions.actions)
incident_update.add(command)
incident_inside.add(command)
incident_changes.add(command)


@command.command("open")
@click.argument("title")
@click.option("--severity", "-p", type=severities(), default="P3", show_default=True, help="P1 is the worst.")
@click.option("--service", "-s", "services", multiple=True, metavar="NAME", help="What it is about; may be repeated.")
@click.option("--message", "-m", default="", help="What is known, for those who are called.")
@click.option("--component", "components", multiple=True, help="Of the status page; may be repeated.")
@click.option("--tag", "tags", multiple=True, help="May be repeated.")
@click.option("--responder", "responders", multiple=True, metavar="PERSON", help="Who helps; may be repeated.")
@click.option("--started", metavar="TIME", default="", help='When it began, such as "14:05" or 20m (ago).')
@click.option("--private", "is_private", is_flag=True, help="Only its people and administrators know of it.")
@click.option("--no-page", is_flag=True, help="Call nobody.")
@zone_option
@output.json_option
def open_incident(title: str, severity: str, started: str, zone: str, as_json: bool, **given: Any) -> None:
    """Open an incident and call whoever is on call for it.

    While the database does not answer it is tried again for a minute; it is opened once all the same.
    """
    from accelerapp.base.severity import Severity
    from accelerapp.incidents.model import Wanted

    wanted = Wanted(
        title=title,
        severity=Severity(severity),
        services=given["services"],
        description=given["message"],
        components=given["components"],
        tags=given["tags"],
        responders=given["responders"],
        started_at=moment(started, zone) if started else None,
        is_private=given["is_private"],
        calls=not given["no_page"],
        key=ids.new_id("key", 20),
    )
    found = until_it_answers(lambda: _open(wanted))
    if as_json:
        output.print_json(found)
    else:
        output.echo(f"{found.id} is open: {found.severity} {text.printable(found.title)}")
        output.echo(f"  To be answered by {shown(found.respond_by, zone)}: accelerapp incident ack {found.id}")


def _open(wanted: Wanted) -> Incident:
    from accelerapp.base import jsons

    return change((), lambda app: app.open_incident(wanted, viewer()), json.loads(jsons.to_json(wanted)))


def until_it_answers(done: Callable[[], Incident], wait: Callable[[float], None] = time.sleep) -> Incident:
    """Whoever opens an incident has other things to do than to repeat it. Raises CannotTellError after a minute."""
    for number in range(_TRIES):
        try:
            return done()
        except errors.CannotTellError as error:
            if not number:
                click.echo(f"{error.message} Trying again for a minute.", err=True)
            wait(_PAUSE)
    return done()


@command.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only those that are open.")
@output.json_option
def list_incidents(only_open: bool, as_json: bool) -> None:
    """Incidents, newest first. Exits with 1 when one is open."""
    from accelerapp.incidents.model import Incident

    wanted = True if only_open else None
    params = {"open": "true"} if only_open else None
    found: list[Incident] = target().ask(
        list[Incident], "/incidents", lambda app: app.incidents.find(viewer(), wanted), params=params
    )
    if as_json:
        output.print_json(found, list[Incident])
    elif not found:
        output.echo("No incident.")
    else:
        now = clock.SystemClock().now()
        head = ("ID", "SEV", "STATUS", "SERVICE", "OPENED", "COMMANDER", "TITLE")
        output.table(head, [_row(each, now) for each in found])
    if any(each.is_open for each in found):
        click.get_current_context().exit(1)


def _row(each: Incident, now: datetime) -> tuple[str, ...]:
    from accelerapp.incidents.model import Role

    opened, title = text.ago(each.opened_at, now), f"{each.title}{' (private)' if each.is_private else ''}"
    services = ", ".join(each.services) or "-"
    return (each.id, each.severity, each.status, services, opened, each.roles.get(Role.COMMANDER, "-"), title)


@command.command("show")
@click.argument("id")
@zone_option
@output.json_option
def show(id: str, zone: str, as_json: bool) -> None:
    """An incident with its people, clocks, tasks and time line."""
    from accelerapp.incidents.model import IncidentDetail

    found: IncidentDetail = ask(IncidentDetail, (id,), lambda app: app.incidents.detail(id, viewer()), method="GET")
    if as_json:
        output.print_json(found)
        return
    _print(found, zone)


def _print(found: IncidentDetail, zone: str) -> None:
    one = found.incident
    output.echo(f"{one.severity} {text.printable(one.title)}  ({one.status})")
    for name, value in _facts(found, zone):
        output.echo(f"  {name}: {text.printable(value)}")
    _print_list("Tasks", [_task(each, zone) for each in one.tasks])
    _print_list("Links", [f"{each.title}: {each.url}" for each in one.links])
    output.echo("\nTime line" + (f" (the last {_ENTRIES:,} entries)" if len(found.entries) >= _ENTRIES else ""))
    for entry in found.entries:
        mark = f"  [{entry.id}]" + (f" corrected by {entry.corrected_by}" if entry.version > 1 else "")
        output.echo(f"  {shown(entry.at, zone)}  {text.printable(entry.by, 60)}: {entry.kind}{text.printable(mark)}")
        for line in entry.text.splitlines():
            output.echo(f"      {text.printable(line)}")


def _print_list(head: str, lines: Sequence[str]) -> None:
    if lines:
        output.echo(f"\n{head}")
    for line in lines:
        output.echo(f"  {text.printable(line)}")


def _task(task: Task, zone: str) -> str:
    done = f"done by {task.done_by}" if task.done_at else "to do"
    due = f", until {shown(task.due_at, zone)}" if task.due_at and not task.done_at else ""
    return f"{task.id}  {done}{due}  {task.text}" + (f" ({task.owner})" if task.owner else "")


def _facts(found: IncidentDetail, zone: str) -> list[tuple[str, str]]:
    from accelerapp.incidents import editing

    one = found.incident
    moments = (
        ("began", one.started_at, ""),
        ("opened", one.opened_at, one.opened_by),
        ("to be answered by", None if one.acknowledged_at else one.respond_by, ""),
        ("acknowledged", one.acknowledged_at, one.acknowledged_by),
        ("identified", one.identified_at, ""),
        ("monitoring", one.monitoring_at, ""),
        ("resolved", one.resolved_at, one.resolved_by),
    )
    named = [
        ("id", f"{one.id}, version {one.version}"),
        ("private", "only its people and administrators know of it" if one.is_private else ""),
        *[(name, shown(at, zone) + (f" by {by}" if by else "")) for name, at, by in moments if at],
        *[(role.value, person) for role, person in one.roles.items()],
        ("responders", ", ".join(one.responders)),
        ("services", ", ".join(one.services)),
        ("components", ", ".join(one.components)),
        ("tags", ", ".join(one.tags)),
        ("impact", editing.told_impact(one.impact).removeprefix("Impact ") if one.impact != type(one.impact)() else ""),
        ("cause", one.root_cause),
        ("resolution", one.resolution),
        ("conference", one.conference),
        ("related", ", ".join(one.related)),
        ("duplicates", ", ".join(found.duplicates)),
        ("merged into", one.merged_into or ""),
        ("draft of an update", one.draft if one.is_open else ""),
    ]
    return [(name, value) for name, value in named if value]
