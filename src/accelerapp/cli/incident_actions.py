"""`accelerapp incident actions …`: what is done so that incidents do not come again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from accelerapp.base import errors, text
from accelerapp.cli import output
from accelerapp.cli.alert import path
from accelerapp.cli.incident_asking import ask, say, viewer
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.app import App
    from accelerapp.postmortems.model import Action, ListedAction

_DUE = "Day on which it is due, such as 2026-12-04."


def _day(written: str | None) -> date | None:
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise errors.WrongUseError(f"'{written[:40]}' is not a day.", mend="Write it like 2026-12-04.") from error


@click.group("actions", invoke_without_command=True)
@click.option("--all", "with_done", is_flag=True, help="Those that are done as well.")
@click.option("--owner", default="", metavar="PERSON", help="Only theirs.")
@output.json_option
@click.pass_context
def actions(context: click.Context, with_done: bool, owner: str, as_json: bool) -> None:
    """Action items that are not done, the soonest due first. Exits with 1 when one is overdue."""
    if context.invoked_subcommand is not None:
        return
    from accelerapp.postmortems.model import ListedAction

    found: list[ListedAction] = target().ask(
        list[ListedAction],
        "/actions",
        lambda app: app.actions.find(viewer(), is_done=None if with_done else False, owner=owner),
        params={"all": "true" if with_done else None, "owner": owner or None},
    )
    if as_json:
        output.print_json(found, list[ListedAction])
    elif not found:
        output.echo("No action item.")
    else:
        output.table(("ID", "DUE", "OWNER", "INCIDENT", "WHAT", "ISSUE"), [_row(each) for each in found])
    if any(each.overdue_days for each in found):
        context.exit(1)


def _row(each: ListedAction) -> tuple[str, ...]:
    one = each.action
    due = f"{one.due_on}" if one.due_on else "-"
    if one.done_at:
        due = f"done {one.done_at:%Y-%m-%d}"
    elif each.overdue_days:
        due += f" ({text.count(each.overdue_days, 'day')} overdue)"
    return (one.id, due, one.owner or "-", one.incident, one.text, one.issue.url if one.issue else "-")


@actions.command("add")
@click.argument("incident")
@click.argument("words")
@click.option("--owner", default="", metavar="PERSON", help="Who does it.")
@click.option("--due", metavar="DAY", help=_DUE)
@output.json_option
def add_action(incident: str, words: str, owner: str, due: str | None, as_json: bool) -> None:
    """Add one to an incident."""
    day = _day(due)

    def local(app: App) -> Action:
        from accelerapp.postmortems.actions import Wanted

        return app.actions.add(incident, viewer(), Wanted(words, owner, day))

    body = {"text": words, "owner": owner, "due_on": day.isoformat() if day else None}
    found: Action = ask(_action(), (incident, "actions"), local, body=body)
    say(found, f"{found.id} is to be done.", as_json=as_json)


@actions.command("take")
@click.argument("incident")
@click.argument("tasks", nargs=-1)
@output.json_option
def take(incident: str, tasks: tuple[str, ...], as_json: bool) -> None:
    """Take over tasks of an incident: those named, or all that are not done."""
    from accelerapp.postmortems.model import Action

    found: list[Action] = ask(
        list[Action],
        (incident, "actions", "take"),
        lambda app: app.actions.take_over(incident, viewer(), tasks),
        body={"tasks": list(tasks)},
    )
    if as_json:
        output.print_json(found, list[Action])
        return
    output.echo(f"{text.count(len(found), 'task')} taken over.")
    for each in found:
        output.echo(text.printable(f"  {each.id}  {each.text}"))


@actions.command("edit")
@click.argument("id")
@click.option("--text", "words", help="What is to be done.")
@click.option("--owner", metavar="PERSON", help="Who does it.")
@click.option("--due", metavar="DAY", help=_DUE)
@output.json_option
def edit(id: str, words: str | None, owner: str | None, due: str | None, as_json: bool) -> None:
    """Change its text, owner or day."""
    day = _day(due)
    found = _change(
        (id,),
        lambda app: app.actions.change(id, viewer(), words, owner, day),
        {"text": words, "owner": owner, "due_on": day.isoformat() if day else None},
        method="PATCH",
    )
    say(found, f"{found.id} is changed.", as_json=as_json)


@actions.command("done")
@click.argument("id")
@output.json_option
def done(id: str, as_json: bool) -> None:
    """It is done."""
    found = _change((id, "done"), lambda app: app.actions.finish(id, viewer()))
    say(found, f"{found.id} is done.", as_json=as_json)


@actions.command("undone")
@click.argument("id")
@output.json_option
def undone(id: str, as_json: bool) -> None:
    """It is not done after all."""
    found = _change((id, "undone"), lambda app: app.actions.resume(id, viewer()))
    say(found, f"{found.id} is to be done.", as_json=as_json)


@actions.command("export")
@click.argument("id")
@output.json_option
def export(id: str, as_json: bool) -> None:
    """Make an issue of it on GitHub or GitLab, as [issues] of the settings says; never a second one."""
    found = _change((id, "export"), lambda app: app.actions.export(id, viewer()))
    say(found, f"{found.id} is {found.issue.url if found.issue else 'no issue'}", as_json=as_json)


def _action() -> type[Action]:
    from accelerapp.postmortems.model import Action

    return Action


def _change(parts: tuple[str, ...], local: Callable[[App], Any], body: object = None, method: str = "POST") -> Action:
    found: Action = target().ask(_action(), path("actions", *parts), local, method=method, body=body)
    return found
