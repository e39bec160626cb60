"""Reminders of post-mortems and action items: to whoever has to do it, then to the lead. What was told stays told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from accelerapp.base import text
from accelerapp.base.clock import Clock
from accelerapp.base.ids import IncidentId, PersonName
from accelerapp.flows import actions, noticing, postmortems
from accelerapp.flows.noticing import Notice
from accelerapp.flows.postmortems import Stores, Work
from accelerapp.incidents.model import Incident, Viewer
from accelerapp.incidents.service import may_see
from accelerapp.oncall import zones
from accelerapp.oncall.model import Book
from accelerapp.postmortems import reminders, service, wording
from accelerapp.postmortems.model import Due, ListedAction
from accelerapp.postmortems.reminders import Stage, Told
from accelerapp.postmortems.reporting import House

_FROM = time(9)
"""By the clock of who is told."""
_SAID = {
    Stage.ASKED: "is to be written",
    Stage.SOON: "is due soon",
    Stage.TODAY: "is due today",
    Stage.OVERDUE: "is overdue",
    Stage.ESCALATED: "is overdue",
}
_PRIVATE = " (private)"
Sent = tuple[Notice, PersonName]


@dataclass(frozen=True)
class Reminding:
    """Wired to stores. `wake` tells the sender of this process that there is something to send."""

    reading: Work
    writing: Work
    clock: Clock
    wake: Callable[[], None]
    house: House
    address: str
    before: timedelta | None = timedelta(days=1)
    escalate_after: timedelta | None = timedelta(days=3)

    def send(self) -> list[Sent]:
        """Tell what is due and was not told; what was told now."""
        now = self.clock.now()
        with self.reading() as stores:
            book = stores.others.oncall.book()
            wanted = [*self._postmortems(stores, book, now), *self._actions(stores, book, now)]
            new = [each for each in wanted if not noticing.was_sent(stores.others, *each)]
        if not new:
            return []
        with self.writing() as stores:
            told = [each for each in new if noticing.send(stores.others, each[0], [each[1]], now)]
        self.wake()
        return told

    def _postmortems(self, stores: Stores, book: Book, now: datetime) -> Iterator[Sent]:
        for due, incident in postmortems.due(stores, self.house, now):
            told = reminders.of_postmortem(due.due_at, now)
            if told is None:
                continue
            for person in _people(book, due.owner, told, now):
                yield _of_postmortem(due, incident, told, person, self._link(incident.id), self.house), person

    def _actions(self, stores: Stores, book: Book, now: datetime) -> Iterator[Sent]:
        for found, incident in actions.listed(stores, now.astimezone(self.house.where).date()):
            action = found.action
            if action.is_done:
                continue
            where = _zone(book, action.owner, self.house)
            today = now.astimezone(where).date()
            told = reminders.of_action(action.due_on, today, self.before, self.escalate_after)
            if told is None or now < zones.moment(today, _FROM, where):
                continue
            for person in _people(book, action.owner, told, now):
                yield _of_action(found, incident, told, person, self._link(incident.id)), person

    def _link(self, incident: IncidentId) -> str:
        return f"{self.address}/incidents/{incident}/report"


def _zone(book: Book, owner: str, house: House) -> ZoneInfo:
    known = book.people.get(PersonName(owner))
    return zones.known_or_utc(known.zone if known else house.zone)


def _people(book: Book, owner: str, told: Told, now: datetime) -> list[PersonName]:
    """Whoever has to do it; the leads of their teams with them when it is late, or in their place when they cannot."""
    name = PersonName(owner)
    can = [name] if owner and noticing.can_be_told(book, name, now) else []
    if can and not told.is_for_lead:
        return can
    leads = [team.lead for team in book.teams.values() if name in (team.lead, *team.members)]
    heads = [each for each in leads if noticing.can_be_told(book, each, now)] or noticing.leads(book, now)
    return list(dict.fromkeys([*can, *heads]))


def _of_postmortem(due: Due, incident: Incident, told: Told, person: str, link: str, house: House) -> Notice:
    when = wording.moment(due.due_at, house.where)
    told_what = f": {due.severity} {text.printable(due.title, 500)}"
    what = told_what if _may_read(incident, person, due.owner) else _PRIVATE
    body = (
        f"Incident {due.incident}{what}\nIt is {service.said(due.state)}, owner {due.owner or wording.UNKNOWN}, "
        f"due {when}.\n{link}"
    )
    title = f"The post-mortem of {due.incident} {_SAID[told.stage]}"
    return Notice(f"postmortem {due.incident} {told.key}", title, body, about=incident.id)


def _of_action(found: ListedAction, incident: Incident, told: Told, person: str, link: str) -> Notice:
    action = found.action
    what = f": {text.printable(action.text, 500)}" if _may_read(incident, person, action.owner) else _PRIVATE
    late = f", {text.count(found.overdue_days, 'day')} overdue" if found.overdue_days else ""
    body = (
        f"Action item {action.id} of {incident.id}{what}\n"
        f"Owner {wording.owner(action)}, due {wording.due(action)}{late}.\n"
        f"Done: accelerapp incident actions done {action.id}\n{link}"
    )
    title = f"An action item of {incident.id} {_SAID[told.stage]}"
    return Notice(f"action {action.id} {told.key}", title, body, about=incident.id)


def _may_read(incident: Incident, person: str, owner: str) -> bool:
    """Of a private one, whoever has nothing to do with it hears no more than its id."""
    return person == owner or may_see(incident, Viewer(person))
