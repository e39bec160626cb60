"""`accelerapp slo`: what services promise, and how much of their error budget is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from accelerapp.cli import output
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.alerts.rules.views import SloStanding


@click.group("slo")
def command() -> None:
    """Objectives of services and their error budgets."""


@command.command("list")
@output.json_option
def list_slos(as_json: bool) -> int:
    """List the objectives with what is left of their budgets.

    \b
    Exit code: 0 all have budget left, 1 one is used up or burns too fast, 3 one is unknown.
    """
    found = _standings()
    if as_json:
        output.print_json(found, _kind())
    else:
        rows = [
            (each.service, each.name, _share(each.objective), _share(each.remaining), _rate(each, "1h"))
            for each in found
        ]
        output.table(("SERVICE", "SLO", "OBJECTIVE", "BUDGET LEFT", "BURN RATE 1H"), rows, right=(2, 3, 4))
        if not found:
            output.echo("No service has an objective; write a table [[services.NAME.slo]].")
    return exit_code(found)


@command.command("show")
@click.argument("service", required=False)
@output.json_option
def show(service: str | None, as_json: bool) -> int:
    """Show the objectives of SERVICE, with the burn rate over each window. 1 uses the budget up in 30 days."""
    name = service or _default()
    found = [each for each in _standings() if each.service == name]
    if as_json:
        output.print_json(found, _kind())
        return exit_code(found)
    for each in found:
        left = _share(each.remaining) if each.remaining is not None else f"unknown ({each.reason})"
        output.echo(f"{each.service} {each.name}: {_share(each.objective)} over 30 days; budget left: {left}")
        output.table(("WINDOW", "BURN RATE"), [(window, _rate(each, window)) for window in each.burn_rates], right=(1,))
    if not found:
        output.echo(f"{name} has no objective; write a table [[services.{name}.slo]].")
    return exit_code(found)


def exit_code(found: Sequence[SloStanding]) -> int:
    """1 when a budget is used up or burns too fast, 3 when one is unknown, otherwise 0."""
    if any(each.state == "firing" or (each.remaining is not None and each.remaining < 0) for each in found):
        return 1
    return 3 if any(each.remaining is None for each in found) else 0


def _default() -> str:
    from accelerapp.cli.service_names import meant

    return meant(target(), None)


def _kind() -> object:
    from accelerapp.alerts.rules.views import SloStanding

    return list[SloStanding]


def _standings() -> list[SloStanding]:
    found: list[SloStanding] = target().ask(_kind(), "/slos", lambda app: app.rules.slos())
    return found


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{100 * value:.6g} %"


def _rate(each: SloStanding, window: str) -> str:
    rate = each.burn_rates.get(window)
    return "unknown" if rate is None else f"{rate:.3g}"
