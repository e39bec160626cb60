"""How rules stand, kept: what a store does, and one in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from accelerapp.alerts.rules.model import RuleId, Status


class RuleStates(Protocol):
    """The status of every rule, and when rules of a period were last looked at."""

    def all(self) -> dict[RuleId, Status]:
        """Every status, with the time of its last look."""
        ...

    def put(self, statuses: Iterable[Status]) -> None:
        """Keep these; each replaces the one before."""
        ...

    def remove(self, rules: Iterable[RuleId]) -> None:
        """Forget them."""
        ...

    def looked(self, at: datetime, periods: Iterable[timedelta]) -> None:
        """The rules of these periods were looked at."""
        ...

    def looks(self) -> Mapping[timedelta, datetime]:
        """When the rules of each period were last looked at."""
        ...


class MemoryRuleStates:
    """In this process, for tests."""

    def __init__(self) -> None:
        self._statuses: dict[RuleId, Status] = {}
        self._looks: dict[timedelta, datetime] = {}

    def all(self) -> dict[RuleId, Status]:
        """Every status."""
        return dict(self._statuses)

    def put(self, statuses: Iterable[Status]) -> None:
        """Keep these."""
        self._statuses.update({status.rule: status for status in statuses})

    def remove(self, rules: Iterable[RuleId]) -> None:
        """Forget them."""
        for rule in rules:
            self._statuses.pop(rule, None)

    def looked(self, at: datetime, periods: Iterable[timedelta]) -> None:
        """They were looked at."""
        self._looks.update(dict.fromkeys(periods, at))

    def looks(self) -> Mapping[timedelta, datetime]:
        """When each period was last looked at."""
        return dict(self._looks)
