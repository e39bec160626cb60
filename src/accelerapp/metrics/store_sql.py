"""Samples in the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.base.ids import ReplicaName, ServiceName
from accelerapp.metrics.model import Metric, Sample
from accelerapp.storage.tables import samples as table


class SqlSamples:
    """Samples within a unit of work."""

    def __init__(self, work: Connection) -> None:
        self._work = work

    def add(self, samples: Iterable[Sample]) -> None:
        """Keep them, all in one statement per batch; what is already there stays as it was."""
        rows = [
            {
                "service": each.service,
                "replica": each.replica,
                "metric": str(each.metric),
                "at": each.at,
                "value": each.value,
            }
            for each in samples
        ]
        dialect = postgresql if self._work.dialect.name == "postgresql" else sqlite
        if rows:
            self._work.execute(dialect.insert(table).on_conflict_do_nothing(), rows)

    def since(self, service: ServiceName, metric: Metric, since: datetime) -> list[Sample]:
        """The samples of a service from `since` on, by time, then replica."""
        query = (
            select(table.c.replica, table.c.at, table.c.value)
            .where(table.c.service == service, table.c.metric == str(metric), table.c.at >= since)
            .order_by(table.c.at, table.c.replica)
        )
        return [
            Sample(service, ReplicaName(replica), metric, at, value) for replica, at, value in self._work.execute(query)
        ]

    def prune(self, before: datetime) -> int:
        """Forget what is older; how many samples that were."""
        return self._work.execute(delete(table).where(table.c.at < before)).rowcount
