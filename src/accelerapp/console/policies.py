"""`/oncall/policies` and `/oncall/schedules`: chains and rotations as they read, and which policy counts for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from accelerapp.base.ids import PersonName
from accelerapp.base.severity import Severity
from accelerapp.console import book as editor
from accelerapp.console.desk import Desk, by
from accelerapp.oncall import policies, written
from accelerapp.oncall.model import Book, Layer, OnCall, OnHolidays, Policy, Remark, Schedule, Target
from accelerapp.web import identity as identities

MOST_SERVICES = 200
OTHERS = ""
"""In the table of what counts: every service that no policy names."""


@dataclass(frozen=True)
class Link:
    """A step of a chain: whom it says, whom that means now, and how long it waits."""

    targets: Sequence[tuple[str, Sequence[PersonName]]]
    wait: str


@dataclass(frozen=True)
class Chain:
    """A policy as it reads."""

    policy: Policy
    links: Sequence[Link]
    remarks: Sequence[Remark]
    waiting: Sequence[Severity]
    """Of those that it is for."""
    hours: str
    repage_after: str


@dataclass(frozen=True)
class Policies:
    """What the page of policies shows. `counting`: for each service, the policy of each severity."""

    chains: Sequence[Chain]
    counting: Sequence[tuple[str, Sequence[Policy | None]]]
    remarks: Sequence[Remark]


@dataclass(frozen=True)
class Plan:
    """A schedule as it reads."""

    schedule: Schedule
    standing: Sequence[OnCall]
    remarks: Sequence[Remark]


def counting(book: Book, services: Sequence[str]) -> list[tuple[str, list[Policy | None]]]:
    """Which policy counts for each service and severity, P1 first; the last row is for all other services."""
    named = [each for policy in book.policies.values() for each in policy.services]
    rows = [*dict.fromkeys([*services, *sorted(named)])][:MOST_SERVICES]
    return [
        (row, [policies.choose(book.policies.values(), row, level) for level in Severity]) for row in [*rows, OTHERS]
    ]


def chain(policy: Policy, meant: Mapping[Target, Sequence[PersonName]], remarks: Sequence[Remark]) -> Chain:
    """How it reads."""
    links = [
        Link([(written.show_target(each), meant[each]) for each in step.targets], written.show_duration(step.wait))
        for step in policy.steps
    ]
    waiting = [each for each in policy.waiting if each in (policy.severities or Severity)]
    hours = f"{written.show_hours(policy.working_hours.hours)} {policy.working_hours.zone}"
    again = written.show_duration(policy.repage_after)
    return Chain(policy, links, _of(remarks, f"policy {policy.name}"), waiting, hours, again)


def turns(layer: Layer) -> str:
    """`1w from Friday 17:00`, `2d from 2026-01-01 17:00`."""
    weeks, days = divmod(layer.turn_days, 7)
    if days:
        return f"{layer.turn_days}d from {layer.starts_on} {written.show_clock(layer.at)}"
    return f"{weeks}w from {written.show_handoff(layer.weekday, layer.at)}"


def when(layer: Layer) -> str:
    """`Mon-Fri 09:00-17:00, not on holidays`."""
    hours = ", ".join(written.show_hours(each) for each in layer.hours) or "at all hours"
    days = {OnHolidays.OFF: ", not on holidays", OnHolidays.ONLY: ", on holidays only", OnHolidays.COUNTS: ""}
    return hours + days[layer.on_holidays]


def _of(remarks: Sequence[Remark], subject: str) -> list[Remark]:
    return [each for each in remarks if each.subject == subject]


def _policies(desk: Desk) -> Policies:
    rota, now = desk.app.oncall, desk.app.clock.now()
    book, remarks = rota.book(), rota.remarks()
    targets = {each for policy in book.policies.values() for step in policy.steps for each in step.targets}
    meant = {each: rota.called(each, now) for each in targets}
    chains = [chain(each, meant, remarks) for each in book.policies.values()]
    return Policies(chains, counting(book, [each.name for each in desk.app.services]), _of(remarks, "policies"))


def _plans(desk: Desk) -> list[Plan]:
    rota = desk.app.oncall
    standing, remarks = rota.now(), rota.remarks()
    return [
        Plan(each, [one for one in standing if one.schedule == each.name], _of(remarks, f"schedule {each.name}"))
        for each in rota.book().schedules.values()
    ]


def add(router: APIRouter, desk: Desk) -> None:
    """Add the pages."""

    @router.get("/oncall/policies", response_class=HTMLResponse)
    def policies_page(request: Request, identity: identities.Reader, did: editor.Did = "") -> HTMLResponse:
        found = desk.asker.ask(("policies",), lambda: _policies(desk), keep=0.0)
        values: dict[str, Any] = {"found": found, "by": by(identity), "severities": list(Severity)}
        values["done"] = editor.DONE.get(did, "")
        return desk.page(request, identity, "policies.html", section="oncall", **values)

    @router.get("/oncall/schedules", response_class=HTMLResponse)
    def schedules_page(request: Request, identity: identities.Reader, did: editor.Did = "") -> HTMLResponse:
        found = desk.asker.ask(("schedules",), lambda: _plans(desk), keep=0.0)
        values: dict[str, Any] = {"found": found, "by": by(identity), "turns": turns, "when": when}
        values["done"] = editor.DONE.get(did, "")
        return desk.page(request, identity, "schedules.html", section="oncall", **values)
