"""`accelerapp incident report|postmortem|statistics`: what is written after an incident, and the figures of many."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from accelerapp.base import errors, text
from accelerapp.cli import output
from accelerapp.cli.alert import path
from accelerapp.cli.incident_asking import ask, say, shown, viewer, zone_option
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.app import App
    from accelerapp.postmortems.model import Due, Part, Report
    from accelerapp.postmortems.statistics import OfSeverity, Statistics, Times

_PARTS = ("summary", "timeline", "impact", "root-cause", "resolution", "lessons")


def add(group: click.Group) -> None:
    """Add the commands to `accelerapp incident`."""
    for each in (report, postmortem, statistics):
        group.add_command(each)


@click.command("report")
@click.argument("id")
@click.option(
    "--format", "form", type=click.Choice(["markdown", "html", "json"]), default="markdown", show_default=True
)
@click.option("--zone", default="", metavar="ZONE", help="Times by this zone; default: that of the settings.")
@click.option("--output", "-o", "file", type=click.Path(dir_okay=False), help="Write it to this file.")
@output.json_option
def report(id: str, form: str, zone: str, file: str | None, as_json: bool) -> None:
    """The report of an incident: the manual's template, filled from facts and from what people wrote.

    What is not known says so. The HTML stands alone and prints well.
    """
    body = rendered(_get(id), "json" if as_json else form, zone)
    if file is None:
        click.echo(body, nl=False)
        return
    try:
        Path(file).write_text(body, encoding="utf-8")
    except OSError as error:
        raise errors.WrongUseError(f"{file} cannot be written.", mend="Name another file.") from error
    output.echo(f"Written to {file}.")


def rendered(found: Report, form: str, zone: str) -> str:
    """The report in a form. Raises WrongUseError for a zone that is not known."""
    from dataclasses import replace

    from accelerapp.base import jsons
    from accelerapp.oncall import zones
    from accelerapp.postmortems import printed, written

    found = replace(found, zone=zone or found.zone)
    where = zones.zone(found.zone)
    if form == "json":
        return jsons.to_json(found, indent=2).decode() + "\n"
    return written.markdown(found, where) if form == "markdown" else printed.html(found, where)


# -- writing -----------------------------------------------------------------------------------------------------------


@click.group("postmortem")
def postmortem() -> None:
    """What people write into the report, and how far it is: draft, in review, published."""


@postmortem.command("list")
@zone_option
@output.json_option
def list_due(zone: str, as_json: bool) -> None:
    """Post-mortems that are to be written, the longest due first. Exits with 1 when one is overdue."""
    from accelerapp.postmortems.model import Due

    found: list[Due] = target().ask(list[Due], "/postmortems", lambda app: app.postmortems.due(viewer()))
    if as_json:
        output.print_json(found, list[Due])
    elif not found:
        output.echo("No post-mortem is to be written.")
    else:
        output.table(("INCIDENT", "SEV", "STATE", "OWNER", "DUE", "TITLE"), [_due(each, zone) for each in found])
    if any(each.is_overdue for each in found):
        click.get_current_context().exit(1)


def _due(each: Due, zone: str) -> tuple[str, ...]:
    due = shown(each.due_at, zone) + (" (overdue)" if each.is_overdue else "")
    return (each.incident, each.severity, each.state.replace("_", " "), each.owner or "-", due, each.title)


@postmortem.command("write")
@click.argument("id")
@click.argument("section", type=click.Choice(_PARTS))
@click.argument("words", required=False)
@click.option("--version", "seen", type=int, help="Refuse it if somebody wrote the section since this version.")
@output.json_option
def write(id: str, section: str, words: str | None, seen: int | None, as_json: bool) -> None:
    """Write a section, in Markdown; `-` reads it from the standard input, without words an editor opens.

    When somebody has written the same section meanwhile yours is not written over it: it is kept in a file.
    An empty text gives back what the facts say.
    """
    from accelerapp.postmortems.model import Part

    part = Part(section.replace("-", "_"))
    before = _get(id).sections[part]
    told = (
        sys.stdin.read() if words == "-" else words if words is not None else click.edit(before.text, extension=".md")
    )
    if told is None:
        output.echo("Nothing was written.")
        return
    found = _written(id, part, told, before.version if seen is None else seen, is_edited=words in (None, "-"))
    say(
        found,
        f"{section} of {found.incident} is written; this is its version {found.sections[part].version}.",
        as_json=as_json,
    )


def _written(id: str, part: Part, told: str, seen: int, *, is_edited: bool) -> Report:
    """What was typed is kept when it was not written."""
    from accelerapp.postmortems.model import Report

    try:
        found: Report = ask(
            Report,
            (id, "report", part.value),
            lambda app: app.postmortems.write(id, viewer(), part, told, seen),
            method="PUT",
            body={"version": seen, "text": told},
        )
    except errors.AccelerappError as error:
        if is_edited:
            error.mend = f"{error.mend} {_kept(id, part, told)}".strip()
        raise
    return found


def _kept(id: str, part: Part, told: str) -> str:
    """Beside what is there: another's text is not written over."""
    for number in range(1, 100):
        file = Path(f"{''.join(each for each in id if each.isalnum() or each == '_')}-{part.value}-{number}.md")
        try:
            with file.open("x", encoding="utf-8") as opened:
                opened.write(told)
        except FileExistsError:
            continue
        except OSError:
            break
        return f"Your text is in {file}."
    click.echo(told)
    return "Your text is printed above."


def _move(id: str, state: str, as_json: bool) -> None:
    from accelerapp.postmortems.model import Report, State

    found: Report = ask(
        Report,
        (id, "report", "state"),
        lambda app: app.postmortems.move(id, viewer(), State(state)),
        body={"state": state},
    )
    say(found, f"The post-mortem of {found.incident} is {state.replace('_', ' ')}.", as_json=as_json)


@postmortem.command("review")
@click.argument("id")
@output.json_option
def review(id: str, as_json: bool) -> None:
    """It is written: others read it."""
    _move(id, "in_review", as_json)


@postmortem.command("publish")
@click.argument("id")
@output.json_option
def publish(id: str, as_json: bool) -> None:
    """It was read, and is done."""
    _move(id, "published", as_json)


@postmortem.command("draft")
@click.argument("id")
@output.json_option
def draft(id: str, as_json: bool) -> None:
    """Take it back to write on."""
    _move(id, "draft", as_json)


@postmortem.command("owner")
@click.argument("id")
@click.argument("person")
@output.json_option
def owner(id: str, person: str, as_json: bool) -> None:
    """Say who sees to it that it is written; by default whoever had command."""
    from accelerapp.postmortems.model import Report

    found: Report = ask(
        Report,
        (id, "report", "owner"),
        lambda app: app.postmortems.give(id, viewer(), person),
        body={"owner": person},
    )
    say(found, f"{found.owner} sees to the post-mortem of {found.incident}.", as_json=as_json)


def _get(id: str) -> Report:
    from accelerapp.postmortems.model import Report

    def local(app: App) -> Report:
        return app.postmortems.report(id, viewer())

    found: Report = ask(Report, (id, "report"), local, method="GET")
    return found


# -- figures -----------------------------------------------------------------------------------------------------------


@click.command("statistics")
@click.option("--days", type=click.IntRange(1, 3660), default=90, show_default=True)
@output.json_option
def statistics(days: int, as_json: bool) -> None:
    """How many incidents, how quickly answered (MTTA) and ended (MTTR), by severity and week, and what came again."""
    from accelerapp.postmortems.statistics import Statistics

    found: Statistics = target().ask(
        Statistics,
        path("incident-statistics"),
        lambda app: app.incident_statistics.of_days(days, viewer()),
        params={"days": days},
    )
    if as_json:
        output.print_json(found)
    else:
        _print(found)


def _print(found: Statistics) -> None:
    more = "" if found.is_whole else " There were more than are counted here."
    head = f"{text.count(found.incidents, 'incident')} from {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}"
    output.echo(f"{head}, {found.per_week:g} a week, {found.still_open} still open.{more}")
    if not found.incidents:
        return
    rows = [_severity(each) for each in found.severities]
    rows.append(("all", str(found.incidents), *_times(found.acknowledge), *_times(found.resolve)))
    output.echo()
    output.table(("SEV", "INCIDENTS", "MTTA", "MEDIAN", "NEVER", "MTTR", "MEDIAN", "OPEN"), rows, range(1, 8))
    output.echo()
    output.table(
        ("WEEK OF", "P1", "P2", "P3", "P4"),
        [(f"{each.begins_on}", *(str(count) for count in each.counts.values())) for each in found.weeks],
        range(1, 5),
    )
    _print_repeats(found)


def _print_repeats(found: Statistics) -> None:
    output.echo()
    if found.repeats:
        rows = [(each.by, str(len(each.incidents)), each.name, ", ".join(each.incidents[:3])) for each in found.repeats]
        output.table(("CAME AGAIN BY", "TIMES", "WHAT", "NEWEST"), rows, [1])
    else:
        output.echo("Nothing came more than once.")
    if found.without_cause:
        output.echo(f"Of {text.count(found.without_cause, 'resolved incident')} the root cause is not known.")


def _severity(each: OfSeverity) -> tuple[str, ...]:
    return (each.severity, str(each.incidents), *_times(each.acknowledge), *_times(each.resolve))


def _times(each: Times) -> tuple[str, str, str]:
    lengths = (each.mean_seconds, each.median_seconds)
    mean, middle = ("-" if seconds is None else text.duration(seconds) for seconds in lengths)
    return mean, middle, str(each.missing)
