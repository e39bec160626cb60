"""The last health of each service in the database: the report as JSON, what is asked for in columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.base import jsons
from accelerapp.base.ids import ServiceName
from accelerapp.health.model import HealthReport, HealthState, Verdict
from accelerapp.storage.tables import health_states


class SqlHealthStates:
    """States within a unit of work."""

    def __init__(self, work: Connection) -> None:
        self._work = work

    def get(self, service: ServiceName) -> HealthState | None:
        """The state last put; None before the first, or when a newer version wrote it in a form unknown here."""
        row = self._work.execute(select(health_states).where(health_states.c.service == service)).one_or_none()
        if row is None:
            return None
        try:
            report: HealthReport = jsons.from_json(HealthReport, row.report)
        except ValueError:
            return None
        return HealthState(service, Verdict(row.verdict), row.since, row.at, report)

    def put(self, state: HealthState) -> None:
        """Keep this state in place of the one before."""
        values: dict[str, Any] = {
            "verdict": str(state.verdict),
            "since": state.since,
            "at": state.at,
            "report": jsons.to_json(state.report).decode(),
        }
        dialect = postgresql if self._work.dialect.name == "postgresql" else sqlite
        insert = dialect.insert(health_states).values(service=state.service, **values)
        self._work.execute(insert.on_conflict_do_update(index_elements=["service"], set_=values))
