"""`accelerapp incident ack|assign|severity|status|resolve|reopen|merge|relate`: its life, and who has which part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from accelerapp.cli import output
from accelerapp.cli.incident_asking import change, say, severities, viewer

if TYPE_CHECKING:
    from accelerapp.app import App
    from accelerapp.incidents.model import Incident

_ROLES = ("commander", "scribe", "communications", "responder")
_STATUSES = ("investigating", "identified", "monitoring", "resolved")


def add(group: click.Group) -> None:
    """Add the commands to `accelerapp incident`."""
    for each in (acknowledge, assign, severity, status, resolve, reopen, merge, relate):
        group.add_command(each)


@click.command("ack")
@click.argument("id")
@output.json_option
def acknowledge(id: str, as_json: bool) -> None:
    """Say that you see to it: nobody else is called."""
    found = change((id, "acknowledge"), lambda app: app.incidents.acknowledge(id, viewer()))
    say(found, f"{found.id} is acknowledged by {found.acknowledged_by}.", as_json=as_json)


@click.command("assign")
@click.argument("id")
@click.argument("role", type=click.Choice(_ROLES))
@click.argument("person")
@click.option("--instead-of", default="", metavar="PERSON", help="Take it over from whoever has it now.")
@click.option("--remove", is_flag=True, help="This person has the part no more.")
@output.json_option
def assign(id: str, role: str, person: str, instead_of: str, remove: bool, as_json: bool) -> None:
    """Give somebody a part: commander, scribe, communications, or responder."""

    def local(app: App) -> Incident:
        from accelerapp.incidents.model import Role

        if remove:
            return app.incidents.leave(id, viewer(), Role(role), person)
        return app.incidents.assign(id, viewer(), Role(role), person, instead_of)

    body = {"role": role, "person": person, "instead_of": instead_of}
    found = change((id, "leave" if remove else "assign"), local, body)
    say(found, f"{person} is {role} of {found.id}{' no more' if remove else ''}.", as_json=as_json)


@click.command("severity")
@click.argument("id")
@click.argument("severity", type=severities())
@click.option("--why", default="", help="For the time line.")
@output.json_option
def severity(id: str, severity: str, why: str, as_json: bool) -> None:
    """Change how bad it is. A worse one calls people anew, and is to be answered sooner."""

    def local(app: App) -> Incident:
        from accelerapp.base.severity import Severity

        return app.incidents.change_severity(id, viewer(), Severity(severity), why)

    found = change((id, "severity"), local, {"severity": severity, "why": why})
    say(found, f"{found.id} is {found.severity}.", as_json=as_json)


@click.command("status")
@click.argument("id")
@click.argument("status", type=click.Choice(_STATUSES))
@click.option("--message", "-m", default="", help="A word about it, for the time line.")
@output.json_option
def status(id: str, status: str, message: str, as_json: bool) -> None:
    """Say how far it is."""

    def local(app: App) -> Incident:
        from accelerapp.incidents.model import Status

        return app.incidents.change_status(id, viewer(), Status(status), message)

    found = change((id, "status"), local, {"status": status, "text": message})
    say(found, f"{found.id} is {found.status}.", as_json=as_json)


@click.command("resolve")
@click.argument("id")
@click.option("--message", "-m", default="", help="What ended it.")
@output.json_option
def resolve(id: str, message: str, as_json: bool) -> None:
    """Say that it is over: nobody is called for it again."""
    found = change((id, "resolve"), lambda app: app.incidents.resolve(id, viewer(), message), {"text": message})
    say(found, f"{found.id} is resolved.", as_json=as_json)


@click.command("reopen")
@click.argument("id")
@click.option("--message", "-m", required=True, help="Why it is not over.")
@output.json_option
def reopen(id: str, message: str, as_json: bool) -> None:
    """Say that it is not over after all."""
    found = change((id, "reopen"), lambda app: app.incidents.reopen(id, viewer(), message), {"text": message})
    say(found, f"{found.id} is {found.status} again.", as_json=as_json)


@click.command("merge")
@click.argument("duplicate")
@click.argument("into")
@output.json_option
def merge(duplicate: str, into: str, as_json: bool) -> None:
    """Say that one incident is a duplicate of another: it ends, and its people, pages and tasks go over."""
    found = change((duplicate, "merge"), lambda app: app.incidents.merge(duplicate, viewer(), into), {"id": into})
    say(found, f"{duplicate} is a part of {found.id} now.", as_json=as_json)


@click.command("relate")
@click.argument("id")
@click.argument("other")
@output.json_option
def relate(id: str, other: str, as_json: bool) -> None:
    """Say that two incidents have to do with each other."""
    found = change((id, "relate"), lambda app: app.incidents.relate(id, viewer(), other), {"id": other})
    say(found, f"{found.id} and {other} are related.", as_json=as_json)
