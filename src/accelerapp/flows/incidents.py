"""The verbs of incidents for people and doors. Each is one unit of work: what it decides, the time line, who is called.

Whoever may not see a private incident is told that there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accelerapp.base import errors
from accelerapp.base.clock import Clock
from accelerapp.base.ids import EntryId, IncidentId, TaskId
from accelerapp.base.severity import Severity
from accelerapp.flows import incident_alerts, incident_calling
from accelerapp.flows.paging import Stores, Work
from accelerapp.incidents import editing, joining, service, team, timeline
from accelerapp.incidents.model import (
    Entry,
    EntryKind,
    Evidence,
    Impact,
    Incident,
    IncidentDetail,
    Role,
    Status,
    Viewer,
    Wanted,
)
from accelerapp.incidents.service import Changed

_OF_A_PAGE = 10_000
_LOOKED_THROUGH = 5
"""Of so many times more incidents those that the viewer may see are given."""
Verb = Callable[[Incident, datetime], Changed]


@dataclass(frozen=True)
class Incidents:
    """Wired to stores. `wake` tells the sender of this process that there is something to send."""

    reading: Work
    writing: Work
    clock: Clock
    wake: Callable[[], None]

    # -- looking ---------------------------------------------------------------------------------------------------

    def find(self, viewer: Viewer, is_open: bool | None = None, limit: int = 200) -> list[Incident]:
        """Those that the viewer may see, newest first."""
        with self.reading() as stores:
            found = stores.incidents.find(is_open=is_open, limit=limit * _LOOKED_THROUGH)
        return [each for each in found if service.may_see(each, viewer)][:limit]

    def get(self, id: str, viewer: Viewer) -> Incident:
        """One. Raises NotFoundError."""
        with self.reading() as stores:
            return found(stores, id, viewer)

    def detail(self, id: str, viewer: Viewer, limit: int = 1000) -> IncidentDetail:
        """One with its time line. Raises NotFoundError."""
        with self.reading() as stores:
            one = found(stores, id, viewer)
            entries, duplicates = stores.incidents.entries(one.id, limit), stores.incidents.duplicates(one.id)
        return IncidentDetail(one, tuple(entries), tuple(duplicates))

    def versions(self, id: str, entry: str, viewer: Viewer) -> list[Entry]:
        """How an entry read at first, and after each correction. Raises NotFoundError."""
        with self.reading() as stores:
            return _versions(stores, found(stores, id, viewer), entry)

    def mark(self, id: str, viewer: Viewer) -> str:
        """Differs whenever the incident or its time line has changed. Raises NotFoundError."""
        with self.reading() as stores:
            return stores.incidents.mark(found(stores, id, viewer).id)

    # -- from the first minute to the last -------------------------------------------------------------------------

    def open(self, wanted: Wanted, viewer: Viewer) -> Incident:
        """Open one and call people for it. The same wish again gives the same incident. Raises InvalidInputError."""
        now = self.clock.now()
        with self.writing() as stores:
            stores.alerts.lock()
            known = stores.incidents.get(service.id_of(wanted, viewer.name)) if wanted.key else None
            if known is not None:
                return known
            incident, entries = service.open_by_person(wanted, viewer.name, now)
            if wanted.calls:
                incident, more = incident_calling.call(stores, incident, wanted.description, now)
                entries += more
            keep(stores, incident, entries)
        self.wake()
        return incident

    def acknowledge(self, id: str, viewer: Viewer) -> Incident:
        """Nobody is called any more. Raises NotFoundError, AnsweredError, ResolvedError."""
        return self._answer(
            id, viewer, lambda one, now: service.acknowledge(one, viewer.name, now), incident_calling.acknowledge
        )

    def resolve(self, id: str, viewer: Viewer, text: str = "") -> Incident:
        """It is over, and nobody is called for it again. Raises NotFoundError, ResolvedError, InvalidInputError."""
        return self._answer(
            id, viewer, lambda one, now: service.resolve(one, text, viewer.name, now), incident_calling.resolve
        )

    def change_status(self, id: str, viewer: Viewer, status: Status, text: str = "") -> Incident:
        """How far it is. Raises NotFoundError, ResolvedError, WrongUseError, InvalidInputError."""
        if status is Status.RESOLVED:
            return self.resolve(id, viewer, text)
        return self._change(id, viewer, lambda one, now: service.change_status(one, status, text, viewer.name, now))

    def reopen(self, id: str, viewer: Viewer, why: str) -> Incident:
        """It is not over after all. Nobody is called: whoever reopens it is there. Raises WrongUseError."""
        return self._change(id, viewer, lambda one, now: service.reopen(one, why, viewer.name, now))

    def change_severity(self, id: str, viewer: Viewer, severity: Severity, why: str = "") -> Incident:
        """A worse one calls people anew, while it is open. Raises NotFoundError, ResolvedError, WrongUseError."""
        now = self.clock.now()
        with self.writing() as stores:
            stores.alerts.lock()
            before = found(stores, id, viewer, lock=True)
            after, entries = service.change_severity(before, severity, viewer.name, now, why)
            if after.is_open and severity.is_worse_than(before.severity):
                after, more = incident_calling.worsen(stores, after, now)
                entries += more
            keep(stores, after, entries)
        self.wake()
        return after

    # -- people ----------------------------------------------------------------------------------------------------

    def assign(self, id: str, viewer: Viewer, role: Role, person: str, instead_of: str = "") -> Incident:
        """Give somebody a part. Raises NotFoundError, TakenError, ResolvedError, WrongUseError."""
        return self._change(id, viewer, lambda one, now: team.assign(one, role, person, viewer.name, now, instead_of))

    def leave(self, id: str, viewer: Viewer, role: Role, person: str) -> Incident:
        """Take a part from somebody. Raises NotFoundError, ResolvedError, WrongUseError."""
        return self._change(id, viewer, lambda one, now: team.leave(one, role, person, viewer.name, now))

    # -- what is written -------------------------------------------------------------------------------------------

    def edit(self, id: str, viewer: Viewer, fields: Mapping[str, Any], seen: int) -> Incident:
        """Write fields, having seen the version `seen`. Raises NotFoundError, OvertakenError, InvalidInputError."""
        return self._change(id, viewer, lambda one, now: editing.edit(one, fields, seen, viewer.name, now))

    def set_impact(self, id: str, viewer: Viewer, impact: Impact, seen: int) -> Incident:
        """What customers saw. Raises NotFoundError, OvertakenError, InvalidInputError."""
        return self._change(id, viewer, lambda one, now: editing.set_impact(one, impact, seen, viewer.name, now))

    def add_link(self, id: str, viewer: Viewer, url: str, title: str = "") -> Incident:
        """Something to look at. Raises NotFoundError, InvalidInputError."""
        return self._change(id, viewer, lambda one, now: editing.add_link(one, title, url, viewer.name, now))

    def add_task(
        self, id: str, viewer: Viewer, text: str, *, owner: str = "", due_at: datetime | None = None
    ) -> Incident:
        """Something to do; it is the last of the tasks. Raises NotFoundError, InvalidInputError."""
        return self._change(
            id, viewer, lambda one, now: editing.add_task(one, text, viewer.name, now, owner=owner, due_at=due_at)
        )

    def end_task(self, id: str, viewer: Viewer, task: str) -> Incident:
        """It is done. Raises NotFoundError, WrongUseError."""
        return self._change(id, viewer, lambda one, now: editing.end_task(one, TaskId(task), viewer.name, now))

    def note(
        self,
        id: str,
        viewer: Viewer,
        text: str,
        *,
        at: datetime | None = None,
        kind: EntryKind = EntryKind.NOTE,
        evidence: Iterable[Evidence] = (),
    ) -> Entry:
        """A word on the time line, at any time, after the end too. Raises NotFoundError, InvalidInputError."""
        now = self.clock.now()
        with self.writing() as stores:
            one = found(stores, id, viewer, lock=True)
            entry = timeline.note(one.id, text, viewer.name, now, at=at, kind=kind, evidence=evidence)
            keep(stores, one if one.is_taken else service.changed(one, is_taken=True), [entry])
        return entry

    def correct(
        self,
        id: str,
        viewer: Viewer,
        entry: str,
        seen: int,
        why: str,
        *,
        text: str | None = None,
        at: datetime | None = None,
    ) -> Entry:
        """A further version of an entry, having seen the version `seen`. Raises NotFoundError, WrongUseError."""
        now = self.clock.now()
        with self.writing() as stores:
            known = _versions(stores, found(stores, id, viewer, lock=True), entry)[-1]
            after = timeline.correct(known, seen, viewer.name, now, text=text, at=at, why=why)
            if not stores.incidents.correct(after):
                raise errors.WrongUseError(
                    "Somebody has corrected this entry at the same moment.", mend="Read it again."
                )
        return after

    # -- several ---------------------------------------------------------------------------------------------------

    def relate(self, id: str, viewer: Viewer, other: str) -> Incident:
        """They have to do with each other. Raises NotFoundError, WrongUseError."""
        now = self.clock.now()
        with self.writing() as stores:
            one, two = _both(stores, id, other, viewer)
            one, two, entries = joining.relate(one, two, viewer.name, now)
            keep(stores, one, entries)
            keep(stores, two, ())
        return one

    def merge(self, id: str, viewer: Viewer, into: str) -> Incident:
        """The first is a duplicate of `into`, which is given. Raises NotFoundError, ResolvedError, WrongUseError."""
        now = self.clock.now()
        with self.writing() as stores:
            stores.alerts.lock()
            one, two = _both(stores, id, into, viewer)
            ended, grown, entries = joining.merge(one, two, viewer.name, now)
            keep(stores, grown, entries)
            keep(stores, ended, ())
            for page in ended.pages:
                open_ones = [each for each in stores.alerts.of_page(page, _OF_A_PAGE) if each.is_open]
                incident_alerts.belong(stores, open_ones, grown, now)
            incident_calling.acknowledge(stores, ended, viewer.name, now)  # somebody has looked at it
        return grown

    # -- one change ------------------------------------------------------------------------------------------------

    def _change(self, id: str, viewer: Viewer, verb: Verb) -> Incident:
        now = self.clock.now()
        with self.writing() as stores:
            after, entries = verb(found(stores, id, viewer, lock=True), now)
            keep(stores, after, entries)
        return after

    def _answer(
        self, id: str, viewer: Viewer, verb: Verb, then: Callable[[Stores, Incident, str, datetime], None]
    ) -> Incident:
        """It ends calls as well."""
        now = self.clock.now()
        with self.writing() as stores:
            stores.alerts.lock()
            after, entries = verb(found(stores, id, viewer, lock=True), now)
            keep(stores, after, entries)
            then(stores, after, viewer.name, now)
        self.wake()
        return after


def keep(stores: Stores, incident: Incident, entries: Sequence[Entry]) -> None:
    """Write what was decided."""
    stores.incidents.put(incident)
    stores.incidents.add_entries(entries)


def found(stores: Stores, id: str, viewer: Viewer, *, lock: bool = False) -> Incident:
    """One that the viewer may see. Raises NotFoundError."""
    is_id = id.isascii() and id.isprintable() and len(id) <= 32
    one = stores.incidents.get(IncidentId(id), lock=lock) if is_id else None
    if one is None or not service.may_see(one, viewer):
        raise errors.NotFoundError(f"There is no incident '{id[:40]}'.", mend="`accelerapp incident list` lists them.")
    return one


def _both(stores: Stores, id: str, other: str, viewer: Viewer) -> tuple[Incident, Incident]:
    """Locked in the order of their ids, so that two people who join the same two wait for one another."""
    by_id = {each: found(stores, each, viewer, lock=True) for each in sorted({id, other})}
    return by_id[id], by_id[other]


def _versions(stores: Stores, incident: Incident, entry: str) -> list[Entry]:
    is_id = entry.isascii() and entry.isprintable() and len(entry) <= 32
    versions = stores.incidents.versions(EntryId(entry)) if is_id else []
    if not versions or versions[-1].incident != incident.id:
        raise errors.NotFoundError(f"{incident.id} has no entry '{entry[:40]}'.", mend="`incident show` lists them.")
    return versions
