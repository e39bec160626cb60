"""`accelerapp incident note|correct|task|link|impact|edit`: what people write into an incident."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from accelerapp.cli import output
from accelerapp.cli.incident_asking import ask, change, moment, say, shown, viewer, zone_option

if TYPE_CHECKING:
    from accelerapp.incidents.model import Entry, Incident


def add(group: click.Group) -> None:
    """Add the commands to `accelerapp incident`."""
    for each in (note, correct, task, link, impact, edit):
        group.add_command(each)


@click.command("note")
@click.argument("id")
@click.argument("words")
@click.option("--at", default="", metavar="TIME", help='When it happened, such as "14:05" or 20m (ago).')
@click.option("--evidence", "evidence", nargs=2, multiple=True, metavar="LABEL TARGET", help="An address, or an id.")
@zone_option
@output.json_option
def note(id: str, words: str, at: str, evidence: tuple[tuple[str, str], ...], zone: str, as_json: bool) -> None:
    """Put a word on the time line; `-` reads it from the standard input. It can be Markdown, and come after the end."""
    from accelerapp.incidents.model import Entry, Evidence

    told, when = sys.stdin.read() if words == "-" else words, moment(at, zone) if at else None
    shown_by = [Evidence(label, target) for label, target in evidence]
    body = {
        "text": told,
        "at": when.isoformat() if when else None,
        "evidence": [{"label": each.label, "target": each.target} for each in shown_by],
    }
    found: Entry = ask(
        Entry,
        (id, "notes"),
        lambda app: app.incidents.note(id, viewer(), told, at=when, evidence=shown_by),
        body=body,
    )
    say(found, f"Noted as {found.id}.", as_json=as_json)


@click.command("correct")
@click.argument("id")
@click.argument("entry")
@click.argument("words", required=False)
@click.option("--why", required=True, help="What was wrong.")
@click.option("--at", default="", metavar="TIME", help="When it happened in fact.")
@zone_option
@output.json_option
def correct(id: str, entry: str, words: str | None, why: str, at: str, zone: str, as_json: bool) -> None:
    """Correct an entry of the time line. What it said before stays readable, with who corrected it and why."""
    from accelerapp.incidents.model import Entry

    versions: list[Entry] = ask(
        list[Entry], (id, "entries", entry), lambda app: app.incidents.versions(id, entry, viewer()), method="GET"
    )
    seen, when = versions[-1].version, moment(at, zone) if at else None
    found: Entry = ask(
        Entry,
        (id, "entries", entry),
        lambda app: app.incidents.correct(id, viewer(), entry, seen, why, text=words, at=when),
        body={"version": seen, "why": why, "text": words, "at": when.isoformat() if when else None},
    )
    say(found, f"{found.id} is corrected; this is its version {found.version}.", as_json=as_json)


@click.group("task")
def task() -> None:
    """Things to do."""


@task.command("add")
@click.argument("id")
@click.argument("words")
@click.option("--owner", default="", metavar="PERSON", help="Who does it.")
@click.option("--due", default="", metavar="TIME", help="Until when, such as 2h or a date.")
@zone_option
@output.json_option
def add_task(id: str, words: str, owner: str, due: str, zone: str, as_json: bool) -> None:
    """Something to do."""
    when = moment(due, zone, is_past=False) if due else None
    found = change(
        (id, "tasks"),
        lambda app: app.incidents.add_task(id, viewer(), words, owner=owner, due_at=when),
        {"text": words, "owner": owner, "due_at": when.isoformat() if when else None},
    )
    say(found, f"{found.tasks[-1].id} is to be done.", as_json=as_json)


@task.command("done")
@click.argument("id")
@click.argument("task")
@output.json_option
def end_task(id: str, task: str, as_json: bool) -> None:
    """It is done."""
    found = change((id, "tasks", task, "done"), lambda app: app.incidents.end_task(id, viewer(), task))
    say(found, f"{task} is done.", as_json=as_json)


@click.command("link")
@click.argument("id")
@click.argument("url")
@click.option("--title", default="", help="What it shows.")
@output.json_option
def link(id: str, url: str, title: str, as_json: bool) -> None:
    """Something to look at: a plot, a document, a ticket."""
    found = change(
        (id, "links"), lambda app: app.incidents.add_link(id, viewer(), url, title), {"url": url, "title": title}
    )
    say(found, f"{found.id} has the link.", as_json=as_json)


@click.command("impact")
@click.argument("id")
@click.argument("words")
@click.option("--from", "begin", default="", metavar="TIME", help="When customers saw it first.")
@click.option("--until", "end", default="", metavar="TIME", help="When it was over for them.")
@click.option("--users", type=int, help="How many.")
@zone_option
@output.json_option
def impact(id: str, words: str, begin: str, end: str, users: int | None, zone: str, as_json: bool) -> None:
    """Say what customers saw of it, and from when until when."""
    from accelerapp.incidents.model import Impact

    wanted = Impact(words, moment(begin, zone) if begin else None, moment(end, zone) if end else None, users)
    seen = _get(id).version
    body = {
        "version": seen,
        "text": words,
        "starts_at": wanted.starts_at.isoformat() if wanted.starts_at else None,
        "ends_at": wanted.ends_at.isoformat() if wanted.ends_at else None,
        "users": users,
    }
    found = change((id, "impact"), lambda app: app.incidents.set_impact(id, viewer(), wanted, seen), body)
    begun = f" from {shown(wanted.starts_at, zone)}" if wanted.starts_at else ""
    say(found, f"{found.id} has its impact{begun}.", as_json=as_json)


@click.command("edit")
@click.argument("id")
@click.option("--title", help="What it is called.")
@click.option("--cause", help="Why it happened.")
@click.option("--resolution", help="What ended it.")
@click.option("--conference", metavar="URL", help="The call that people work in.")
@click.option("--service", "services", multiple=True, metavar="NAME", help="All of them; may be repeated.")
@click.option("--component", "components", multiple=True, help="All of them; may be repeated.")
@click.option("--tag", "tags", multiple=True, help="All of them; may be repeated.")
@click.option("--started", metavar="TIME", help="When the harm began.")
@click.option("--detected", metavar="TIME", help="When it was noticed first.")
@click.option("--private/--public", "is_private", default=None, help="Who knows of it.")
@click.option("--version", "seen", type=int, help="Refuse it if somebody changed the same since this version.")
@zone_option
@output.json_option
def edit(id: str, seen: int | None, zone: str, as_json: bool, **given: Any) -> None:
    """Change what it says: title, cause, times, services. Nothing that another has written meanwhile is lost."""
    fields = {name: value for name, value in _fields(given, zone).items() if value not in (None, ())}
    version = seen if seen is not None else _get(id).version
    plain = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in fields.items()}
    found = change(
        (id,),
        lambda app: app.incidents.edit(id, viewer(), fields, version),
        {"version": version, **plain},
        method="PATCH",
    )
    say(found, f"{found.id} is changed; this is its version {found.version}.", as_json=as_json)


def _fields(given: dict[str, Any], zone: str) -> dict[str, Any]:
    moments = {"started_at": given.pop("started"), "detected_at": given.pop("detected")}
    return {
        "root_cause": given.pop("cause"),
        **given,
        **{name: moment(value, zone) for name, value in moments.items() if value},
    }


def _get(id: str) -> Incident:
    from accelerapp.incidents.model import IncidentDetail

    found: IncidentDetail = ask(IncidentDetail, (id,), lambda app: app.incidents.detail(id, viewer()), method="GET")
    return found.incident
