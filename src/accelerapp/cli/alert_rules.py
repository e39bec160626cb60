"""`accelerapp alert rules`: which rules there are and how they stand; the same for a Prometheus, as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from accelerapp.alerts.rules import views
from accelerapp.base import text
from accelerapp.cli import output
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.alerts.rules.views import RuleStanding
    from accelerapp.flows.rule_export import Export

STATE_COLOURS = {"inactive": "green", "pending": "yellow", "firing": "red", "unknown": "magenta"}
_EXIT_CODES = {"firing": 1, "unknown": 3}


@click.group("rules")
def command() -> None:
    """What is watched: rules, how they stand, and their export to Prometheus."""


@command.command("list")
@output.service_option
@click.option("--state", type=click.Choice(list(STATE_COLOURS)), help="Only rules that stand so.")
@output.json_option
def list_rules(service: str | None, state: str | None, as_json: bool) -> int:
    """List the rules with how they stand.

    \b
    Exit code: 0 nothing fires, 1 a rule fires, 3 none fires but some are unknown.
    """
    found = [rule for rule in _standings() if service in (None, rule.service) and state in (None, rule.state.value)]
    if as_json:
        output.print_json(found, _kind())
    else:
        _table(found)
    return exit_code(found)


def exit_code(found: Sequence[RuleStanding]) -> int:
    """1 when one fires, 3 when none does but some are unknown, otherwise 0."""
    codes = {_EXIT_CODES.get(rule.state.value, 0) for rule in found}
    return next((code for code in (1, 3) if code in codes), 0)


def _kind() -> object:
    return list[views.RuleStanding]


def _standings() -> list[RuleStanding]:
    found: list[RuleStanding] = target().ask(_kind(), "/rules", lambda app: app.rules.standings())
    return found


def _table(found: Sequence[RuleStanding]) -> None:
    rows = [
        (
            rule.state.value,
            rule.severity.value,
            rule.id,
            views.threshold(rule),
            views.shown(rule.value, rule.unit),
            rule.reason,
        )
        for rule in found
    ]
    output.table(("STATE", "SEV", "RULE", "THRESHOLD", "VALUE", "WHY"), rows)
    if not found:
        output.echo("No such rules.")


@command.command("show")
@click.argument("rule")
@output.json_option
def show_rule(rule: str, as_json: bool) -> int:
    """Show RULE: what it asks, how it stands, and what to do when it fires."""
    found: RuleStanding = target().ask(
        views.RuleStanding, "/rule", lambda app: app.rules.standing(rule), params={"rule": rule}
    )
    if as_json:
        output.print_json(found)
    else:
        _show(found)
    return exit_code([found])


def _show(rule: RuleStanding) -> None:
    state = click.style(rule.state.value, fg=STATE_COLOURS[rule.state.value], bold=True)
    since = f" since {rule.since:%Y-%m-%d %H:%M:%S} UTC" if rule.since else ""
    output.echo(f"{rule.id} is {state}{since}.{' ' + rule.reason if rule.reason else ''}")
    output.echo(
        f"  {rule.severity.value}, {rule.kind}, {views.threshold(rule)}, every {text.duration(rule.every_seconds)}"
    )
    output.echo()
    output.echo(f"  {rule.condition}")
    if rule.instances:
        output.echo()
        rows = [
            (
                each.state.value,
                f"{each.active_since:%H:%M:%S}",
                _labels(each.labels),
                views.shown(each.value, rule.unit),
            )
            for each in rule.instances
        ]
        output.table(("STATE", "SINCE", "SERIES", "VALUE"), rows)
    _show_steps(rule)


def _labels(labels: object) -> str:
    assert isinstance(labels, dict)
    return " ".join(f"{name}={value}" for name, value in labels.items()) or "(the only one)"


def _show_steps(rule: RuleStanding) -> None:
    if rule.steps:
        output.echo()
        output.echo("What to do:")
    for number, step in enumerate(rule.steps, 1):
        output.echo(f"  {number}. {text.printable(step, 400)}")
    if rule.runbook:
        output.echo(f"Runbook: {text.printable(rule.runbook, 400)}")


@command.command("check")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False))
def check(files: tuple[str, ...]) -> int:
    """Read the rules of the settings, and of rules FILES too, and name every mistake."""
    rules = target().app.read_rules(files)
    about = len({rule.service for rule in rules if rule.service})
    output.echo(f"{text.count(len(rules), 'rule')} about {text.count(about, 'service')}; no mistakes.")
    return 0


@command.command("export")
@output.service_option
@click.option(
    "--output", "folder", type=click.Path(file_okay=False), help="Folder for both files; default: print the rules."
)
def export(service: str | None, folder: str | None) -> int:
    """Write the rules as a Prometheus rules file, with unit tests for `promtool test rules`.

    Without --output the rules file is printed.
    """
    made = target().app.rules.export(service and target().app.service(service).name)
    if folder is None:
        click.echo(made.rules, nl=False)
    else:
        _write(Path(folder), made)
    return 0


def _write(folder: Path, made: Export) -> None:
    from accelerapp.flows import rule_export

    folder.mkdir(parents=True, exist_ok=True)
    (folder / rule_export.RULES_FILE).write_text(made.rules, "utf-8")
    (folder / rule_export.TESTS_FILE).write_text(made.tests, "utf-8")
    output.echo(f"Wrote {folder / rule_export.RULES_FILE} and {folder / rule_export.TESTS_FILE}.")
    output.echo(f"Try them: promtool test rules {folder / rule_export.TESTS_FILE}")
    if made.own_series:
        own = ", ".join(sorted({id.partition("/")[2] for id in made.own_series}))
        output.echo(f"Scrape this product's /metrics too: {own} rest on its series.")
    if made.untried:
        output.echo(f"Not among the tests, since their series are your own: {', '.join(made.untried)}.")
