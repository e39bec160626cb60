"""`accelerapp oncall team|policy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from accelerapp.base import errors
from accelerapp.cli import oncall_people, output
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.oncall.model import Policy


def add(group: click.Group) -> None:
    """Add the groups to `accelerapp oncall`."""
    group.add_command(team)
    group.add_command(policy)


@click.group("team")
def team() -> None:
    """Teams and who leads them."""


@team.command("add")
@click.argument("name")
@click.option("--lead", required=True, metavar="NAME")
@click.option("--members", default="", metavar="NAME,NAME")
def add_team(name: str, lead: str, members: str) -> None:
    """Make or replace a team."""
    oncall_people.put("teams", name, {"lead": lead, "members": oncall_people.names(members)})


@team.command("remove")
@click.argument("name")
def remove_team(name: str) -> None:
    """Take a team out, when no policy names it any more."""
    oncall_people.remove("teams", name)


@click.group("policy")
def policy() -> None:
    """Whom to call in which order."""


@policy.command("list")
@output.json_option
def policies(as_json: bool) -> None:
    """All policies."""
    from accelerapp.oncall import written
    from accelerapp.oncall.model import Policy

    found: list[Policy] = target().ask(
        list[Policy], "/oncall/policies", lambda app: list(app.oncall.book().policies.values())
    )
    if as_json:
        output.print_json(found, list[Policy])
        return

    def steps(each: Policy) -> str:
        parts = (" and ".join(map(written.show_target, step.targets)) for step in each.steps)
        waits = (written.show_duration(step.wait) for step in each.steps)
        return "; ".join(f"{part}, {wait}" for part, wait in zip(parts, waits, strict=True))

    rows = [
        (
            each.name,
            ", ".join(each.services) or "all",
            ", ".join(each.severities) or "all",
            steps(each),
            str(each.repeat),
        )
        for each in found
    ]
    output.table(("NAME", "SERVICES", "SEVERITIES", "STEPS", "REPEAT"), rows)


@policy.command("add")
@click.argument("name")
@click.option("--step", "steps", multiple=True, required=True, metavar="WHOM:WAIT", help='Such as "primary shop:5m".')
@click.option("--service", "services", multiple=True, help="Only for this service.")
@click.option("--severity", "severities", multiple=True, help="Only for this severity.")
@click.option("--repeat", type=int, default=3, show_default=True, help="How many times more after the last step.")
def add_policy(
    name: str, steps: tuple[str, ...], services: tuple[str, ...], severities: tuple[str, ...], repeat: int
) -> None:
    """Make or replace a policy; one that can reach nobody is refused."""
    tables = [_step(each) for each in steps]
    oncall_people.put(
        "policies",
        name,
        {"steps": tables, "services": list(services), "severities": list(severities), "repeat": repeat},
    )


def _step(written: str) -> dict[str, Any]:
    targets, _, wait = written.partition(":")
    return {"call": oncall_people.names(targets), **({"wait": wait.strip()} if wait else {})}


@policy.command("which")
@click.argument("severity", type=click.Choice(["P1", "P2", "P3", "P4"]))
@click.option("--service", "-s", default="", help="Of an alert of this service.")
def which(severity: str, service: str) -> None:
    """Which policy counts for an alert."""
    from accelerapp.base.severity import Severity
    from accelerapp.oncall.model import Policy

    def local(app: Any) -> Policy:
        found: Policy | None = app.oncall.policy_for(service, Severity(severity))
        if found is None:
            raise errors.NotFoundError(f"No policy is for {severity} of {service or 'all services'}.")
        return found

    params = {"severity": severity, "service": service}
    found: Policy = target().ask(Policy, "/oncall/policy", local, params=params)
    output.echo(found.name)


@policy.command("show")
@click.argument("name")
def show_policy(name: str) -> None:
    """Print a policy as in a file."""
    oncall_people.show("policies", name)


@policy.command("remove")
@click.argument("name")
def remove_policy(name: str) -> None:
    """Take a policy out."""
    oncall_people.remove("policies", name)
