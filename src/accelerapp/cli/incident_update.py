"""`accelerapp incident update`: what the public is told of an incident, with a preview; and what the team is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from accelerapp.base import errors, text
from accelerapp.cli import incident_inside, output
from accelerapp.cli.incident_asking import ask, viewer

if TYPE_CHECKING:
    from accelerapp.flows.status_updates import Preview
    from accelerapp.statuspage.publishing import Wanted

STATUSES = ("investigating", "identified", "monitoring", "resolved")
STATES = ("operational", "degraded_performance", "partial_outage", "major_outage")
_SHORT = {
    "degraded": "degraded_performance",
    "partial": "partial_outage",
    "major": "major_outage",
    "down": "major_outage",
}


def add(group: click.Group) -> None:
    """Its command."""
    group.add_command(update)


def update_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What an update can say."""
    options: tuple[Callable[..., Any], ...] = (
        click.option(
            "--impact", type=click.Choice(["none", "minor", "major", "critical"]), help="Default: by the components."
        ),
        click.option("--title", default="", help="Of the incident on the page; at first a neutral one."),
        click.option(
            "--components",
            "-c",
            "components",
            multiple=True,
            metavar="NAME=STATE",
            help=f"How a component is from now on; several with commas. States: {', '.join(STATES)}.",
        ),
        click.option("--status", type=click.Choice(STATUSES), help="How far it is; default: as it is."),
    )
    for option in options:
        command = option(command)
    return command


@click.command("update")
@click.argument("id")
@click.option("--message", "-m", default="", help="What the public reads; Markdown. - reads it from the input.")
@click.option(
    "--inside", default="", metavar="TEXT", help="What the team reads, by its channels. - reads it from the input."
)
@update_options
@click.option("--preview", "only_preview", is_flag=True, help="Show what the public would see, and publish nothing.")
@output.json_option
def update(id: str, message: str, inside: str, only_preview: bool, as_json: bool, **given: Any) -> None:
    """Tell the public about an incident, on the status page; or the team, by the channels of the settings.

    Nothing of an incident is public but what is told with --message. `incident updates` says what is due.

    \b
    Example: accelerapp incident update inc_7f3kq9a2mzx4 --status identified \\
               --message "We are going back to the release before." --components Shop=partial_outage
    """
    if bool(message) == bool(inside):
        raise errors.WrongUseError(
            "An update is for the public or for the team.", mend='Give --message "…" or --inside "…".'
        )
    if inside:
        incident_inside.tell(id, inside, as_json=as_json)
    else:
        _tell_public(id, wanted(message, given), only_preview=only_preview, as_json=as_json)


def _tell_public(id: str, asked: Wanted, *, only_preview: bool, as_json: bool) -> None:
    from accelerapp.flows.status_updates import Preview

    if only_preview:
        found: Preview = ask(
            Preview,
            (id, "updates", "preview"),
            lambda app: app.status_updates.preview(id, asked, viewer()),
            body=body_of(asked),
        )
    else:
        found = ask(
            Preview, (id, "updates"), lambda app: app.status_updates.publish(id, asked, viewer()), body=body_of(asked)
        )
    show(found, as_json=as_json)


def wanted(message: str, given: dict[str, Any]) -> Wanted:
    """What the options say. Raises WrongUseError."""
    from accelerapp.statuspage.model import Impact, Progress
    from accelerapp.statuspage.publishing import Wanted

    return Wanted(
        message=sys.stdin.read() if message == "-" else message,
        status=Progress(given["status"]) if given["status"] else None,
        components=states(given["components"]),
        title=given["title"],
        impact=Impact(given["impact"]) if given["impact"] else None,
    )


def states(given: Sequence[str]) -> dict[str, Any]:
    """`Shop=partial_outage,Checkout=down` as states by name. Raises WrongUseError."""
    from accelerapp.statuspage.model import ComponentState

    found: dict[str, Any] = {}
    for each in (part for one in given for part in one.split(",") if part.strip()):
        name, equals, word = each.rpartition("=")
        state = word.strip().lower().replace("-", "_")
        if not equals or not name.strip() or _SHORT.get(state, state) not in STATES:
            raise errors.WrongUseError(
                f"'{each[:80]}' does not say how a component is.",
                mend=f"Write it like Shop=partial_outage. States: {', '.join(STATES)}.",
            )
        found[name.strip()] = ComponentState(_SHORT.get(state, state))
    return found


def body_of(asked: Wanted) -> Any:
    """The same as JSON, for a server."""
    from accelerapp.base import jsons

    return json.loads(jsons.to_json(asked))


def show(found: Preview, *, as_json: bool) -> None:
    """What the public sees."""
    if as_json:
        output.print_json(found)
        return
    head = "Published" if found.is_published else "Preview, nothing is published"
    if found.opened:
        output.echo(f"No incident was open: {found.incident} was opened, and nobody was called.")
    output.echo(f"{head}: {text.printable(found.title)}  ({found.incident})")
    output.echo(f"  {found.status.capitalize()}: {text.printable(found.message, 30_000)}")
    for each in found.changes:
        output.echo(f"  {text.printable(each.component)}: {_word(each.before)} -> {_word(each.after)}")
    output.echo(f"  The page says: {found.overall_before} -> {found.overall_after}")
    for remark in found.remarks:
        output.echo(f"  {text.printable(remark)}")


def _word(state: str) -> str:
    return state.replace("_", " ")
