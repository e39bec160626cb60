"""`accelerapp page list|show|ack|resolve|responses`: who was called for what, and answering."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from accelerapp.base import clock, text
from accelerapp.cli import output
from accelerapp.cli.alert import me, path, stamp
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.paging.model import Outgoing, Paging, PagingDetail, Response, Standing


@click.group("page")
def command() -> None:
    """Pages: who was called for what, and what became of each message."""


@command.command("list")
@click.option("--over", is_flag=True, help="Those that are over instead.")
@output.json_option
def list_pages(over: bool, as_json: bool) -> None:
    """Open pages, newest first. Exits with 1 when somebody is being called."""
    from accelerapp.paging.model import CALLING, Paging, Standing

    params = {"open": str(not over).lower()}
    found: list[Paging] = target().ask(list[Paging], "/pages", lambda app: app.pager.pages(not over), params=params)
    if as_json:
        output.print_json(found, list[Paging])
    else:
        standing: Standing = target().ask(Standing, "/pages/standing", lambda app: app.pager.standing())
        now = clock.SystemClock().now()
        if found:
            rows = [_row(each, now) for each in found]
            output.table(("ID", "SEV", "STATE", "SERVICE", "SINCE", "BY", "TITLE"), rows)
        else:
            output.echo("No page is over yet." if over else "No page is open.")
        if not standing.is_configured:
            output.echo(standing.said)
        _print_unreached(now)
    if any(each.state in CALLING for each in found):
        click.get_current_context().exit(1)


def _print_unreached(now: datetime) -> None:
    """A token that was revoked is named here, before the next page needs it."""
    from accelerapp.paging.model import Unreached

    found: list[Unreached] = target().ask(list[Unreached], "/pages/unreached", lambda app: app.pager.unreached())
    for each in found:
        who, since = text.printable(", ".join(each.people), 200), text.ago(each.last_at, now)
        output.echo(f"Not reached by {each.kind}: {who}, {since}. {text.printable(each.reason, 500)}")


def _row(each: Paging, now: datetime) -> tuple[str, ...]:
    since, by = text.ago(each.triggered_at, now), each.resolved_by or each.acknowledged_by or "-"
    return (each.id, each.severity, each.state, each.service or "-", since, by, each.title[:60])


@command.command("show")
@click.argument("id")
@output.json_option
def show(id: str, as_json: bool) -> None:
    """A page, by its id or that of the alerts' page, with each message."""
    from accelerapp.paging.model import PagingDetail

    found: PagingDetail = target().ask(PagingDetail, path("pages", id), lambda app: app.pager.detail(id))
    if as_json:
        output.print_json(found)
        return
    _print(found)


def _print(found: PagingDetail) -> None:
    paging = found.paging
    output.echo(f"{paging.severity} {text.printable(paging.title)}  ({paging.state})")
    for name, value in _facts(paging):
        output.echo(f"  {name}: {text.printable(value)}")
    output.echo("\nCalls")
    for each in found.outgoing:
        why = f" ({each.purpose})" if each.purpose != "step" else ""
        output.echo(f"  {stamp(each.due_at)}  {each.person} by {text.printable(each.method)}{why}: {_became(each)}")
    if not found.outgoing:
        output.echo("  none yet")


def _became(each: Outgoing) -> str:
    told = f"{each.state}" + (f" after {each.attempts} tries" if each.attempts > 1 else "")
    return f"{told}: {text.printable(each.reason, 300)}" if each.reason else told


def _facts(paging: Paging) -> list[tuple[str, str]]:
    named = [
        ("id", paging.id),
        ("policy", paging.policy or "none: everyone is called"),
        ("triggered", stamp(paging.triggered_at)),
        ("to be answered by", stamp(paging.respond_by)),
        ("next step", stamp(paging.step_at) if paging.step_at else ""),
        (
            "acknowledged",
            f"{stamp(paging.acknowledged_at)} by {paging.acknowledged_by}" if paging.acknowledged_at else "",
        ),
        ("called again", stamp(paging.repage_at) if paging.repage_at else ""),
        ("resolved", f"{stamp(paging.resolved_at)} by {paging.resolved_by}" if paging.resolved_at else ""),
    ]
    return [(name, value) for name, value in named if value]


@command.command("ack")
@click.argument("id")
@click.option("--note", default="", help="A word about it for the others.")
def acknowledge(id: str, note: str) -> None:
    """Say that you see to it: nobody else is called."""
    from accelerapp.paging.model import Verb

    found = _act(id, Verb.ACKNOWLEDGE, note)
    output.echo(f"{found.id} is acknowledged by {text.printable(found.acknowledged_by, 200)}.")


@command.command("resolve")
@click.argument("id")
@click.option("--note", default="", help="A word about it for the others.")
def resolve(id: str, note: str) -> None:
    """Say that it is over."""
    from accelerapp.paging.model import Verb

    found = _act(id, Verb.RESOLVE, note)
    output.echo(f"{found.id} is resolved by {text.printable(found.resolved_by, 200)}.")


def _act(id: str, verb: str, note: str) -> Paging:
    from accelerapp.paging.model import Paging, Verb

    found: Paging = target().ask(
        Paging,
        path("pages", id, verb),
        lambda app: app.pager.act(id, Verb(verb), me(), note),
        method="POST",
        body={"note": note},
    )
    return found


@command.command("responses")
@output.json_option
def responses(as_json: bool) -> None:
    """How quickly the pages of the last 30 days were acknowledged."""
    from accelerapp.paging.model import Response

    found: list[Response] = target().ask(list[Response], "/pages/responses", lambda app: app.pager.responses())
    if as_json:
        output.print_json(found, list[Response])
    elif not found:
        output.echo("There was no page in the last 30 days.")
    else:
        output.table(
            ("SEV", "PAGES", "ACKED", "MTTA", "SLOWEST", "TARGET", "LATE"), [_response(each) for each in found]
        )


def _response(each: Response) -> tuple[str, ...]:
    mean = text.duration(each.mean_seconds) if each.mean_seconds is not None else "-"
    slowest = text.duration(each.slowest_seconds) if each.slowest_seconds is not None else "-"
    target_ = text.duration(each.target_seconds)
    return (each.severity, str(each.pages), str(each.acknowledged), mean, slowest, target_, str(each.breached))
