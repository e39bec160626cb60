"""The status page in the database. Each row has the whole noun as JSON, and what is asked for in columns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.base import jsons
from accelerapp.base.ids import ComponentId, IncidentId, MaintenanceId
from accelerapp.statuspage import maintenances
from accelerapp.statuspage.model import Board, Component, Group, Maintenance, Outage, Report
from accelerapp.storage import tables

_C, _R, _M, _O = tables.status_components, tables.status_reports, tables.status_maintenances, tables.status_outages
_MARKS = tables.status_marks
_PAGE = "page"


class SqlStatus:
    """See `store.StatusStore`."""

    def __init__(self, work: Connection) -> None:
        self._work = work
        self._dialect = postgresql if work.dialect.name == "postgresql" else sqlite

    def lock(self) -> None:
        """The row is locked by being changed."""
        statement = self._dialect.insert(_MARKS).values(name=_PAGE, number=1)
        counted = {"number": _MARKS.c.number + 1}
        self._work.execute(statement.on_conflict_do_update(index_elements=["name"], set_=counted))

    def mark(self) -> int:
        """The number in the row."""
        return self._work.scalar(select(_MARKS.c.number).where(_MARKS.c.name == _PAGE)) or 0

    def board(self, since: datetime) -> Board:
        """One query a table."""
        places = self._work.execute(select(_C).order_by(_C.c.id)).all()
        told = select(_R.c.whole).where(or_(_R.c.is_open, _R.c.updated_at > since))
        works = select(_M.c.whole).where(or_(_M.c.ends_at.is_(None), _M.c.ends_at > since))
        outages = select(_O.c.whole).where(or_(_O.c.ends_at.is_(None), _O.c.ends_at > since))
        return Board(
            groups=tuple(jsons.from_json(Group, row.whole) for row in places if row.is_group),
            components=tuple(jsons.from_json(Component, row.whole) for row in places if not row.is_group),
            reports=self._all(Report, told.order_by(_R.c.created_at.desc(), _R.c.id.desc())),
            maintenances=self._all(Maintenance, works.order_by(_M.c.starts_at.desc(), _M.c.id.desc())),
            outages=self._all(Outage, outages.order_by(_O.c.starts_at, _O.c.id)),
        )

    def _all(self, kind: Any, query: Any) -> tuple[Any, ...]:
        return tuple(jsons.from_json(kind, whole) for whole in self._work.scalars(query))

    def report(self, id: IncidentId) -> Report | None:
        """One."""
        whole = self._work.scalar(select(_R.c.whole).where(_R.c.id == id))
        return jsons.from_json(Report, whole) if whole else None

    def reports(self, before: datetime | None, limit: int) -> list[Report]:
        """Newest first."""
        query = select(_R.c.whole).order_by(_R.c.created_at.desc(), _R.c.id.desc()).limit(limit)
        return list(self._all(Report, query if before is None else query.where(_R.c.created_at < before)))

    def put_component(self, component: Component) -> None:
        """Insert or replace."""
        self._put(_C, {"id": component.id, "is_group": False}, component)

    def put_group(self, group: Group) -> None:
        """Insert or replace."""
        self._put(_C, {"id": group.id, "is_group": True}, group)

    def put_report(self, report: Report) -> None:
        """Insert or replace."""
        moments = {"created_at": report.created_at, "updated_at": report.updated_at}
        self._put(_R, {"id": report.id, "is_open": report.is_open, **moments}, report)

    def put_maintenance(self, maintenance: Maintenance) -> None:
        """Insert or replace."""
        moments = {"starts_at": maintenance.scheduled_for, "ends_at": maintenances.ends_at(maintenance)}
        self._put(_M, {"id": maintenance.id, **moments}, maintenance)

    def put_outages(self, outages: Iterable[Outage]) -> None:
        """Insert or replace."""
        for each in outages:
            moments = {"starts_at": each.starts_at, "ends_at": each.ends_at}
            self._put(_O, {"id": each.id, "component": each.component, **moments}, each)

    def remove(self, id: ComponentId | MaintenanceId | IncidentId) -> None:
        """Whatever has this id."""
        for table in (_C, _R, _M):
            self._work.execute(delete(table).where(table.c.id == id))
        self._work.execute(delete(_O).where(_O.c.component == id))

    def _put(self, table: Table, columns: dict[str, Any], noun: Any) -> None:
        values = {**columns, "whole": jsons.to_json(noun).decode()}
        statement = self._dialect.insert(table).values(**values)
        self._work.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
