"""Keeps a channel in Slack for each bad incident: makes it, asks people in, keeps the topic, tells what happens, and
takes marked messages over to the time line.

All of it is done by a job, one step at a time, outside of units of work: whatever Slack does, nobody waits for it. Each
step is written down when it is done. A crash in between makes one message twice at most, as Slack knows no keys.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.base.clock import Clock
from accelerapp.base.ids import IncidentId
from accelerapp.base.severity import Severity
from accelerapp.flows import chat_people, incidents, paging
from accelerapp.incidents import chats, service
from accelerapp.incidents.chat_store import ChatStore
from accelerapp.incidents.chats import Chat, Create, Invite, Mark, Post, Read, Step
from accelerapp.incidents.model import Entry, Incident, Viewer
from accelerapp.notifications import service as notifications
from accelerapp.notifications.channels.interface import Channel
from accelerapp.notifications.model import Address, Delivered, Failed, Kind, Link, Message, Retry
from accelerapp.notifications.rooms import Done, Refused, Rooms, Why

_AT_ONCE = 200
_MOST_STEPS = 30
"""Of one incident in one go."""
_LONGEST_POST = 2800
_AFTER_REFUSAL = timedelta(minutes=5)
_NAMES = 9


@dataclass(frozen=True)
class Stores:
    """What a unit of work has: the channels, and what they are about."""

    chats: ChatStore
    others: paging.Stores


Work = Callable[[], AbstractContextManager[Stores]]


@dataclass(frozen=True)
class ShownChat:
    """The channel of an incident, for people."""

    name: str
    url: str
    """Empty: it is not made yet."""
    trouble: str
    """What is wrong, with the mend; empty: nothing is."""
    again_at: datetime | None
    waiting: int
    """Marked messages that are still to be read."""


@dataclass(frozen=True)
class Chatting:
    """Wired to stores and to the bot. `severities`: of incidents that have a channel; `marks`: names of reactions."""

    reading: Work
    writing: Work
    clock: Clock
    rooms: Rooms
    channel: Channel
    """Posts with the same bot."""
    address: str
    """Under which people reach the console."""
    severities: Collection[Severity]
    marks: Collection[str]

    def show(self, id: str, viewer: Viewer) -> ShownChat | None:
        """None: it has none, or none yet. Raises NotFoundError."""
        with self.reading() as stores:
            chat = stores.chats.get(incidents.found(stores.others, id, viewer).id)
        if chat is None:
            return None
        url, refused = chat_people.url(chat.channel), ", ".join(chat.refused)
        lost = f"Slack lets these not in: {refused}. Check the Slack member IDs among their methods." if refused else ""
        return ShownChat(chat.name, url, chat.trouble or lost, chat.again_at, len(chat.marks))

    def mark(self, reaction: str, channel: str, ts: str, user: str) -> bool:
        """Somebody put a reaction under a message: a mark is taken down, to be read by the job. Committed at return."""
        if reaction not in self.marks:
            return False
        now = self.clock.now()
        with self.writing() as stores:
            found = stores.chats.of_channel(channel)
            chat = stores.chats.get(found.incident, lock=True) if found else None
            if chat is None or stores.others.incidents.versions(chats.entry_id(chat, ts)):
                return False
            stores.chats.put(chats.marked(chat, Mark(ts, user, now)))
        return True

    # -- the job ---------------------------------------------------------------------------------------------------

    def turn(self) -> int:
        """Everything that is to be done; how many steps were. Who does not answer is asked again later."""
        count, now = 0, self.clock.now()
        with self.reading() as stores:
            wanted = self._wanted(stores, now)
        for id in wanted:
            done, is_well = self._follow(id)
            count += done
            if not is_well:  # the same Slack: what else there is comes after the pause
                break
        return count

    def _wanted(self, stores: Stores, now: datetime) -> list[IncidentId]:
        """Open ones that should have a channel, and all that have one for which something is to be done."""
        known = {each.incident: each for each in stores.chats.open(_AT_ONCE)}
        bad = [
            each.id
            for each in stores.others.incidents.find(is_open=True, limit=_AT_ONCE)
            if each.severity in self.severities and not each.is_private
        ]
        found = list[IncidentId]()
        for id in dict.fromkeys((*known, *bad)):
            chat = known.get(id) or stores.chats.get(id)
            if chat is None or (_may_try(chat, now) and _has_news(stores, chat)):
                found.append(id)
        return found

    def _follow(self, id: IncidentId) -> tuple[int, bool]:
        """Steps until there is none; how many, and whether Slack answered well."""
        for count in range(_MOST_STEPS):
            with self.reading() as stores:
                incident, chat = stores.others.incidents.get(id), stores.chats.get(id) or Chat(id)
                if incident is None:
                    return count, True
                mark, entries = stores.others.incidents.mark(id), stores.others.incidents.entries(id)
                users = {} if incident.is_private else chat_people.users(stores.others.oncall.book(), incident)
            hidden = incident.is_private
            step = None if hidden else chats.next_step(incident, entries, chat, users, self._link(id))
            if step is None:
                self._settle(id, mark, is_hidden=hidden, is_over=hidden or not incident.is_open)
                return count, True
            if not self._do(incident, chat, step):
                return count, False
        return _MOST_STEPS, True

    def _link(self, id: IncidentId) -> str:
        return f"{self.address}/incidents/{id}"

    def _settle(self, id: IncidentId, mark: str, *, is_hidden: bool, is_over: bool) -> None:
        with self.writing() as stores:
            chat = stores.chats.get(id, lock=True)
            if chat is not None:
                marks = () if is_hidden else chat.marks
                stores.chats.put(replace(chat, seen=mark, marks=marks, is_over=is_over and not marks))

    # -- one step --------------------------------------------------------------------------------------------------

    def _do(self, incident: Incident, chat: Chat, step: Step) -> bool:
        """False: it did not work, and is tried again later."""
        now = self.clock.now()
        if isinstance(step, Read):
            return self._read(chat, step, now)
        if isinstance(step, Post):
            return self._post(incident, chat, step, now)
        if isinstance(step, Create):
            found = self.rooms.create(step.name, now)
        elif isinstance(step, Invite):
            found = self.rooms.invite(chat.channel, step.user, now)
        else:
            found = self.rooms.set_topic(chat.channel, step.topic, now)
        if isinstance(found, Done):
            made = found.fields if isinstance(step, Create) else {}
            after = chats.done(chat, step, str(made.get("id", "")), str(made.get("name", "")))
            return self._keep(incident.id, lambda known: _joined(known, after, step))
        return self._refused(incident.id, step, found, now)

    def _refused(self, id: IncidentId, step: Step, found: Refused, now: datetime) -> bool:
        told = found.delivery
        if isinstance(step, Create) and found.why is Why.TAKEN:
            return self._keep(id, lambda chat: _renamed(chat, told, now))
        if isinstance(step, Invite) and found.why is Why.THERE:
            return self._keep(id, lambda chat: chats.done(chat, step))
        if isinstance(step, Invite) and found.why is Why.NOT_IN:
            return self._keep(id, lambda chat: replace(chat, refused=(*chat.refused, step.person)))
        self._keep(id, lambda chat: _put_off(chat, told, now))
        return False

    def _post(self, incident: Incident, chat: Chat, step: Post, now: datetime) -> bool:
        """A message that Slack takes from nobody is left out: those after it are not held up."""
        delivery = self.channel.send(self._message(incident, step.entry), Address(chat.channel), now)
        if isinstance(delivery, Delivered):
            return self._keep(incident.id, lambda known: chats.done(known, step))
        if isinstance(delivery, Failed) and not delivery.is_permanent:
            said = f"A message was refused: {delivery.reason}"
            return self._keep(incident.id, lambda known: replace(chats.done(known, step), trouble=said))
        self._keep(incident.id, lambda known: _put_off(known, delivery, now))
        return False

    def _message(self, incident: Incident, entry: Entry) -> Message:
        head, _, body = entry.text.partition("\n")
        call = (Link("Join the call", incident.conference),) if incident.conference else ()
        return Message(
            title=head,
            idempotency_key=entry.id,
            kind=Kind.UPDATE,
            severity=incident.severity,
            body=f"{body.strip()[:_LONGEST_POST]}\n\n{entry.kind.capitalize()}; by {entry.by}.".strip(),
            subject=incident.id,
            links=(Link("Open the war room", self._link(incident.id)), *call),
        )

    def _read(self, chat: Chat, step: Read, now: datetime) -> bool:
        found = self.rooms.message(chat.channel, step.mark.ts, now)
        if isinstance(found, Refused):
            self._keep(chat.incident, lambda known: _put_off(known, found.delivery, now))
            return False
        with self.writing() as stores:
            incident = stores.others.incidents.get(chat.incident, lock=True)
            known = stores.chats.get(chat.incident, lock=True)
            if incident is None or known is None:
                return True
            stores.chats.put(chats.done(known, step))
            if found is None or found.is_ours or stores.others.incidents.versions(chats.entry_id(chat, step.mark.ts)):
                return True
            entry = chat_people.entry(stores.others.oncall.book(), chat, step.mark, found, now)
            incidents.keep(stores.others, service.changed(incident, is_taken=True), [entry])
        return True

    def _keep(self, id: IncidentId, change: Callable[[Chat], Chat]) -> bool:
        """Write what was done; what came meanwhile, such as marks, stays."""
        with self.writing() as stores:
            stores.chats.put(change(stores.chats.get(id, lock=True) or Chat(id)))
        return True


# -- pure --------------------------------------------------------------------------------------------------------------


def _may_try(chat: Chat, now: datetime) -> bool:
    """A clock that was set back does not make it wait for hours."""
    return chat.again_at is None or chat.again_at <= now or chat.again_at > now + notifications.LONGEST_ASKED


def _has_news(stores: Stores, chat: Chat) -> bool:
    return bool(chat.marks) or chat.seen != stores.others.incidents.mark(chat.incident)


def _joined(known: Chat, after: Chat, step: Step) -> Chat:
    """Another process may have made a channel meanwhile: the first one stays."""
    if isinstance(step, Create) and known.channel:
        return known
    if isinstance(step, Create):
        return replace(after, marks=known.marks)
    return chats.done(known, step)


def _renamed(chat: Chat, told: Retry | Failed, now: datetime) -> Chat:
    taken = chat.names_taken + 1
    return replace(chat, names_taken=taken) if taken <= _NAMES else _put_off(chat, told, now)


def _put_off(chat: Chat, told: Retry | Failed, now: datetime) -> Chat:
    """It is tried again, sooner when Slack is only busy or away than when somebody has to mend something."""
    tries = chat.tries + 1
    after = told.after if isinstance(told, Retry) else _AFTER_REFUSAL
    said = " ".join(part for part in (told.reason, told.mend) if part)
    return replace(chat, trouble=said[:1000], tries=tries, again_at=now + notifications.back_off(tries, after, 0))
