"""What the public is told of an incident: composed, shown as a preview, published in one unit of work.

With an update goes the incident itself: its status becomes the one that was told, its time line says what was told,
and what is told to be over is over for the team as well. Nothing of an incident but its updates is ever public.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from accelerapp.base import errors, markdown
from accelerapp.base.ids import IncidentId
from accelerapp.base.severity import Severity
from accelerapp.flows import incident_calling, incidents, status_subscribers
from accelerapp.flows.status_board import KEPT, Stores, Wired
from accelerapp.incidents import model as incident_model
from accelerapp.incidents import service as incident_service
from accelerapp.incidents import timeline
from accelerapp.incidents.model import Entry, EntryKind, Evidence, Incident, Status, Viewer
from accelerapp.statuspage import publishing, service, texts
from accelerapp.statuspage.model import Board, ComponentState, Impact, Progress, Report
from accelerapp.statuspage.publishing import Composed, Wanted
from accelerapp.statuspage.site.scene import Scene

_BY_SEVERITY = {
    Severity.P1: ComponentState.MAJOR_OUTAGE,
    Severity.P2: ComponentState.PARTIAL_OUTAGE,
    Severity.P3: ComponentState.DEGRADED,
}


@dataclass(frozen=True)
class ShownChange:
    """A component and how it will be shown."""

    component: str
    before: ComponentState
    after: ComponentState


@dataclass(frozen=True)
class Preview:
    """What the public sees once it is published, or has seen since it was."""

    incident: IncidentId
    is_published: bool
    is_first: bool
    """Is it the first that the public hears of it?"""
    title: str
    status: Progress
    impact: Impact
    message: str
    html: str
    """The message as the page shows it."""
    changes: tuple[ShownChange, ...]
    overall_before: str
    overall_after: str
    remarks: tuple[str, ...] = ()
    opened: bool = False
    """Was the incident opened for this update?"""


@dataclass(frozen=True)
class StatusUpdates(Wired):
    """The verbs. `scene` makes the page of a board."""

    scene: Callable[[Board, datetime], Scene]
    wake: Callable[[], None]

    def preview(self, id: str, wanted: Wanted, viewer: Viewer) -> Preview:
        """What would be published. Raises NotFoundError, ResolvedError, WrongUseError, InvalidInputError."""
        now = self.clock.now()
        with self.reading() as stores:
            incident = incidents.found(stores.others, id, viewer)
            board = _board(stores, now)
            composed = _compose(board, incident, wanted, viewer.name, now)
        return self._shown(board, incident, composed, now, is_published=False)

    def publish(self, id: str, wanted: Wanted, viewer: Viewer) -> Preview:
        """Publish it. Raises as `preview`."""
        now = self.clock.now()
        with self.writing() as stores:
            stores.others.alerts.lock()
            incident = incidents.found(stores.others, id, viewer, lock=True)
            board, composed = self._write(stores, incident, wanted, viewer, now)
        self.changed()
        self.wake()
        return self._shown(board, incident, composed, now, is_published=True)

    def say(self, wanted: Wanted, viewer: Viewer, severity: Severity | None = None) -> Preview:
        """Publish it for the one incident that is open; when none is, one is opened for it, and nobody is called.

        Raises WrongUseError when it is not clear which one, or when there is none and it is told to be over.
        """
        now = self.clock.now()
        with self.writing() as stores:
            stores.others.alerts.lock()
            incident, opened = self._meant(stores, wanted, viewer, severity, now)
            board, composed = self._write(stores, incident, wanted, viewer, now)
        self.changed()
        self.wake()
        return replace(self._shown(board, incident, composed, now, is_published=True), opened=opened)

    def reports(self, before: datetime | None = None, limit: int = 50) -> list[Report]:
        """What was told of incidents, newest first."""
        with self.reading() as stores:
            return stores.status.reports(before, limit)

    def withdraw(self, id: str, viewer: Viewer) -> None:
        """Take all that was told of an incident off the page. Raises NotFoundError, WrongUseError."""
        now = self.clock.now()
        with self.writing() as stores:
            incident = incidents.found(stores.others, id, viewer, lock=True)
            stores.status.lock()
            known = stores.status.report(incident.id)
            if known is None:
                raise errors.NotFoundError(f"Nothing was published of {incident.id}.")
            stores.status.remove(incident.id)
            told = f"What was published of it was taken off the status page; its title was: {known.title}"
            entry = timeline.entry(incident.id, EntryKind.UPDATE, told, viewer.name, now)
            incidents.keep(stores.others, incident_service.changed(incident), [entry])
        self.changed()

    # -- one unit of work ------------------------------------------------------------------------------------------

    def _write(
        self, stores: Stores, incident: Incident, wanted: Wanted, viewer: Viewer, now: datetime
    ) -> tuple[Board, Composed]:
        """The incident before the page: whoever locks both locks them in this order."""
        stores.status.lock()
        board = _board(stores, now)
        composed = _compose(board, incident, wanted, viewer.name, now)
        stores.status.put_report(composed.report)
        for each in composed.components:
            stores.status.put_component(each)
        stores.status.put_outages(composed.outages)
        status_subscribers.tell(stores, self.scene(board, now).page.name, composed.report, now)
        _follow(stores, incident, composed, self.scene(board, now).page.url, viewer, now)
        return board, composed

    def _meant(
        self, stores: Stores, wanted: Wanted, viewer: Viewer, severity: Severity | None, now: datetime
    ) -> tuple[Incident, bool]:
        candidates = [
            each
            for each in stores.others.incidents.find(is_open=True, limit=1000)
            if incident_service.may_see(each, viewer) and not each.is_private
        ]
        told = {each.id for each in stores.status.board(now).reports if each.is_open}
        public = [each for each in candidates if each.id in told]
        chosen = public if len(public) == 1 else candidates
        if len(chosen) > 1:
            raise errors.WrongUseError(
                f"There are {len(chosen)} open incidents: {', '.join(each.id for each in chosen[:5])}.",
                mend="Say which one it is about with --incident ID.",
            )
        if chosen:
            return incidents.found(stores.others, chosen[0].id, viewer, lock=True), False
        if wanted.status is Progress.RESOLVED:
            raise errors.WrongUseError(
                "No incident is open: there is nothing to resolve.", mend="`accelerapp status show` shows the page."
            )
        return _opened(stores, wanted, viewer, severity or Severity.P1, now), True

    def _shown(
        self, board: Board, incident: Incident, composed: Composed, now: datetime, *, is_published: bool
    ) -> Preview:
        after = _after(board, composed)
        names = {each.id: each.name for each in board.components}
        return Preview(
            incident=incident.id,
            is_published=is_published,
            is_first=composed.is_first,
            title=composed.report.title,
            status=composed.report.status,
            impact=composed.report.impact,
            message=composed.update.body,
            html=markdown.html(composed.update.body),
            changes=tuple(
                ShownChange(names[each.component], each.before, each.after) for each in composed.update.changes
            ),
            overall_before=self.scene(board, now).overall.sentence,
            overall_after=self.scene(after, now).overall.sentence,
            remarks=_remarks(board, composed),
        )


def _board(stores: Stores, now: datetime) -> Board:
    return stores.status.board(now - KEPT)


def _compose(board: Board, incident: Incident, wanted: Wanted, by: str, now: datetime) -> Composed:
    known = next((each for each in board.reports if each.id == incident.id), None)
    if incident.is_private:
        raise errors.WrongUseError(
            f"{incident.id} is private: nothing of it is published.",
            mend="Make it one that all may see first, if that is right.",
        )
    is_last_word = wanted.status is Progress.RESOLVED and known is not None and known.is_open
    if not is_last_word:
        incident_service.need_open(incident)
    if wanted.status is None:
        wanted = replace(wanted, status=Progress(incident.status))
    if known is None and not wanted.components:
        wanted = replace(wanted, components=_suggested(board, incident))
    return publishing.compose(board, incident.id, wanted, by, now, incident.started_at)


def _suggested(board: Board, incident: Incident) -> dict[str, ComponentState]:
    """At first those components that somebody named in the incident, as bad as its severity says."""
    state = _BY_SEVERITY.get(incident.severity)
    wanted = {texts.fold(name) for name in incident.components}
    found = [each for each in board.components if {each.id, texts.fold(each.name)} & wanted]
    return {each.name: state for each in found} if state else {}


def _follow(stores: Stores, incident: Incident, composed: Composed, url: str, viewer: Viewer, now: datetime) -> None:
    """The incident itself: its status, and an entry that says what was told."""
    status, after = Status(composed.update.status), incident
    entries: list[Entry] = []
    if incident.is_open and status is not incident.status:
        after, entries = incident_service.change_status(incident, status, "", viewer.name, now)
    evidence = [Evidence("Status page", f"{url}/incidents/{incident.id}.html")]
    told = f"Published as {composed.update.status}: {composed.update.body}"
    entry = timeline.entry(incident.id, EntryKind.UPDATE, told, viewer.name, now, evidence=evidence)
    incidents.keep(stores.others, incident_service.changed(after, is_taken=True), [*entries, entry])
    if incident.is_open and status is Status.RESOLVED:
        incident_calling.resolve(stores.others, after, viewer.name, now)


def _opened(stores: Stores, wanted: Wanted, viewer: Viewer, severity: Severity, now: datetime) -> Incident:
    """By somebody who is at it: nobody is called."""
    title = wanted.title or markdown.plain(wanted.message)[: texts.TITLE] or "Service disruption"
    wish = incident_model.Wanted(title, severity, components=tuple(wanted.components), calls=False)
    incident, entries = incident_service.open_by_person(wish, viewer.name, now)
    incident, more = incident_service.acknowledge(incident, viewer.name, now)
    incidents.keep(stores.others, incident, [*entries, *more])
    return incident


def _after(board: Board, composed: Composed) -> Board:
    changed = {each.id: each for each in composed.components}
    others = tuple(each for each in board.reports if each.id != composed.report.id)
    found = tuple(changed.get(each.id, each) for each in board.components)
    return replace(board, components=found, reports=(composed.report, *others))


def _remarks(board: Board, composed: Composed) -> tuple[str, ...]:
    if composed.report.components or not board.components or not composed.report.is_open:
        return ()
    names = ", ".join(each.name for each in service.ordered(board.components)[:8])
    return (f"It says of no component how it is: --components NAME=STATE does. There are: {names}.",)
