"""The verbs of rules and objectives: how they stand, their plots, one evaluation, their export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from accelerapp.alerts.model import Signal
from accelerapp.alerts.rules import meta, slo, views
from accelerapp.alerts.rules.model import Rule, RuleId, Status
from accelerapp.alerts.rules.store import RuleStates
from accelerapp.base.clock import Clock
from accelerapp.flows import rule_book, rule_evaluation, rule_export, slo_review
from accelerapp.metrics.model import Matrix
from accelerapp.metrics.sources.interface import MetricSource

POINTS = 240
"""Points of a plot's line."""
Take = Callable[[Sequence[Signal]], object]


@dataclass(frozen=True)
class RulePlot:
    """The figure of a rule over time, and its threshold."""

    rule: RuleId
    unit: str
    threshold: float | None
    since: datetime
    until: datetime
    figure: Matrix


@dataclass(frozen=True)
class Rules:
    """Every rule and objective of the product."""

    all: tuple[Rule, ...]
    objectives: tuple[slo.Objective, ...]
    source: Callable[[], MetricSource]
    reading: Callable[[], AbstractContextManager[RuleStates]]
    writing: Callable[[], AbstractContextManager[tuple[RuleStates, Take]]]
    clock: Clock
    address: str
    """Where the console is."""

    def url(self, rule: Rule) -> str:
        """Where a rule is shown."""
        return f"{self.address}/rule?{urlencode({'rule': rule.id})}"

    def standings(self, service: str | None = None) -> list[views.RuleStanding]:
        """Every rule of a service, or of all, with how it stands."""
        statuses = self._statuses()
        shown = [rule for rule in (*self.all, meta.RULE) if service in (None, rule.service)]
        return [views.standing(rule, statuses.get(rule.id)) for rule in shown]

    def standing(self, word: str) -> views.RuleStanding:
        """The rule of an id or a name. Raises NotFoundError, WrongUseError for a name that several have."""
        rule = rule_book.find(self.all, word)
        return views.standing(rule, self._statuses().get(rule.id))

    def _statuses(self) -> dict[RuleId, Status]:
        with self.reading() as states:
            return states.all()

    def evaluate(self, now: datetime) -> rule_evaluation.Evaluated:
        """Evaluate what is due. Raises CannotTellError when the results cannot be kept."""
        source = self.source()
        doors = rule_evaluation.Doors(source.instant, self.reading, self.writing, self.url)
        return rule_evaluation.evaluate(self.all, doors, source.name, now)

    @property
    def period(self) -> timedelta:
        """How often something is due."""
        return rule_evaluation.period(self.all)

    def plot(self, word: str, minutes: int = 60) -> RulePlot:
        """The figure of a rule over the last minutes. Raises NotFoundError, CannotTellError."""
        rule, until = rule_book.find(self.all, word), self.clock.now()
        since = until - timedelta(minutes=minutes)
        expr = rule.measure.expr if rule.measure else rule.condition
        step = max(rule.every, timedelta(seconds=round(minutes * 60 / POINTS)))
        figure = self.source().range(expr, since, until, step) if expr else Matrix()
        unit, threshold = (rule.measure.unit, rule.measure.threshold) if rule.measure else ("", None)
        return RulePlot(rule.id, unit, threshold, since, until, figure)

    def slos(self) -> list[views.SloStanding]:
        """Every objective, and what is left of its budget."""
        if not self.objectives:
            return []
        ask, now = self.source().instant, self.clock.now()
        return slo_review.review(self.objectives, self.all, self._statuses(), ask, now)

    def objective(self, service: str, name: str) -> slo.Objective:
        """The objective of a service by its name. Raises NotFoundError."""
        return slo.find(self.objectives, service, name)

    def budget_plot(self, service: str, name: str, days: int = 30) -> RulePlot:
        """What was left of a budget over the last days: of the budget of the 30 days before each moment."""
        one = self.objective(service, name)
        until = self.clock.now()
        since, step = until - timedelta(days=days), timedelta(days=days) / 120
        figure = self.source().range(one.remaining(), since, until, step)
        return RulePlot(RuleId(f"{service}/{name}"), "share", 0.0, since, until, figure)

    def export(self, service: str | None = None) -> rule_export.Export:
        """The rules of a service, or of all, for a Prometheus."""
        chosen = [rule for rule in self.all if service in (None, rule.service)]
        return rule_export.export(chosen, [each for each in self.objectives if service in (None, each.service)])
