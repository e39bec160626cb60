"""Silences and maintenances in the database."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.alerts.model import Matcher, Silence, SilenceKind
from accelerapp.base import jsons
from accelerapp.base.ids import SilenceId
from accelerapp.storage.tables import decisions
from accelerapp.storage.tables import silences as table


class SqlSilences:
    """See `silence_store.SilenceStore`."""

    def __init__(self, work: Connection) -> None:
        self._work = work

    def get(self, id: SilenceId) -> Silence | None:
        """One silence."""
        row = self._work.execute(select(table).where(table.c.id == id)).first()
        return _silence(row) if row else None

    def put(self, silence: Silence) -> None:
        """Insert or replace."""
        values = {**asdict(silence), "matchers": jsons.to_json(silence.matchers, tuple[Matcher, ...]).decode()}
        values["kind"] = silence.kind.value
        dialect = postgresql if self._work.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(table).values(**values)
        self._work.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def unclosed(self) -> list[Silence]:
        """Those whose end is not recorded."""
        query = select(table).where(table.c.is_closed.is_(False)).order_by(table.c.ends_at, table.c.id)
        return [_silence(row) for row in self._work.execute(query)]

    def all(self, limit: int = 200) -> list[Silence]:
        """All, the last to end first."""
        query = select(table).order_by(table.c.ends_at.desc(), table.c.id.desc()).limit(limit)
        return [_silence(row) for row in self._work.execute(query)]

    def prune(self, before: datetime) -> int:
        """Forget those that ended before, with their history."""
        is_old = table.c.is_closed.is_(True) & (table.c.ends_at < before)
        self._work.execute(delete(decisions).where(decisions.c.subject.in_(select(table.c.id).where(is_old))))
        return self._work.execute(delete(table).where(is_old)).rowcount


def _silence(row: Row[Any]) -> Silence:
    matchers: tuple[Matcher, ...] = jsons.from_json(tuple[Matcher, ...], row.matchers)
    return Silence(**{**row._mapping, "matchers": matchers, "kind": SilenceKind(row.kind)})
