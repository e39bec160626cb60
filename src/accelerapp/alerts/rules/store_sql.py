"""How rules stand, in the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.alerts.rules.model import RuleId, Status
from accelerapp.base import jsons
from accelerapp.storage.tables import rule_looks, rule_states

_MILLISECOND = timedelta(milliseconds=1)


class SqlRuleStates:
    """The statuses within a unit of work."""

    def __init__(self, work: Connection) -> None:
        self._work = work
        self._dialect = postgresql if work.dialect.name == "postgresql" else sqlite

    def all(self) -> dict[RuleId, Status]:
        """Every status. One that a newer version wrote in a form unknown here is left out: the rule begins anew."""
        found: dict[RuleId, Status] = {}
        for rule, text in self._work.execute(select(rule_states.c.rule, rule_states.c.status)):
            try:
                found[RuleId(rule)] = jsons.from_json(Status, text)
            except ValueError:
                continue
        return found

    def put(self, statuses: Iterable[Status]) -> None:
        """Keep these, in one statement."""
        rows = [
            {
                "rule": status.rule,
                "state": status.state.value,
                "since": status.since,
                "status": jsons.to_json(replace(status, evaluated_at=None)).decode(),
            }
            for status in statuses
        ]
        if rows:
            insert = self._dialect.insert(rule_states)
            changed = {name: insert.excluded[name] for name in ("state", "since", "status")}
            self._work.execute(insert.on_conflict_do_update(index_elements=["rule"], set_=changed), rows)

    def remove(self, rules: Iterable[RuleId]) -> None:
        """Forget them."""
        self._work.execute(delete(rule_states).where(rule_states.c.rule.in_(list(rules))))

    def looked(self, at: datetime, periods: Iterable[timedelta]) -> None:
        """They were looked at."""
        rows = [{"period_ms": period // _MILLISECOND, "at": at} for period in periods]
        if rows:
            insert = self._dialect.insert(rule_looks)
            upsert = insert.on_conflict_do_update(index_elements=["period_ms"], set_={"at": insert.excluded.at})
            self._work.execute(upsert, rows)

    def looks(self) -> Mapping[timedelta, datetime]:
        """When each period was last looked at."""
        found = self._work.execute(select(rule_looks.c.period_ms, rule_looks.c.at))
        return {timedelta(milliseconds=period): at for period, at in found}
