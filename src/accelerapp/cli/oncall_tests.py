"""`accelerapp oncall test|tests`: do pages reach people?"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from accelerapp.base import clock, text
from accelerapp.cli import oncall_people, output
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.oncall.model import Person
    from accelerapp.paging.exercises import Round, Tested


def add(group: click.Group) -> None:
    """Add the commands to `accelerapp oncall`."""
    group.add_command(send)
    group.add_command(rounds)


@click.command("test")
@click.argument("people", nargs=-1, metavar="[PERSON]...")
@click.option("--all", "everyone", is_flag=True, help="Everyone who has a contact method.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before.")
@output.json_option
def send(people: tuple[str, ...], everyone: bool, yes: bool, as_json: bool) -> None:
    """Send test pages now, by each person's own plan for P1; without a name to yourself.

    A test calls one person until the first answer, and ends after a day.
    """
    from accelerapp.paging.exercises import Round

    if people and everyone:
        raise click.UsageError("Name people or give --all, not both.")
    wanted = [] if everyone else list(people or [oncall_people.me()])
    if everyone and not yes:
        click.confirm(f"Page {', '.join(_with_methods()) or 'nobody'} now?", abort=True, err=True)
    made: Round = target().ask(
        Round,
        "/oncall/tests",
        lambda app: app.proving.send(wanted, everyone),
        method="POST",
        body={"people": wanted, "everyone": everyone},
    )
    if as_json:
        output.print_json(made)
        return
    output.echo(f"Test pages are on their way to {', '.join(each.person for each in made.people)}.")
    output.echo(f"`accelerapp oncall tests {made.id}` shows who answered.")


def _with_methods() -> list[str]:
    from accelerapp.oncall.model import Person

    found: list[Person] = target().ask(
        list[Person], "/oncall/people", lambda app: list(app.oncall.book().people.values())
    )
    return [each.name for each in found if each.methods]


@click.command("tests")
@click.argument("round_id", metavar="[ROUND]", default="")
@output.json_option
def rounds(round_id: str, as_json: bool) -> None:
    """The last rounds of test pages, and who answered the newest one, or ROUND. Exit code 1 when somebody did not."""
    from accelerapp.paging.exercises import Round

    if round_id:
        path = f"/oncall/tests/{quote(round_id, safe='')}"
        one: Round = target().ask(Round, path, lambda app: app.proving.round(round_id))
        found = [one]
    else:
        found = target().ask(list[Round], "/oncall/tests", lambda app: app.proving.rounds())
    if as_json:
        output.print_json(found[0] if round_id else found, Round if round_id else list[Round])
    elif not found:
        output.echo("Nobody has been tested yet. `accelerapp oncall test --all` tests everyone now.")
    else:
        _print(found, is_one=bool(round_id))
    failed = [each for each in found[:1] if _count(each, "answered") + _count(each, "waiting") < len(each.people)]
    click.get_current_context().exit(1 if failed else 0)


def _print(found: list[Round], *, is_one: bool) -> None:
    now = clock.SystemClock().now()
    if not is_one:
        head = ("ROUND", "BEGAN", "PEOPLE", "ANSWERED", "WAITING", "NOT ANSWERED")
        output.table(head, [_row(each, now) for each in found], right=(2, 3, 4, 5))
        output.echo(f"\n{found[0].id}")
    output.table(("WHO", "RESULT", "AFTER", "BY", "TRIED"), [_person(each) for each in found[0].people])


def _count(one: Round, outcome: str) -> int:
    return sum(each.outcome == outcome for each in one.people)


def _row(one: Round, now: datetime) -> tuple[str, ...]:
    answered, waiting = _count(one, "answered"), _count(one, "waiting")
    left = len(one.people) - answered - waiting
    return (one.id, text.ago(one.at, now), str(len(one.people)), str(answered), str(waiting), str(left))


def _person(each: Tested) -> tuple[str, ...]:
    after = text.duration(each.answered_after) if each.answered_after is not None else "-"
    by = each.method or (each.answered_by if each.outcome in ("answered", "ended") else "") or "-"
    tried = [f"{one.method} {one.state}" + (f": {one.reason}" if one.reason else "") for one in each.tried]
    return (each.person, each.outcome, after, by, "; ".join(tried) or "-")
