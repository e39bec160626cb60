"""`/rules`, `/rule`, `/slo`: what is watched and how it stands, a rule and an error budget with their plots."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from accelerapp.alerts.rules.model import State
from accelerapp.alerts.rules.views import RuleStanding
from accelerapp.console.desk import Desk
from accelerapp.console.looks import Look, Tone
from accelerapp.console.service import RANGES, in_range
from accelerapp.web import identity as identities

_LOOKS = {
    State.INACTIVE: Look(Tone.OK, "Inactive"),
    State.PENDING: Look(Tone.NOTICE, "Pending"),
    State.FIRING: Look(Tone.CRITICAL, "Firing"),
    State.UNKNOWN: Look(Tone.UNKNOWN, "Unknown"),
}
_URGENCY = (State.FIRING, State.PENDING, State.UNKNOWN, State.INACTIVE)
_DAYS = ((1, "24 h"), (7, "7 d"), (30, "30 d"))
_Word = Annotated[str, Query(max_length=300)]


def look(state: State) -> Look:
    """The look of a rule's state."""
    return _LOOKS[state]


def by_urgency(rules: list[RuleStanding]) -> list[RuleStanding]:
    """What fires first, the worst severity before the others."""
    return sorted(rules, key=lambda rule: (_URGENCY.index(rule.state), rule.severity, rule.id))


def add(router: APIRouter, desk: Desk) -> None:
    """Add the pages."""

    @router.get("/rules", response_class=HTMLResponse)
    def rules_page(request: Request, identity: identities.Reader, service: _Word = "") -> HTMLResponse:
        name = desk.service(service).name if service else ""
        answer = desk.asker.ask(("rules", name), lambda: by_urgency(desk.app.rules.standings(name or None)))
        slos = desk.asker.ask(("slos",), desk.app.rules.slos, keep=30.0)
        return desk.page(
            request, identity, "rules.html", section="rules", service=name, answer=answer, slos=slos, look=look
        )

    @router.get("/rule", response_class=HTMLResponse)
    def rule_page(request: Request, rule: _Word, identity: identities.Reader, minutes: int = 60) -> HTMLResponse:
        found, length = desk.app.rules.standing(rule), in_range(minutes)
        key = ("rule", found.id, str(length))
        plot = desk.asker.ask(key, lambda: desk.app.rules.plot(found.id, length), keep=5.0)
        values: dict[str, Any] = {"rule": found, "answer": plot, "look": look, "ranges": RANGES, "minutes": length}
        return desk.page(request, identity, "rule.html", section="rules", service=found.service, **values)

    @router.get("/slo", response_class=HTMLResponse)
    def slo_page(
        request: Request, service: _Word, name: _Word, identity: identities.Reader, days: int = 30
    ) -> HTMLResponse:
        rules, length = desk.app.rules, next((each for each, _ in _DAYS if each >= days), _DAYS[-1][0])
        rules.objective(service, name)
        slos = desk.asker.ask(("slos",), rules.slos, keep=30.0)
        key = ("slo", service, name, str(length))
        plot = desk.asker.ask(key, lambda: rules.budget_plot(service, name, length), keep=30.0)
        values: dict[str, Any] = {
            "name": name,
            "answer": plot,
            "slos": slos,
            "look": look,
            "ranges": _DAYS,
            "days": length,
        }
        return desk.page(request, identity, "slo.html", section="rules", service=service, **values)
