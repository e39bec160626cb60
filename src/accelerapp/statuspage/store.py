"""Where the status page is kept: the interface, and a memory for tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from accelerapp.base.ids import ComponentId, IncidentId, MaintenanceId
from accelerapp.statuspage import maintenances
from accelerapp.statuspage.model import Board, Component, Group, Maintenance, Outage, Report


class StatusStore(Protocol):
    """One unit of work."""

    def lock(self) -> None:
        """Nobody else writes the page until this unit of work ends; whoever shows it learns that it changed."""
        ...

    def mark(self) -> int:
        """Grows with every `lock`."""
        ...

    def board(self, since: datetime) -> Board:
        """All of it, and of reports, maintenances and outages those that are not over or ended after `since`."""
        ...

    def report(self, id: IncidentId) -> Report | None:
        """What was told of an incident."""
        ...

    def reports(self, before: datetime | None, limit: int) -> list[Report]:
        """Those that began before that, newest first."""
        ...

    def put_component(self, component: Component) -> None:
        """Insert or replace."""
        ...

    def put_group(self, group: Group) -> None:
        """Insert or replace."""
        ...

    def put_report(self, report: Report) -> None:
        """Insert or replace."""
        ...

    def put_maintenance(self, maintenance: Maintenance) -> None:
        """Insert or replace."""
        ...

    def put_outages(self, outages: Iterable[Outage]) -> None:
        """Insert or replace."""
        ...

    def remove(self, id: ComponentId | MaintenanceId | IncidentId) -> None:
        """A component with its outages, a group, a maintenance, or what was told of an incident."""
        ...


class MemoryStatus:
    """The page of this process, for tests."""

    def __init__(self) -> None:
        self._mark = 0
        self._groups: dict[str, Group] = {}
        self._components: dict[str, Component] = {}
        self._reports: dict[str, Report] = {}
        self._maintenances: dict[str, Maintenance] = {}
        self._outages: dict[str, Outage] = {}

    def lock(self) -> None:
        """Count."""
        self._mark += 1

    def mark(self) -> int:
        """The count."""
        return self._mark

    def board(self, since: datetime) -> Board:
        """All of it."""
        works = [
            each for each in self._maintenances.values() if (end := maintenances.ends_at(each)) is None or end > since
        ]
        outages = [each for each in self._outages.values() if each.ends_at is None or each.ends_at > since]
        told = [each for each in self._reports.values() if each.is_open or each.updated_at > since]
        return Board(
            groups=tuple(sorted(self._groups.values(), key=lambda each: each.id)),
            components=tuple(sorted(self._components.values(), key=lambda each: each.id)),
            reports=tuple(_newest(told)),
            maintenances=tuple(sorted(works, key=lambda each: (each.scheduled_for, each.id), reverse=True)),
            outages=tuple(sorted(outages, key=lambda each: (each.starts_at, each.id))),
        )

    def report(self, id: IncidentId) -> Report | None:
        """One."""
        return self._reports.get(id)

    def reports(self, before: datetime | None, limit: int) -> list[Report]:
        """Newest first."""
        return _newest(each for each in self._reports.values() if before is None or each.created_at < before)[:limit]

    def put_component(self, component: Component) -> None:
        """Keep it."""
        self._components[component.id] = component

    def put_group(self, group: Group) -> None:
        """Keep it."""
        self._groups[group.id] = group

    def put_report(self, report: Report) -> None:
        """Keep it."""
        self._reports[report.id] = report

    def put_maintenance(self, maintenance: Maintenance) -> None:
        """Keep it."""
        self._maintenances[maintenance.id] = maintenance

    def put_outages(self, outages: Iterable[Outage]) -> None:
        """Keep them."""
        self._outages.update({each.id: each for each in outages})

    def remove(self, id: ComponentId | MaintenanceId | IncidentId) -> None:
        """Forget it."""
        self._groups.pop(id, None)
        self._components.pop(id, None)
        self._reports.pop(id, None)
        self._maintenances.pop(id, None)
        self._outages = {key: each for key, each in self._outages.items() if each.component != id}


def _newest(reports: Iterable[Report]) -> list[Report]:
    return sorted(reports, key=lambda each: (each.created_at, each.id), reverse=True)
