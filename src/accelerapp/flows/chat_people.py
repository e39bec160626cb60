"""Between on-call and the chat: what Slack calls people, and what people are called who wrote there."""

from __future__ import annotations

from datetime import datetime

from accelerapp.flows import update_reminders
from accelerapp.incidents import chats
from accelerapp.incidents.chats import Chat, Mark
from accelerapp.incidents.model import Entry, Incident
from accelerapp.notifications import rooms
from accelerapp.notifications.rooms import Said
from accelerapp.oncall import contacting
from accelerapp.oncall.model import Book, MethodKind


def users(book: Book, incident: Incident) -> dict[str, str]:
    """The members' IDs of the incident's people who are reached by Slack."""
    named = sorted(incident.people)
    return {
        name: method.address
        for name in update_reminders.known_people(book, named)
        for method in contacting.usable(book.people[name])
        if method.kind is MethodKind.SLACK and method.address[:1] in "UW"
    }


def entry(book: Book, chat: Chat, mark: Mark, said: Said, now: datetime) -> Entry:
    """Under the names that the book has for them."""
    names = {
        method.address: person.name
        for person in book.people.values()
        for method in person.methods
        if method.kind is MethodKind.SLACK
    }
    told = said.text
    for user, name in names.items():
        told = told.replace(f"<@{user}>", f"@{name}")
    author, marker = (rooms.written_by(names.get(each, each)) for each in (said.user, mark.by))
    return chats.entry_of(chat, mark, author, marker, told, url(chat.channel, mark.ts), now)


def url(channel: str, ts: str = "") -> str:
    """Opens it in Slack; empty for none."""
    if not channel:
        return ""
    return f"https://slack.com/app_redirect?channel={channel}" + (f"&message_ts={ts}" if ts else "")
