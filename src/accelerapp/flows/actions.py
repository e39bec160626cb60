"""The verbs of action items: listed, added, taken over from tasks, done, changed, made issues of in another tool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accelerapp.base import errors, text
from accelerapp.base.clock import Clock
from accelerapp.base.ids import ActionId, IncidentId, TaskId
from accelerapp.flows import incidents, postmortems
from accelerapp.flows.postmortems import Stores, Work
from accelerapp.incidents import editing, timeline
from accelerapp.incidents import service as incident_service
from accelerapp.incidents.model import EntryKind, Incident, Task, Viewer
from accelerapp.postmortems import actions
from accelerapp.postmortems.actions import Wanted
from accelerapp.postmortems.model import Action, Issue, ListedAction
from accelerapp.postmortems.reporting import House
from accelerapp.postmortems.trackers import interface
from accelerapp.postmortems.trackers.interface import Draft, Tracker

_CLOCKS_DIFFER = timedelta(hours=1)
"""Ours and that of the tracker."""


@dataclass(frozen=True)
class Actions:
    """Wired to stores. `tracker` gives the tool that issues are made in; it raises WrongUseError when none is set."""

    reading: Work
    writing: Work
    clock: Clock
    house: House
    tracker: Callable[[], Tracker]
    address: str
    """Of the console, for links in issues."""

    # -- looking ---------------------------------------------------------------------------------------------------

    def find(self, viewer: Viewer, *, is_done: bool | None = False, owner: str = "") -> list[ListedAction]:
        """Those of incidents that the viewer may see, the soonest due first."""
        now = self.clock.now()
        with self.reading() as stores:
            found = listed(stores, now.astimezone(self.house.where).date(), owner, with_done=is_done is not False)
        return [
            one
            for one, incident in found
            if is_done in (None, one.action.is_done) and incident_service.may_see(incident, viewer)
        ]

    # -- changing --------------------------------------------------------------------------------------------------

    def add(self, id: str, viewer: Viewer, wanted: Wanted) -> Action:
        """A new one. Raises NotFoundError, InvalidInputError, WrongUseError."""
        now = self.clock.now()
        with self.writing() as stores:
            incident = incidents.found(stores.others, id, viewer, lock=True)
            incident_service.need_unmerged(incident)
            made = actions.add(incident.id, stores.postmortems.of_incident(incident.id), wanted, viewer.name, now)
            _keep(stores, made, f"Action item: {made.text}", viewer.name, now)
        return made

    def take_over(self, id: str, viewer: Viewer, tasks: Sequence[str] = ()) -> list[Action]:
        """Make action items of these tasks, or of all that are not done; one that was taken over stays one.

        Raises NotFoundError.
        """
        now, made = self.clock.now(), list[Action]()
        with self.writing() as stores:
            incident = incidents.found(stores.others, id, viewer, lock=True)
            incident_service.need_unmerged(incident)
            known = stores.postmortems.of_incident(incident.id)
            for task in _tasks(incident, known, tasks):
                wanted = Wanted(task.text, task.owner, self._day(task.due_at), task.id)
                made.append(actions.add(incident.id, [*known, *made], wanted, viewer.name, now))
                _keep(stores, made[-1], f"Action item, from a task: {task.text}", viewer.name, now)
        return made

    def finish(self, id: str, viewer: Viewer) -> Action:
        """It is done, and the task that it came from. Raises NotFoundError, WrongUseError."""
        now = self.clock.now()
        with self.writing() as stores:
            known, incident = _found(stores, id, viewer)
            done = actions.finish(known, viewer.name, now)
            task = next((each for each in incident.tasks if each.id == known.task), None)
            if task is not None and task.done_at is None:
                incident, _ = editing.end_task(incident, task.id, viewer.name, now)
                stores.others.incidents.put(incident)
            _keep(stores, done, f"Action item done: {done.text}", viewer.name, now)
        return done

    def resume(self, id: str, viewer: Viewer) -> Action:
        """It is not done after all. Raises NotFoundError, WrongUseError."""
        now = self.clock.now()
        with self.writing() as stores:
            known, _ = _found(stores, id, viewer)
            after = actions.resume(known)
            _keep(stores, after, f"Action item not done after all: {after.text}", viewer.name, now)
        return after

    def change(
        self,
        id: str,
        viewer: Viewer,
        text: str | None = None,
        owner: str | None = None,
        due_on: date | None = None,
    ) -> Action:
        """Another text, owner or day. Raises NotFoundError, InvalidInputError."""
        now = self.clock.now()
        with self.writing() as stores:
            known, _ = _found(stores, id, viewer)
            after = actions.change(known, text, owner, due_on)
            told = (
                f"Action item now: {after.text} (owner {after.owner or 'not known'}, due {after.due_on or 'not known'})"
            )
            _keep(stores, after, told, viewer.name, now)
        return after

    def _day(self, at: datetime | None) -> date | None:
        return at.astimezone(self.house.where).date() if at else None

    # -- issues ----------------------------------------------------------------------------------------------------

    def export(self, id: str, viewer: Viewer) -> Action:
        """Make an issue of it; one that has an issue keeps it. What an earlier try made is found, not made again.

        Raises NotFoundError, WrongUseError, RefusedError, CannotTellError.
        """
        tracker = self.tracker()
        known, is_first = self._begin(id, viewer)
        if known.issue is not None or known.export is None:
            return known
        try:
            issue = None if is_first else tracker.find(known.id, known.export.first_at - _CLOCKS_DIFFER)
            issue = issue or tracker.create(self._draft(known))
        except errors.AccelerappError as error:
            is_none = is_first and isinstance(error, interface.RefusedError | interface.BusyError)
            self._end(known, None, is_none=is_none)
            raise
        return self._end(known, issue)

    def _begin(self, id: str, viewer: Viewer) -> tuple[Action, bool]:
        """The intent is written before anything is sent."""
        now = self.clock.now()
        with self.writing() as stores:
            known, incident = _found(stores, id, viewer)
            if known.issue is not None:
                return known, False
            if incident.is_private:
                raise errors.WrongUseError(
                    f"{incident.id} is private: others may read the issues.", mend="Make the issue by hand."
                )
            begun = actions.begin_export(known, viewer.name, now)
            stores.postmortems.put_action(begun)
        return begun, known.export is None

    def _end(self, begun: Action, issue: Issue | None, *, is_none: bool = False) -> Action:
        now = self.clock.now()
        with self.writing() as stores:
            stores.others.incidents.get(begun.incident, lock=True)
            known = stores.postmortems.action(begun.id) or begun
            if issue is None and not is_none:
                after = actions.release_export(known, now)
            else:
                after = actions.end_export(known, issue)
            stores.postmortems.put_action(after)
        return after

    def _draft(self, action: Action) -> Draft:
        due = f"Due: {action.due_on:%Y-%m-%d}. " if action.due_on else ""
        owner = f"Owner: {action.owner}. " if action.owner else ""
        body = (
            f"{action.text}\n\n{owner}{due}From the post-mortem of the incident "
            f"{self.address}/incidents/{action.incident}\n\n{interface.mark(action.id)}\n"
        )
        return Draft(action.id, text.printable(action.text, interface.TITLE), body, action.due_on)


def listed(
    stores: Stores, today: date, owner: str = "", *, with_done: bool = False
) -> list[tuple[ListedAction, Incident]]:
    """Action items with their incidents."""
    known, found = dict[IncidentId, Incident | None](), list[tuple[ListedAction, Incident]]()
    for each in stores.postmortems.actions(is_done=None if with_done else False, owner=owner):
        if each.incident not in known:
            known[each.incident] = stores.others.incidents.get(each.incident)
        incident = known[each.incident]
        if incident is not None:
            action = postmortems.with_task(each, incident)
            found.append((ListedAction(action, incident.title, actions.overdue_days(action, today)), incident))
    return found


def _tasks(incident: Incident, known: Sequence[Action], ids: Sequence[str]) -> list[Task]:
    """Raises NotFoundError."""
    by_id, taken = {each.id: each for each in incident.tasks}, {each.task for each in known}
    missing = [each for each in ids if each not in by_id]
    if missing:
        raise errors.NotFoundError(
            f"{incident.id} has no task '{missing[0][:40]}'.", mend="`incident show` lists them."
        )
    wanted = ids or [each.id for each in incident.tasks if each.done_at is None]
    return [by_id[TaskId(each)] for each in dict.fromkeys(wanted) if each not in taken]


def _found(stores: Stores, id: str, viewer: Viewer) -> tuple[Action, Incident]:
    """One that the viewer may see, with its incident, which is locked. Raises NotFoundError."""
    is_id = id.isascii() and id.isprintable() and len(id) <= 32
    known = stores.postmortems.action(ActionId(id)) if is_id else None
    incident = stores.others.incidents.get(known.incident, lock=True) if known else None
    if known is None or incident is None or not incident_service.may_see(incident, viewer):
        raise errors.NotFoundError(f"There is no action item '{id[:40]}'.", mend="`accelerapp incident actions`.")
    return stores.postmortems.action(known.id) or known, incident  # as it is now that nobody else changes it


def _keep(stores: Stores, action: Action, told: str, by: str, now: datetime) -> None:
    stores.postmortems.put_action(action)
    stores.others.incidents.add_entries([timeline.entry(action.incident, EntryKind.TASK, told, by, now)])
