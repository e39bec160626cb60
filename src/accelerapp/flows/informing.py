"""Keeps people informed while an incident lasts: updates for the team, and what happens when an update is due.

An update for the team is written in one unit of work with its entry in the time line and with its messages, which go
out by the outbox: nothing is lost, and a channel that is down delays nobody. What is due is decided under the lock of
the incident and kept with it, so that a restart, a second process or a clock that jumps doubles nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from accelerapp.base.clock import Clock
from accelerapp.base.severity import Severity
from accelerapp.flows import incidents, noticing, paging, status_board, update_reminders
from accelerapp.flows.status_board import Stores
from accelerapp.incidents import service, timeline, updates
from accelerapp.incidents.model import Audience, Entry, EntryKind, Incident, Told, Viewer
from accelerapp.incidents.updates import Act, Cadence, Due
from accelerapp.paging.model import PagingKind

_AT_ONCE = 200


@dataclass(frozen=True)
class AudienceStanding:
    """How far an audience is informed, and what could be told to it now."""

    audience: Audience
    told_at: datetime | None
    due_at: datetime | None
    """None: no update is wanted."""
    reminded_at: datetime | None
    """Of the update that is due now."""
    is_paged: bool
    """Was the commander called for it?"""
    draft: str


@dataclass(frozen=True)
class Given:
    """An update that was given to the team, and where it goes: channels, or people of a private incident."""

    entry: Entry
    targets: tuple[str, ...]
    remark: str = ""


@dataclass(frozen=True)
class Informing:
    """Wired to stores and settings. `routes` gives the channels of a severity, `conference` an incident's call."""

    reading: status_board.Work
    writing: status_board.Work
    clock: Clock
    wake: Callable[[], None]
    cadence: Cadence
    routes: Callable[[Severity], Sequence[str]]
    zone: tzinfo
    """Of the times in drafts."""
    conference: Callable[[Incident], str] = lambda incident: ""

    # -- the verbs -------------------------------------------------------------------------------------------------

    def standing(self, id: str, viewer: Viewer) -> list[AudienceStanding]:
        """For each audience. Raises NotFoundError."""
        now = self.clock.now()
        with self.reading() as stores:
            incident = incidents.found(stores.others, id, viewer)
            entries = stores.others.incidents.entries(incident.id)
            dues = self._dues(stores, incident, entries, has_page=_has_page(stores, now))
        return [_standing(incident, audience, due, entries, last, now, self.zone) for audience, last, due in dues]

    def tell_team(self, id: str, viewer: Viewer, text: str) -> Given:
        """An update for the team. Raises NotFoundError, ResolvedError, InvalidInputError."""
        now = self.clock.now()
        with self.writing() as stores:
            stores.others.alerts.lock()
            incident = incidents.found(stores.others, id, viewer, lock=True)
            targets = self._targets(incident)
            after, (entry,) = updates.give(incident, text, viewer.name, _told_to(incident, targets), now)
            self._send(stores.others, after, entry, targets, text, now)
            incidents.keep(
                stores.others, update_reminders.end(stores.others, after, Audience.INSIDE, viewer.name, now), [entry]
            )
        self.wake()
        return Given(entry, targets, "" if targets else _nobody(incident))

    def _targets(self, incident: Incident) -> tuple[str, ...]:
        """Of a private incident its people alone hear."""
        if incident.is_private:
            return tuple(sorted(incident.people))
        return tuple(dict.fromkeys(self.routes(incident.severity)))

    def _send(
        self, stores: paging.Stores, incident: Incident, entry: Entry, targets: Sequence[str], text: str, now: datetime
    ) -> None:
        services = incident.services[0] if incident.services else ""
        body = f"{text.strip()}\n\n{incident.status.capitalize()}; by {entry.by}."
        notice = noticing.Notice(f"update {entry.id}", incident.title, body, incident.severity, services, incident.id)
        if incident.is_private:
            noticing.send(stores, notice, update_reminders.known_people(stores.oncall.book(), targets), now)
        else:
            noticing.tell_team(stores, notice, targets, now)

    # -- what time makes due ---------------------------------------------------------------------------------------

    def turn(self) -> int:
        """Remind, page, and end pages, as it is due; how many incidents were changed. Nothing due writes nothing."""
        now = self.clock.now()
        with self.reading() as stores:
            known = [*stores.others.incidents.find(is_open=True, limit=_AT_ONCE), *_ended(stores.others)]
            has_page = bool(known) and _has_page(stores, now)
            wanted = [each.id for each in known if self._has_work(stores, each, has_page, now)]
        for id in wanted:
            with self.writing() as stores:
                stores.others.alerts.lock()
                incident = stores.others.incidents.get(id, lock=True)
                if incident is not None:
                    self._work(stores, incident, has_page, now)
        if wanted:
            self.wake()
        return len(wanted)

    def _has_work(self, stores: Stores, incident: Incident, has_page: bool, now: datetime) -> bool:
        return self._wants_conference(incident) or bool(self._acts(stores, incident, has_page, now)[1])

    def _wants_conference(self, incident: Incident) -> bool:
        """Until somebody has written another one."""
        is_free = not incident.conference and "conference" not in incident.edits
        return incident.is_open and is_free and bool(self.conference(incident))

    def _acts(
        self, stores: Stores, incident: Incident, has_page: bool, now: datetime
    ) -> tuple[list[Entry], list[tuple[Act, Audience, Due | None]]]:
        """The time line, and what is to be done. While nobody has the incident, people are called for itself."""
        is_wanted = incident.is_open and self.cadence.is_wanted(incident.severity)
        if not is_wanted and not any(each.paging for each in incident.told.values()):
            return [], []
        entries = stores.others.incidents.entries(incident.id)
        found = list[tuple[Act, Audience, Due | None]]()
        for audience, _, due in self._dues(stores, incident, entries, has_page=has_page):
            act = updates.decide(updates.told(incident, audience), due, self.cadence.missed_after, now)
            if act is Act.END or (
                act is not Act.NOTHING and update_reminders.responsible(stores.others.oncall.book(), incident)
            ):
                found.append((act, audience, due))
        return entries, found

    def _work(self, stores: Stores, incident: Incident, has_page: bool, now: datetime) -> None:
        """Looked at again under the lock: another process, or an update, may have been quicker."""
        after, more = incident, list[Entry]()
        if self._wants_conference(incident):
            after = service.changed(after, conference=self.conference(incident))
            told = f"The call to work in: {after.conference}"
            more.append(timeline.entry(incident.id, EntryKind.LINK, told, update_reminders.BY, now))
        entries, acts = self._acts(stores, incident, has_page, now)
        for act, audience, due in acts:
            if act is Act.END or due is None:
                after = update_reminders.end(stores.others, after, audience, update_reminders.BY, now)
            elif act is Act.REMIND:
                text = updates.draft(after, audience, entries, now + due.interval, self.zone)
                after = update_reminders.remind(stores.others, after, due, text, now)
            else:
                after, entry = update_reminders.page(stores.others, after, due, now)
                more.append(entry)
        if after != incident:
            incidents.keep(stores.others, after, more)

    def _dues(
        self, stores: Stores, incident: Incident, entries: Sequence[Entry], *, has_page: bool
    ) -> list[tuple[Audience, datetime | None, Due | None]]:
        """Outside is informed by the status page, so only where there is one; of a private incident nothing is."""
        began = updates.began_at(incident, entries)
        inside = updates.told(incident, Audience.INSIDE).told_at
        report = stores.status.report(incident.id)
        outside = report.updated_at if report else None
        is_public = not incident.is_private and (report is not None or has_page)
        due = updates.due(incident, Audience.OUTSIDE, self.cadence, began, outside) if is_public else None
        return [
            (Audience.INSIDE, inside, updates.due(incident, Audience.INSIDE, self.cadence, began, inside)),
            (Audience.OUTSIDE, outside, due),
        ]


def _has_page(stores: Stores, now: datetime) -> bool:
    return bool(stores.status.board(now).components)


def _ended(stores: paging.Stores) -> list[Incident]:
    """Those that are over and for whose updates somebody is still called."""
    calls = stores.pagings.find(is_open=True, limit=_AT_ONCE, kind=PagingKind.PAGE)
    ids = dict.fromkeys(
        each.incident for each in calls if each.incident and each.page.startswith(update_reminders.MARK)
    )
    found = [stores.incidents.get(id) for id in ids]
    return [each for each in found if each is not None and not each.is_open]


def _told_to(incident: Incident, targets: Sequence[str]) -> str:
    if not targets:
        return "nobody but those who read this"
    return f"the people of it ({', '.join(targets)})" if incident.is_private else f"the team ({', '.join(targets)})"


def _nobody(incident: Incident) -> str:
    return f"[notify] names no channel for {incident.severity}: it stands on the time line alone."


def _standing(
    incident: Incident,
    audience: Audience,
    due: Due | None,
    entries: Sequence[Entry],
    last: datetime | None,
    now: datetime,
    zone: tzinfo,
) -> AudienceStanding:
    known: Told = updates.told(incident, audience)
    is_same = due is not None and known.reminded_for == due.base
    return AudienceStanding(
        audience=audience,
        told_at=last,
        due_at=due.at if due else None,
        reminded_at=known.reminded_at if is_same else None,
        is_paged=known.paging is not None,
        draft=updates.draft(incident, audience, entries, now + due.interval if due else None, zone),
    )
