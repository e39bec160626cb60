"""`accelerapp status component …` and `status outage add`: what customers use, and how it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from accelerapp.base import errors, text
from accelerapp.cli import output
from accelerapp.cli.incident_asking import moment, zone_option
from accelerapp.cli.incident_update import STATES
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.app import App
    from accelerapp.statuspage.components import Edited
    from accelerapp.statuspage.model import Component


@click.group("component")
def component() -> None:
    """What customers use, in their words."""


@click.group("outage")
def outage() -> None:
    """Outages that were not on the page."""


def add(group: click.Group) -> None:
    """Its commands."""
    group.add_command(component)
    group.add_command(outage)


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--since", metavar="TIME", default="", help="From when on its uptime counts."),
        click.option("--uptime/--no-uptime", "showcase", default=None, help="Whether its uptime is shown."),
        click.option(
            "--hide-if-operational/--show-always",
            "only_show_if_degraded",
            default=None,
            help="Whether it is shown only when something is wrong with it.",
        ),
        click.option("--position", type=click.IntRange(0, 10_000), help="Its place on the page."),
        click.option(
            "--follows",
            type=click.Choice(["people", "service"]),
            help="Who says how it is: people, or the health of its service.",
        ),
        click.option("--service", "-s", metavar="NAME", help="Which service it rests on; empty: none."),
        click.option("--group", "-g", metavar="NAME", help="Under which head; empty: none."),
        click.option("--description", "-d", help="What it is, in a sentence."),
    ):
        command = option(command)
    return command


@component.command("add")
@click.argument("name")
@_options
@output.json_option
def add_component(name: str, as_json: bool, **given: Any) -> None:
    """Put a component on the page.

    \b
    Example: accelerapp status component add Checkout --group Shop --service bookshop
    """
    wanted = _edited(given)
    body = {**_body(wanted), "name": name}
    made = _ask("POST", "", lambda app: app.status_editing.add_component(name, _with_service(app, wanted)), body)
    _told(made, f"{made.name} is on the page.", as_json)


@component.command("edit")
@click.argument("component")
@click.option("--name", help="What it is called from now on.")
@_options
@output.json_option
def edit(component: str, name: str | None, as_json: bool, **given: Any) -> None:
    """Change a component; what is not given stays."""
    wanted = replace(_edited(given), name=name)
    made = _ask(
        "PATCH",
        component,
        lambda app: app.status_editing.edit_component(component, _with_service(app, wanted)),
        _body(wanted),
    )
    _told(made, f"{made.name} is changed.", as_json)


@component.command("set")
@click.argument("component")
@click.argument("state", type=click.Choice(STATES))
@output.json_option
def set_state(component: str, state: str, as_json: bool) -> None:
    """Say how a component is from now on, without an incident."""
    from accelerapp.statuspage.model import ComponentState

    made = _ask(
        "POST",
        f"{component}/state",
        lambda app: app.status_editing.set_component(component, ComponentState(state)),
        {"state": state},
    )
    _told(made, f"{made.name}: {state.replace('_', ' ')}.", as_json)


@component.command("remove")
@click.argument("component")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(component: str, yes: bool) -> None:
    """Take a component off the page, with the record of its outages."""
    if not yes:
        click.confirm(f"Remove '{component}' from the status page, with the record of its outages?", abort=True)
    path = f"/status/components/{quote(component, safe='')}"
    target().ask(type(None), path, lambda app: app.status_editing.remove_component(component), method="DELETE")
    output.echo(f"{text.printable(component)} is off the page.")


@outage.command("add")
@click.argument("component")
@click.option("--state", type=click.Choice(STATES[1:]), default="major_outage", show_default=True)
@click.option("--from", "begin", metavar="TIME", required=True, help='Such as "2026-11-20 14:05".')
@click.option("--to", "end", metavar="TIME", required=True, help='Such as "2026-11-20 15:30".')
@zone_option
@output.json_option
def add_outage(component: str, state: str, begin: str, end: str, zone: str, as_json: bool) -> None:
    """Write down an outage of the past: the uptime counts it."""
    from accelerapp.statuspage.model import ComponentState, Outage

    starts_at, ends_at = moment(begin, zone), moment(end, zone)
    body = {"component": component, "state": state, "starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
    made: Outage = target().ask(
        Outage,
        "/status/outages",
        lambda app: app.status_editing.record_outage(component, ComponentState(state), starts_at, ends_at),
        method="POST",
        body=body,
    )
    if as_json:
        output.print_json(made)
    else:
        lasted = text.duration((ends_at - starts_at).total_seconds())
        output.echo(
            f"{text.printable(component)}: {state.replace('_', ' ')} of {lasted} from {starts_at:%Y-%m-%d %H:%M} UTC."
        )


def _edited(given: dict[str, Any]) -> Edited:
    from accelerapp.statuspage.components import Edited
    from accelerapp.statuspage.model import Follows

    return Edited(
        description=given["description"],
        group=given["group"],
        service=given["service"],
        follows=Follows(given["follows"]) if given["follows"] else None,
        position=given["position"],
        only_show_if_degraded=given["only_show_if_degraded"],
        showcase=given["showcase"],
        starts_at=moment(given["since"], "UTC") if given["since"] else None,
    )


def _with_service(app: App, wanted: Edited) -> Edited:
    """Raises NotFoundError for a service that is not in the settings."""
    return replace(wanted, service=app.service(wanted.service).name) if wanted.service else wanted


def _body(wanted: Edited) -> dict[str, Any]:
    import json

    from accelerapp.base import jsons

    given: dict[str, Any] = json.loads(jsons.to_json(wanted))
    return {name: value for name, value in given.items() if value is not None}


def _ask(method: str, path: str, local: Callable[[App], Component], body: dict[str, Any]) -> Component:
    from accelerapp.statuspage.model import Component

    if "\x00" in path:
        raise errors.NotFoundError("There is no such component.")
    parts = "".join(f"/{quote(each, safe='')}" for each in path.split("/") if each)
    made: Component = target().ask(Component, f"/status/components{parts}", local, method=method, body=body)
    return made


def _told(made: Component, said: str, as_json: bool) -> None:
    if as_json:
        output.print_json(made)
    else:
        output.echo(text.printable(said))
