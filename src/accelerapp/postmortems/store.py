"""Where post-mortems and action items are kept: the interface, and a memory for tests."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Protocol

from accelerapp.base.ids import ActionId, IncidentId
from accelerapp.postmortems.model import Action, PostMortem


class PostMortemStore(Protocol):
    """One unit of work. Whoever writes has locked the incident."""

    def get(self, incident: IncidentId) -> PostMortem | None:
        """What was written about an incident."""
        ...

    def many(self, incidents: Collection[IncidentId]) -> dict[IncidentId, PostMortem]:
        """What was written about these; those without are left out."""
        ...

    def put(self, postmortem: PostMortem) -> None:
        """Insert or replace."""
        ...

    def action(self, id: ActionId) -> Action | None:
        """One action item."""
        ...

    def of_incident(self, incident: IncidentId) -> list[Action]:
        """In the order in which they were added."""
        ...

    def actions(self, *, is_done: bool | None = None, owner: str = "", limit: int = 1000) -> list[Action]:
        """The soonest due first, those without a day last."""
        ...

    def put_action(self, action: Action) -> None:
        """Insert or replace."""
        ...


class MemoryPostMortems:
    """Post-mortems of this process, for tests."""

    def __init__(self) -> None:
        self._written: dict[IncidentId, PostMortem] = {}
        self._actions: dict[ActionId, Action] = {}

    def get(self, incident: IncidentId) -> PostMortem | None:
        """One."""
        return self._written.get(incident)

    def many(self, incidents: Collection[IncidentId]) -> dict[IncidentId, PostMortem]:
        """Those that there are."""
        return {id: self._written[id] for id in incidents if id in self._written}

    def put(self, postmortem: PostMortem) -> None:
        """Insert or replace."""
        self._written[postmortem.incident] = postmortem

    def action(self, id: ActionId) -> Action | None:
        """One."""
        return self._actions.get(id)

    def of_incident(self, incident: IncidentId) -> list[Action]:
        """The oldest first."""
        found = [each for each in self._actions.values() if each.incident == incident]
        return sorted(found, key=lambda each: (each.added_at, each.id))

    def actions(self, *, is_done: bool | None = None, owner: str = "", limit: int = 1000) -> list[Action]:
        """The soonest due first."""
        found = [
            each for each in self._actions.values() if is_done in (None, each.is_done) and owner in ("", each.owner)
        ]
        return sorted(found, key=lambda each: (each.due_on or date.max, each.id))[:limit]

    def put_action(self, action: Action) -> None:
        """Insert or replace."""
        self._actions[action.id] = action
