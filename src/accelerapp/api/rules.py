"""Rules with how they stand, and objectives with their budgets."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from accelerapp.alerts.rules.views import RuleStanding, SloStanding
from accelerapp.app import App
from accelerapp.flows.rules import RulePlot
from accelerapp.web.identity import Reader

_ON: dict[int | str, dict[str, Any]] = {503: {"description": "The source of the metrics cannot tell now."}}
_Rule = Annotated[str, Query(max_length=300, description="The rule's id, or a name that only one rule has.")]
_Service = Annotated[str | None, Query(max_length=63)]


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""

    @router.get("/rules", operation_id="list_rules")
    def rules(who: Reader, service: _Service = None) -> list[RuleStanding]:
        """Every rule, or those of a service, with how it stands."""
        return app.rules.standings(app.service(service).name if service else None)

    @router.get("/rule", operation_id="get_rule")
    def rule(rule: _Rule, who: Reader) -> RuleStanding:
        """One rule. Ids have a slash in them, so that it is asked for by a query."""
        return app.rules.standing(rule)

    @router.get("/rule/plot", operation_id="plot_rule", responses=_ON)
    def plot(rule: _Rule, who: Reader, minutes: Annotated[int, Query(ge=1, le=10080)] = 60) -> RulePlot:
        """The rule's figure over the last minutes, and its threshold."""
        return app.rules.plot(rule, minutes)

    @router.get("/slos", operation_id="list_slos", responses=_ON)
    def slos(who: Reader) -> list[SloStanding]:
        """Every objective, and what is left of its error budget."""
        return app.rules.slos()
