"""The verbs of post-mortems: the report, what people write into it, how far it is, which ones are due."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.base.clock import Clock
from accelerapp.flows import incidents, paging, postmortem_facts
from accelerapp.incidents import service as incident_service
from accelerapp.incidents import timeline
from accelerapp.incidents.model import EntryKind, Incident, Viewer
from accelerapp.postmortems import reporting, service
from accelerapp.postmortems.model import Action, Due, Part, PostMortem, Report, State
from accelerapp.postmortems.reporting import House
from accelerapp.postmortems.store import PostMortemStore

LOOKED_BACK = timedelta(days=90)
"""Incidents that were opened earlier are asked about no more."""
_ENTRIES = 1000
_MOST = 5000
_SAID = {
    State.DRAFT: "The post-mortem is a draft again.",
    State.IN_REVIEW: "The post-mortem is in review.",
    State.PUBLISHED: "The post-mortem is published.",
}


@dataclass(frozen=True)
class Stores:
    """What a unit of work on post-mortems has."""

    postmortems: PostMortemStore
    others: paging.Stores


Work = Callable[[], AbstractContextManager[Stores]]


@dataclass(frozen=True)
class PostMortems:
    """Wired to stores. Whoever may not see a private incident is told that there is none."""

    reading: Work
    writing: Work
    clock: Clock
    house: House

    def report(self, id: str, viewer: Viewer) -> Report:
        """The report as it reads now. Raises NotFoundError."""
        with self.reading() as stores:
            return self._report(stores, incidents.found(stores.others, id, viewer))

    def write(self, id: str, viewer: Viewer, part: Part, text: str, seen: int) -> Report:
        """Write a section, having seen its version `seen`.

        Raises NotFoundError, OvertakenError, InvalidInputError; WrongUseError once it is published.
        """
        return self._change(id, viewer, lambda known, now: service.write(known, part, text, seen, viewer.name, now))

    def give(self, id: str, viewer: Viewer, owner: str) -> Report:
        """Somebody else sees to it. Raises NotFoundError, InvalidInputError."""
        return self._change(id, viewer, lambda known, now: service.give(known, owner))

    def move(self, id: str, viewer: Viewer, state: State) -> Report:
        """Draft, in review, published; the incident's time line says so. Raises NotFoundError, WrongUseError."""
        now = self.clock.now()
        with self.writing() as stores:
            incident = incidents.found(stores.others, id, viewer, lock=True)
            incident_service.need_unmerged(incident)
            stores.postmortems.put(service.move(_known(stores, incident), state, viewer.name, now))
            entry = timeline.entry(incident.id, EntryKind.EDITED, _SAID[state], viewer.name, now)
            stores.others.incidents.add_entries([entry])
            return self._report(stores, incident)

    def due(self, viewer: Viewer) -> list[Due]:
        """Those that are to be written, the longest due first; of incidents of the last 90 days."""
        now = self.clock.now()
        with self.reading() as stores:
            found = due(stores, self.house, now)
        return [each for each, incident in found if incident_service.may_see(incident, viewer)]

    def _change(self, id: str, viewer: Viewer, verb: Callable[[PostMortem, datetime], PostMortem]) -> Report:
        now = self.clock.now()
        with self.writing() as stores:
            incident = incidents.found(stores.others, id, viewer, lock=True)
            incident_service.need_unmerged(incident)
            stores.postmortems.put(verb(_known(stores, incident), now))
            return self._report(stores, incident)

    def _report(self, stores: Stores, incident: Incident) -> Report:
        entries = stores.others.incidents.entries(incident.id, _ENTRIES)
        facts = postmortem_facts.of(incident, entries, stores.others.incidents.duplicates(incident.id))
        actions = [with_task(each, incident) for each in stores.postmortems.of_incident(incident.id)]
        left = len(tasks_left(incident, actions))
        return reporting.make(facts, _known(stores, incident), actions, left, self.house, self.clock.now())


def due(stores: Stores, house: House, now: datetime) -> list[tuple[Due, Incident]]:
    """Post-mortems that are to be written, with their incidents; the longest due first."""
    over = stores.others.incidents.find(is_open=False, since=now - LOOKED_BACK, limit=_MOST)
    asked = [each for each in over if each.severity in service.NEEDED]
    known = stores.postmortems.many([each.id for each in asked])
    found = [
        (one, each)
        for each in asked
        if (
            one := reporting.due(
                postmortem_facts.of(each, ()), known.get(each.id, PostMortem(each.id)), house.where, now
            )
        )
    ]
    return sorted(found, key=lambda each: (each[0].due_at, each[0].incident))


def with_task(action: Action, incident: Incident) -> Action:
    """One that was taken over from a task is done as well when the task is."""
    task = next((each for each in incident.tasks if each.id == action.task), None)
    if action.is_done or task is None or task.done_at is None:
        return action
    return replace(action, done_at=task.done_at, done_by=task.done_by)


def tasks_left(incident: Incident, actions: list[Action]) -> list[str]:
    """Ids of tasks that are not done and no action item yet."""
    taken = {each.task for each in actions}
    return [each.id for each in incident.tasks if each.done_at is None and each.id not in taken]


def _known(stores: Stores, incident: Incident) -> PostMortem:
    return stores.postmortems.get(incident.id) or PostMortem(incident.id)
