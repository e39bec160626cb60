"""`accelerapp oncall drill|drills`: call the chain of a policy, follow it live, and see how quickly it answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from accelerapp.base import clock, errors, text
from accelerapp.cli import oncall_people, output
from accelerapp.cli.target import Target, target

if TYPE_CHECKING:
    from accelerapp.flows.drilling import DrillPlan, PlannedStep, Wanted
    from accelerapp.paging.drills import Drill
    from accelerapp.paging.exercises import Tried

_LOOK_SECONDS = 0.5
_STALLED = 15.0
"""Seconds after which a message that nobody tried to send is remarked on."""
_PATIENCE = timedelta(minutes=1)
"""Beyond the waits of all steps: then nobody works on it."""


def add(group: click.Group) -> None:
    """Add the commands to `accelerapp oncall`."""
    group.add_command(drill)
    group.add_command(drills)


@click.command("drill")
@click.argument("policy", default="")
@click.option("--service", "-s", metavar="NAME", default="", help="The policy that counts for this service.")
@click.option("--severity", type=click.Choice(["P1", "P2", "P3", "P4"]), default="P1", show_default=True)
@click.option("--whole", is_flag=True, help="Call everybody of the chain at once; each answers for themselves.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before.")
@output.json_option
def drill(policy: str, service: str, severity: str, whole: bool, yes: bool, as_json: bool) -> None:
    """Page a chain as a real page would, and time it. Says first who will be called, and asks.

    It ends with the first answer, or when nobody answered the last step; Ctrl-C stops it. The messages say that it is a
    drill. Exit code: 0 answered, 1 not answered, 3 nothing went out.
    """
    from accelerapp.flows.drilling import DrillPlan

    asked, given = target(), {"policy": policy, "service": service, "severity": severity}
    plan: DrillPlan = asked.ask(
        DrillPlan, "/oncall/drills/plan", lambda app: app.drilling.plan(_wanted(given)), params=given
    )
    _announce(plan, whole)
    if not yes:
        people = ", ".join(plan.people)
        click.confirm(
            f"Page {people} now?" if whole else f"Begin the drill? It may call {people}.", abort=True, err=True
        )
    begun = _begin(asked, given, whole)
    report = _follow(asked, begun, sum((step.wait for step in plan.steps), _PATIENCE), quiet=as_json)
    if as_json:
        output.print_json(report)
    else:
        _print(report)
    click.get_current_context().exit(0 if report.answers and not report.silent else 1)


def _wanted(given: dict[str, str], whole: bool = False) -> Wanted:
    from accelerapp.base.severity import Severity
    from accelerapp.flows.drilling import Wanted

    return Wanted(given["policy"], given["service"], Severity(given["severity"]), whole)


def _announce(plan: DrillPlan, whole: bool) -> None:
    """To stderr, as a question does."""
    name = f"policy {plan.policy}" if plan.policy else "no policy counts: everyone"
    click.echo(f"Drill of {name}, {plan.severity}" + (f", {plan.service}" if plan.service else ""), err=True)
    for step in plan.steps:
        click.echo(f"  {step.number}. {text.printable(_planned(step, whole))}", err=True)
    if plan.unanswered_pages:
        real = text.count(plan.unanswered_pages, "real page")
        click.echo(f"People are being called for {real} at this moment.", err=True)


def _planned(step: PlannedStep, whole: bool) -> str:
    people = "; ".join(f"{each.name} ({', '.join(each.methods)})" for each in step.people) or "nobody: left out"
    wait = "" if whole else f"; then {text.duration(step.wait.total_seconds())} for an answer"
    return f"{' and '.join(step.targets)}: {people}{wait}"


def _begin(asked: Target, given: dict[str, str], whole: bool) -> Drill:
    from accelerapp.paging.drills import Drill

    made: Drill = asked.ask(
        Drill,
        "/oncall/drills",
        lambda app: app.drilling.begin(_wanted(given, whole), oncall_people.me()),
        method="POST",
        body={**given, "whole": whole},
    )
    return made


# -- while it runs -----------------------------------------------------------------------------------------------------


def _follow(asked: Target, found: Drill, longest: timedelta, *, quiet: bool) -> Drill:
    """Say what happens until it is over. Ctrl-C, or that nobody works on it, stops it."""
    here, shown, is_remarked = clock.SystemClock(), set[str](), quiet
    began = here.now()
    try:
        while found.ended_at is None and here.now() - began < longest:
            elapsed = (here.now() - began).total_seconds()
            _say([] if quiet else events(found, elapsed), shown)
            if not is_remarked and _is_stalled(found, elapsed):
                is_remarked = True
                click.echo("  Nothing goes out yet. Does `accelerapp up` run on these data?", err=True)
            here.sleep(_LOOK_SECONDS)
            found = _look(asked, found.id)
    except KeyboardInterrupt:
        _print(_stop(asked, found.id))
        raise click.Abort from None
    if found.ended_at is None:
        _stop(asked, found.id)
        mend = "Does `accelerapp up` run on these data? /health shows the job call_people."
        raise errors.CannotTellError("The drill does not go on, so it was stopped.", mend=mend)
    _say([] if quiet else events(found, float("inf")), shown)
    return found


def events(found: Drill, elapsed: float) -> list[tuple[float, str]]:
    """What has happened until so many seconds after it began, in order: seconds and a sentence each."""
    told = [event for each in found.tried if each.called_after <= elapsed for event in _of_message(each)]
    told += [
        (each.after, f"{each.by} answers" + (f" by {each.method}" if each.method else "")) for each in found.answers
    ]
    return sorted(told, key=lambda each: each[0])


def _of_message(each: Tried) -> list[tuple[float, str]]:
    by = f"{each.person} by {each.method}"
    told = [(each.called_after, f"step {each.step}: calls {by}")]
    if each.delivered_after is not None:
        took = f"{each.delivered_after:.1f} s"
        told.append((each.called_after + each.delivered_after, f"{by}: delivered after {took}"))
    elif each.reason:
        told.append((each.called_after, f"{by}: {each.reason}"))
    return told


def _say(told: list[tuple[float, str]], shown: set[str]) -> None:
    for after, sentence in told:
        if (key := f"{after} {sentence}") not in shown:
            shown.add(key)
            output.echo(f"{after:7.1f} s  {text.printable(sentence, 300)}")


def _is_stalled(found: Drill, elapsed: float) -> bool:
    late = [each for each in found.tried if each.called_after + _STALLED < elapsed and not each.reason]
    return any(each.state == "queued" for each in late)


def _look(asked: Target, id: str) -> Drill:
    from accelerapp.paging.drills import Drill

    found: Drill = asked.ask(Drill, f"/oncall/drills/{quote(id, safe='')}", lambda app: app.drilling.drill(id))
    return found


def _stop(asked: Target, id: str) -> Drill:
    from accelerapp.paging.drills import Drill

    found: Drill = asked.ask(
        Drill,
        f"/oncall/drills/{quote(id, safe='')}/stop",
        lambda app: app.drilling.stop(id, oncall_people.me()),
        method="POST",
    )
    return found


# -- reports -----------------------------------------------------------------------------------------------------------


@click.command("drills")
@click.argument("drill_id", metavar="[DRILL]", default="")
@click.option("--stop", is_flag=True, help="Call nobody else for DRILL.")
@output.json_option
def drills(drill_id: str, stop: bool, as_json: bool) -> None:
    """The last drills, or the report of one."""
    from accelerapp.paging.drills import Drill

    if stop and not drill_id:
        raise click.UsageError("Name the drill to stop.")
    if drill_id:
        one = _stop(target(), drill_id) if stop else _look(target(), drill_id)
        if as_json:
            output.print_json(one)
        else:
            _print(one)
        return
    found: list[Drill] = target().ask(list[Drill], "/oncall/drills", lambda app: app.drilling.drills())
    if as_json:
        output.print_json(found, list[Drill])
    elif not found:
        output.echo("There was no drill yet. `accelerapp oncall drill POLICY` begins one; it asks first.")
    else:
        now = clock.SystemClock().now()
        output.table(("DRILL", "BEGAN", "POLICY", "SEV", "SERVICE", "RESULT"), [_row(each, now) for each in found])


def _row(each: Drill, now: datetime) -> tuple[str, ...]:
    return (each.id, text.ago(each.at, now), each.policy or "-", each.severity, each.service or "-", _result(each))


def _print(report: Drill) -> None:
    head = ("STEP", "WHO", "BY", "CALLED", "DELIVERED", "ANSWERED", "RESULT")
    output.echo()
    output.table(head, [_message(each) for each in report.tried], right=(0, 3, 4, 5))
    for step in report.unreachable_steps:
        output.echo(f"Step {step} called nobody.")
    output.echo(text.printable(f"{report.id}: {_result(report)}", 1000))


def _message(each: Tried) -> tuple[str, ...]:
    told = f"{each.state}: {each.reason}" if each.reason else str(each.state)
    delivered = "-" if each.delivered_after is None else f"+{each.delivered_after:.1f} s"
    answered = "-" if each.answered_after is None else f"+{each.answered_after:.1f} s"
    return (str(each.step), each.person, each.method, f"{each.called_after:.1f} s", delivered, answered, told)


def _result(report: Drill) -> str:
    from accelerapp.paging import drills

    return drills.sentence(report)
