"""`accelerapp status …`: the public status page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from accelerapp.base import errors, text
from accelerapp.cli import incident_update, output, status_components, status_maintenances, status_subscribers
from accelerapp.cli.incident_asking import viewer
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.flows.status_page import ShownComponent, Standing
    from accelerapp.flows.status_updates import Preview


@click.group("status")
def command() -> None:
    """The public status page: what it says, components, maintenance, updates."""


status_components.add(command)
status_maintenances.add(command)
status_subscribers.add(command)


@command.command("show")
@output.json_option
def show(as_json: bool) -> None:
    """What the page says now. Exits with 1 unless all is operational."""
    from accelerapp.flows.status_page import Standing

    found: Standing = target().ask(Standing, "/status", lambda app: app.status_standing())
    if as_json:
        output.print_json(found)
    else:
        _print(found)
    if found.indicator != "none":
        click.get_current_context().exit(1)


def _print(found: Standing) -> None:
    output.echo(f"{found.overall}.")
    if found.components:
        output.table(
            ("COMPONENT", "GROUP", "STATE", "UPTIME", "SERVICE"), [_row(each) for each in found.components], right=(3,)
        )
    else:
        output.echo('  Add what customers use: accelerapp status component add "Shop"')
    for work in found.maintenances:
        when = f"{work.scheduled_for:%Y-%m-%d %H:%M} to {work.scheduled_until:%Y-%m-%d %H:%M} UTC"
        output.echo(f"Maintenance {work.id}: {text.printable(work.title)}, {when}")
    if found.open_incidents:
        output.echo(f"Open on the page: {', '.join(found.open_incidents)}")
    for each in found.components:
        if each.suggested is not None:
            output.echo(f"{text.printable(each.component.name)}: its service speaks for {_word(each.suggested)}.")
    for remark in found.remarks:
        output.echo(text.printable(remark))


def _row(each: ShownComponent) -> tuple[str, ...]:
    state = _word(each.state)
    if each.unknown_since is not None:
        state = f"not known since {each.unknown_since:%Y-%m-%d %H:%M} UTC (was: {state})"
    uptime = "-" if each.uptime_percent is None else f"{int(each.uptime_percent * 100) / 100:.2f} %"
    follows = f"{each.component.service or '-'}{' (followed)' if each.component.follows == 'service' else ''}"
    return (each.component.name, each.group or "-", state, uptime, follows)


def _word(state: str) -> str:
    return state.replace("_", " ")


@command.command("update")
@click.argument("message")
@click.option("--incident", "id", metavar="ID", default="", help="Which one; default: the one that is open.")
@click.option(
    "--severity", type=click.Choice(["P1", "P2", "P3", "P4"], case_sensitive=False), help="Of one that is opened."
)
@incident_update.update_options
@click.option("--preview", "only_preview", is_flag=True, help="Show what the public would see; needs --incident.")
@output.json_option
def update(message: str, id: str, severity: str | None, only_preview: bool, as_json: bool, **given: Any) -> None:
    """Tell the public something about the incident that is open. When none is open, one is opened, as P1 by default.

    A message that begins with "Investigating", "Identified", "Monitoring" or "Resolved", or says "Issue resolved", sets
    the status as well.

    \b
    Example: accelerapp status update "Investigating service disruption" --components Shop=major_outage
    """
    from accelerapp.statuspage import publishing

    given["status"] = given["status"] or publishing.progress_of(message)
    if only_preview and not id:
        raise errors.WrongUseError("A preview needs the incident.", mend="Name it with --incident ID.")
    if id:
        context = click.get_current_context()
        context.invoke(
            incident_update.update, id=id, message=message, only_preview=only_preview, as_json=as_json, **given
        )
        return
    incident_update.show(_say(incident_update.wanted(message, given), severity), as_json=as_json)


def _say(asked: Any, severity: str | None) -> Preview:
    from accelerapp.base.severity import Severity
    from accelerapp.flows.status_updates import Preview

    level = Severity(severity.upper()) if severity else None
    found: Preview = target().ask(
        Preview,
        "/status/updates",
        lambda app: app.status_updates.say(asked, viewer(), level),
        method="POST",
        body={**incident_update.body_of(asked), "severity": level},
    )
    return found


@command.command("withdraw")
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do not ask.")
def withdraw(id: str, yes: bool) -> None:
    """Take all that was published of an incident off the page. Its time line keeps it."""
    if not yes:
        click.confirm(f"Take everything that was published of {id} off the status page?", abort=True)
    from accelerapp.cli.incident_asking import ask

    ask(type(None), (id, "updates"), lambda app: app.status_updates.withdraw(id, viewer()), method="DELETE")
    output.echo(f"The status page says nothing of {id} any more.")


@command.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export(folder: Path) -> None:
    """Write the page as static files into FOLDER: each whole or not at all, the first page last.

    To have that done at each change, set status_page.export_to to a folder or to s3://BUCKET/PREFIX.
    """
    asked = target()
    if asked.is_remote:
        raise errors.WrongUseError(
            "The files are written where the data is.", mend="Unset ACCELERAPP_URL, or fetch /status with any client."
        )
    count = asked.app.export_status(str(folder))
    output.echo(f"{text.count(count, 'file')} in {folder}")
