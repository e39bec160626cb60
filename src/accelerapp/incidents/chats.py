"""The channel of an incident in a chat: what it should be, what is to be done for that, and what was done. Pure.

Each step is written down as soon as it is done, so that a crash repeats one step at most.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias

from accelerapp.base import text as words
from accelerapp.base.ids import EntryId, IncidentId
from accelerapp.incidents import texts
from accelerapp.incidents.model import Entry, EntryKind, Evidence, Incident, Role

_POSTED = frozenset(
    {
        EntryKind.OPENED,
        EntryKind.ROLE,
        EntryKind.SEVERITY,
        EntryKind.STATUS,
        EntryKind.UPDATE,
        EntryKind.IMPACT,
        EntryKind.RESOLVED,
        EntryKind.REOPENED,
        EntryKind.MERGED,
    }
)
LONGEST_NAME = 80
LONGEST_TOPIC = 250
MOST_MARKS = 100
"""Marked messages that wait to be read."""
_LATEST = 250
"""Of so many entries it is looked whether they were posted."""
_KEPT = 2 * _LATEST


@dataclass(frozen=True)
class Mark:
    """A message that somebody marked, and that is to be read."""

    ts: str
    """What the chat calls it: its time, with a number."""
    by: str
    """Who marked it, as the chat calls them."""
    at: datetime


@dataclass(frozen=True)
class Chat:
    """The channel of an incident, and what was done about it."""

    incident: IncidentId
    channel: str = ""
    """As the chat calls it; empty: it is not made yet."""
    name: str = ""
    names_taken: int = 0
    invited: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    """People whom the chat does not let in."""
    topic: str = ""
    posted: tuple[EntryId, ...] = ()
    marks: tuple[Mark, ...] = ()
    trouble: str = ""
    """Why it is not as it should be; empty: it is."""
    tries: int = 0
    again_at: datetime | None = None
    """Nothing is tried before that."""
    seen: str = ""
    """The mark of the incident when all was done for it."""
    is_over: bool = False


# -- what it should be -------------------------------------------------------------------------------------------------


def name_of(incident: Incident, taken: int) -> str:
    """`inc-20261124-nobody-can-pay`; when that is taken with the end of the id, and then a number."""
    plain = unicodedata.normalize("NFKD", incident.title).encode("ascii", "ignore").decode().lower()
    title = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    ending = ("" if taken == 0 and title else f"-{_tail(incident)}") + (f"-{taken}" if taken > 1 else "")
    head = f"inc-{incident.opened_at:%Y%m%d}" + (f"-{title}" if title else "")
    return head[: LONGEST_NAME - len(ending)].rstrip("-") + ending


def _tail(incident: Incident) -> str:
    return re.sub(r"[^a-z0-9]", "", incident.id.lower())[-4:]


def topic_of(incident: Incident, link: str) -> str:
    """`P1 · identified · commander: ann · https://…`; what is too long is cut before the link."""
    commander = incident.roles.get(Role.COMMANDER, "")
    who = f"commander: {words.printable(commander, 60)}" if commander else "no commander yet"
    merged = f" · merged into {incident.merged_into}" if incident.merged_into else ""
    return f"{incident.severity} · {incident.status} · {who}{merged} · {link}"[:LONGEST_TOPIC]


# -- what is to be done ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Create:
    """Make the channel."""

    name: str


@dataclass(frozen=True)
class Invite:
    """Ask somebody in."""

    person: str
    user: str


@dataclass(frozen=True)
class SetTopic:
    """Say how it stands."""

    topic: str


@dataclass(frozen=True)
class Post:
    """Tell of an entry of the time line."""

    entry: Entry


@dataclass(frozen=True)
class Read:
    """Take a marked message over to the time line."""

    mark: Mark


Step: TypeAlias = Create | Invite | SetTopic | Post | Read


def next_step(
    incident: Incident, entries: Iterable[Entry], chat: Chat, users: Mapping[str, str], link: str
) -> Step | None:
    """One at a time; None: all is done. `users`: what the chat calls the people of the incident."""
    if not chat.channel:
        return Create(name_of(incident, chat.names_taken))
    topic = topic_of(incident, link)
    if chat.topic != topic:
        return SetTopic(topic)
    for person, user in users.items():
        if person not in chat.invited and person not in chat.refused:
            return Invite(person, user)
    known = set(chat.posted)
    told = [each for each in entries if each.kind in _POSTED][-_LATEST:]
    found = next((each for each in told if each.id not in known), None)
    if found is not None:
        return Post(found)
    return Read(chat.marks[0]) if chat.marks else None


# -- what was done -----------------------------------------------------------------------------------------------------


def done(chat: Chat, step: Step, channel: str = "", name: str = "") -> Chat:
    """After a step; `channel` and `name` of the one that was made."""
    fine = replace(chat, trouble="", tries=0, again_at=None)
    if isinstance(step, Create):
        return replace(fine, channel=channel, name=name or step.name)
    if isinstance(step, Invite):
        return replace(fine, invited=(*chat.invited, step.person))
    if isinstance(step, SetTopic):
        return replace(fine, topic=step.topic)
    if isinstance(step, Post):
        return replace(fine, posted=(*chat.posted, step.entry.id)[-_KEPT:])
    return replace(fine, marks=tuple(each for each in chat.marks if each.ts != step.mark.ts))


def marked(chat: Chat, mark: Mark) -> Chat:
    """Somebody marked a message; the same one a second time changes nothing."""
    if mark.ts in [each.ts for each in chat.marks] or len(chat.marks) >= MOST_MARKS:
        return chat
    return replace(chat, marks=(*chat.marks, mark), is_over=False)


def entry_of(chat: Chat, mark: Mark, author: str, marker: str, said: str, url: str, now: datetime) -> Entry:
    """A marked message for the time line. The same message has the same id, so that it stands there once."""
    checked = texts.Checked("The message")
    clean = checked.text("text", said[: texts.LONGEST])
    return Entry(
        incident=chat.incident,
        at=min(_moment(mark.ts) or mark.at, now),
        kind=EntryKind.CHAT,
        text=clean or "(a message without text)",
        by=author[: texts.NAME],
        id=entry_id(chat, mark.ts),
        evidence=(Evidence(f"message in {chat.name or 'the chat'}, marked by {marker}"[: texts.TITLE], url),),
        noted_at=now,
    )


def entry_id(chat: Chat, ts: str) -> EntryId:
    """Of a message."""
    return EntryId("ent_c" + hashlib.sha256(f"{chat.incident} {chat.channel} {ts}".encode()).hexdigest()[:16])


def _moment(ts: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        return None
