"""Baselines in the database: a row per service, hour and pattern; the counts of a pattern as JSON, hour by hour."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.base.ids import ServiceName
from accelerapp.logs.baseline import Baseline, History, HourCount
from accelerapp.logs.model import Level
from accelerapp.storage.tables import log_baselines, log_hours, log_patterns

_AT_ONCE = 500


class SqlBaselines:
    """Baselines within a unit of work."""

    def __init__(self, work: Connection) -> None:
        self._work = work

    def get(self, service: ServiceName) -> Baseline:
        """What is known; an empty baseline before the first."""
        head = self._work.execute(select(log_baselines).where(log_baselines.c.service == service)).one_or_none()
        if head is None:
            return Baseline()
        hours = self._work.execute(select(log_hours).where(log_hours.c.service == service))
        patterns = self._work.execute(select(log_patterns).where(log_patterns.c.service == service))
        return Baseline(
            hours={row.hour: HourCount(row.total, row.errors, json.loads(row.sources)) for row in hours},
            patterns={row.id: _history(row) for row in patterns},
            seen_at=head.seen_at,
            away_until=head.away_until,
            dropped_at=head.dropped_at,
        )

    def put(self, service: ServiceName, before: Baseline, after: Baseline) -> None:
        """Keep `after` in place of `before`, which `get` gave: only what differs is written."""
        head = {"seen_at": after.seen_at, "away_until": after.away_until, "dropped_at": after.dropped_at}
        self._upsert(log_baselines, [{"service": service, **head}], ["service"])
        hours = [
            _hour_row(service, hour, count) for hour, count in after.hours.items() if before.hours.get(hour) != count
        ]
        self._upsert(log_hours, hours, ["service", "hour"])
        self._remove(log_hours, service, "hour", [hour for hour in before.hours if hour not in after.hours])
        patterns = [
            _pattern_row(service, one) for id, one in after.patterns.items() if before.patterns.get(id) is not one
        ]
        self._upsert(log_patterns, patterns, ["service", "id"])
        self._remove(log_patterns, service, "id", [id for id in before.patterns if id not in after.patterns])

    def _upsert(self, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
        if not rows:
            return
        dialect = postgresql if self._work.dialect.name == "postgresql" else sqlite
        insert = dialect.insert(table)
        changed = {column.name: insert.excluded[column.name] for column in table.c if column.name not in key}
        self._work.execute(insert.on_conflict_do_update(index_elements=key, set_=changed), [dict(row) for row in rows])

    def _remove(self, table: Table, service: ServiceName, column: str, values: Sequence[Any]) -> None:
        for start in range(0, len(values), _AT_ONCE):
            chosen = table.c[column].in_(values[start : start + _AT_ONCE])
            self._work.execute(delete(table).where(table.c.service == service, chosen))


def _history(row: Any) -> History:
    counts = {int(hour): count for hour, count in json.loads(row.counts).items()}
    return History(row.id, Level(row.level), row.message, row.example, row.first_at, row.last_at, counts)


def _hour_row(service: ServiceName, hour: int, count: HourCount) -> dict[str, Any]:
    sources = json.dumps(dict(count.sources))
    return {"service": service, "hour": hour, "total": count.total, "errors": count.errors, "sources": sources}


def _pattern_row(service: ServiceName, one: History) -> dict[str, Any]:
    return {
        "service": service,
        "id": one.id,
        "level": str(one.level),
        "message": _storable(one.message),
        "example": _storable(one.example),
        "first_at": one.first_at,
        "last_at": one.last_at,
        "counts": json.dumps(dict(one.counts), separators=(",", ":")),
    }


def _storable(text: str) -> str:
    """PostgreSQL refuses NUL, and half of a surrogate pair is no UTF-8."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
