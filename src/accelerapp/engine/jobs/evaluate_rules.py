"""Evaluates the rules: by one process at a time, each rule as often as it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from accelerapp.base import errors

if TYPE_CHECKING:
    from accelerapp.app import App


@dataclass(frozen=True)
class EvaluateRules:
    """All rules at once."""

    app: App
    name: ClassVar[str] = "evaluate_rules"
    in_each_process: ClassVar[bool] = False

    @property
    def period(self) -> timedelta:
        """That of the rule that is evaluated most often."""
        return self.app.rules.period

    def run(self, now: datetime) -> None:
        """Evaluate what is due. Raises CannotTellError, after all is written, when the source could not tell."""
        done = self.app.evaluate_rules(now)
        if done.silence:
            raise errors.CannotTellError(done.silence)
