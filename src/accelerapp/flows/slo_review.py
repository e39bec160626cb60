"""What is left of the error budgets: every objective asked, and judged by how its rules stand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from accelerapp.alerts.rules import slo
from accelerapp.alerts.rules.kinds import interface
from accelerapp.alerts.rules.model import Rule, RuleId, State, Status
from accelerapp.alerts.rules.views import SloStanding
from accelerapp.base import errors
from accelerapp.flows.rule_evaluation import Ask

_WORST = (State.FIRING, State.PENDING, State.UNKNOWN, State.INACTIVE)


def review(
    objectives: Iterable[slo.Objective],
    rules: Sequence[Rule],
    statuses: Mapping[RuleId, Status],
    ask: Ask,
    now: datetime,
) -> list[SloStanding]:
    """Every objective as of now. One of which nothing is known says why."""
    return [_standing(one, _state(one, rules, statuses), ask, now) for one in objectives]


def _standing(one: slo.Objective, state: State, ask: Ask, now: datetime) -> SloStanding:
    windows = sorted({window for pair in slo.PAIRS for window in (pair.short, pair.long)})
    try:
        bad = _figure(ask, one.bad_share(slo.WINDOW), now)
        burning = {interface.length(window): _figure(ask, one.burn_rate(window), now) for window in windows}
    except errors.AccelerappError as error:
        return SloStanding(one.service, one.name, one.kind, one.objective, None, None, {}, state, error.message)
    return SloStanding(
        service=one.service,
        name=one.name,
        kind=one.kind,
        objective=one.objective,
        remaining=None if bad is None else 1 - bad / one.budget,
        bad=bad,
        burn_rates=burning,
        state=state,
        reason="There is no data." if bad is None else "",
    )


def _figure(ask: Ask, expr: str, now: datetime) -> float | None:
    values = [each.point.value for each in ask(expr, now).elements if math.isfinite(each.point.value)]
    return values[0] if values else None


def _state(one: slo.Objective, rules: Sequence[Rule], statuses: Mapping[RuleId, Status]) -> State:
    ours = [rule for rule in rules if rule.service == one.service and rule.labels.get("slo") == one.name]
    states = {statuses[rule.id].state if rule.id in statuses else State.UNKNOWN for rule in ours}
    return next((state for state in _WORST if state in states), State.UNKNOWN)
