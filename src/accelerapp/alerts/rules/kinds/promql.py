"""Any PromQL."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import model_validator

from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules.kinds import interface


class PromQl(interface.RuleTable):
    """An expression of your own. With above or below it is a figure; without, whatever it answers is bad."""

    OF_SERVICES: ClassVar[bool] = False
    SUMMARY = "{name}: {{ $value | humanize }}"

    kind: Literal["promql"] = "promql"
    name: interface.RuleName
    expr: str
    """PromQL. {service} stands for the service's name."""
    above: float | None = None
    """Threshold that may not be exceeded."""
    below: float | None = None
    """Threshold that must be reached."""

    @model_validator(mode="after")
    def _one_threshold(self) -> PromQl:
        if self.above is not None and self.below is not None:
            raise ValueError("above and below exclude each other: write two rules")
        return self

    def question(self, service: str) -> interface.Question:
        """The expression, in brackets where a comparison follows."""
        expr = self.expr.replace("{service}", service)
        if self.above is not None:
            return interface.Question(rules.Measure(f"({expr})", rules.Comparison.ABOVE, self.above))
        if self.below is not None:
            return interface.Question(rules.Measure(f"({expr})", rules.Comparison.BELOW, self.below))
        return interface.Question(None, expr)
