"""Post-mortems and action items in the database. A row has the whole noun as JSON, and what is asked for in columns."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.base import jsons
from accelerapp.base.ids import ActionId, IncidentId
from accelerapp.postmortems.model import Action, PostMortem
from accelerapp.storage import tables

_P, _A = tables.postmortems, tables.action_items
_AT_ONCE = 500
"""Ids in one question: SQLite takes some thousand."""


class SqlPostMortems:
    """See `store.PostMortemStore`."""

    def __init__(self, work: Connection) -> None:
        self._work = work
        self._dialect = postgresql if work.dialect.name == "postgresql" else sqlite

    def get(self, incident: IncidentId) -> PostMortem | None:
        """One."""
        return self.many([incident]).get(incident)

    def many(self, incidents: Collection[IncidentId]) -> dict[IncidentId, PostMortem]:
        """Those that there are."""
        ids, found = list(incidents), dict[IncidentId, PostMortem]()
        for start in range(0, len(ids), _AT_ONCE):
            query = select(_P.c.whole).where(_P.c.incident.in_(ids[start : start + _AT_ONCE]))
            read: list[PostMortem] = [jsons.from_json(PostMortem, whole) for whole in self._work.scalars(query)]
            found.update({each.incident: each for each in read})
        return found

    def put(self, postmortem: PostMortem) -> None:
        """Insert or replace."""
        self._put(_P, "incident", {"incident": postmortem.incident, "state": postmortem.state.value}, postmortem)

    def action(self, id: ActionId) -> Action | None:
        """One."""
        whole = self._work.scalar(select(_A.c.whole).where(_A.c.id == id))
        return jsons.from_json(Action, whole) if whole else None

    def of_incident(self, incident: IncidentId) -> list[Action]:
        """The oldest first."""
        return self._all(select(_A.c.whole).where(_A.c.incident == incident).order_by(_A.c.added_at, _A.c.id))

    def actions(self, *, is_done: bool | None = None, owner: str = "", limit: int = 1000) -> list[Action]:
        """The soonest due first."""
        query = select(_A.c.whole).order_by(func.coalesce(_A.c.due_on, date.max), _A.c.id).limit(limit)
        if is_done is not None:
            query = query.where(_A.c.is_done == is_done)
        if owner:
            query = query.where(_A.c.owner == owner)
        return self._all(query)

    def put_action(self, action: Action) -> None:
        """Insert or replace."""
        columns = {
            "id": action.id,
            "incident": action.incident,
            "owner": action.owner,
            "due_on": action.due_on,
            "is_done": action.is_done,
            "added_at": action.added_at,
        }
        self._put(_A, "id", columns, action)

    def _all(self, query: Any) -> list[Action]:
        return [jsons.from_json(Action, whole) for whole in self._work.scalars(query)]

    def _put(self, table: Table, key: str, columns: dict[str, Any], noun: Any) -> None:
        values = {**columns, "whole": jsons.to_json(noun).decode()}
        statement = self._dialect.insert(table).values(**values)
        self._work.execute(statement.on_conflict_do_update(index_elements=[key], set_=values))
