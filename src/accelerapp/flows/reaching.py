"""From a call in the outbox to a message on a channel: which channel carries it, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from accelerapp.base import errors
from accelerapp.base.settings import channels as settings
from accelerapp.flows import carrying
from accelerapp.notifications.channels.interface import Channel
from accelerapp.notifications.model import Address, Delivery, Event, Failed, Kind, Link, Message
from accelerapp.oncall import contacting
from accelerapp.oncall.model import Book
from accelerapp.paging import following
from accelerapp.paging.model import ASKING, TEAM, Outgoing, Purpose

_EVENTS = {Purpose.FOLLOW_UP: Event.ACKNOWLEDGE, Purpose.CLOSING: Event.RESOLVE}


def check(book: Book, known: Mapping[str, settings.Channel]) -> None:
    """Is there a channel for every way in which people want to be reached? Raises WrongUseError that names those."""
    carried = {each.kind for each in known.values()}
    wanted = {carrying.kind(method.kind) for person in book.people.values() for method in contacting.usable(person)}
    if missing := sorted(wanted - carried):
        raise errors.WrongUseError(
            f"People are to be reached by {', '.join(missing)}, but no channel of the kind carries it.",
            mend=carrying.missing(missing[0]),
        )


@dataclass(frozen=True)
class Reaching:
    """Wired to the channels of the settings."""

    known: Mapping[str, settings.Channel]
    channel: Callable[[str], Channel]
    """By its name."""
    address: str
    """Under which people reach the console."""
    token: Callable[[Outgoing, timedelta], str]
    """For the link of a message."""
    link_lasts: timedelta
    reply_code: Callable[[Outgoing], str] = lambda outgoing: ""
    """What the receiver of a text message answers with."""

    def post(self, outgoing: Outgoing, now: datetime) -> Delivery:
        """Send it once. A method of a kind that no channel carries has failed: its settings are missing."""
        if outgoing.kind == TEAM:
            return self._to_team(outgoing, now)
        name = carrying.channel(outgoing.kind, self.known)
        if name is None:
            kind = carrying.kind(outgoing.kind)
            return Failed(f"There is no channel of the kind {kind}.", carrying.missing(kind), is_permanent=True)
        return self.channel(name).send(self.message(outgoing), Address(outgoing.address, outgoing.person), now)

    def _to_team(self, outgoing: Outgoing, now: datetime) -> Delivery:
        """To a channel that the settings named when it was written."""
        name, _, to = outgoing.address.partition(":")
        if name not in self.known:
            return Failed(f"There is no channel '{name}' any more.", "Describe it as [channels.NAME].", True)
        message = Message(
            title=outgoing.title,
            idempotency_key=outgoing.key,
            kind=Kind.UPDATE,
            severity=outgoing.severity,
            body=outgoing.body,
            service=outgoing.service,
            subject=outgoing.subject,
            links=(Link("Open the incident", f"{self.address}/incidents/{outgoing.subject}"),),
        )
        return self.channel(name).send(message, Address(to), now)

    def message(self, outgoing: Outgoing) -> Message:
        """What is said; the same again however often it is sent. An exercise goes the very way of a page."""
        is_notice = outgoing.purpose is Purpose.NOTICE
        what, path = _place(outgoing)
        token = self.token(outgoing, self.link_lasts) if outgoing.purpose in ASKING else ""
        has_replies = bool(token) and carrying.takes_replies(outgoing.kind, self.known)
        return Message(
            title=outgoing.title,
            idempotency_key=outgoing.key,
            kind=Kind.NOTICE if is_notice else Kind.PAGE,
            severity=outgoing.severity,
            body=outgoing.body,
            service=outgoing.service,
            subject=outgoing.about if outgoing.kind in following.KINDS else outgoing.paging,
            event=_EVENTS.get(outgoing.purpose, Event.TRIGGER),
            links=(Link(f"Open {what}", f"{self.address}{path}"),),
            ack_link=f"{self.address}/ack/{token}" if token else "",
            reply_code=self.reply_code(outgoing) if has_replies else "",
            voice_link=f"{self.address}/hooks/twilio/voice/{token}" if has_replies else "",
        )


def _place(outgoing: Outgoing) -> tuple[str, str]:
    """Where to look: what it is called, and its path."""
    if outgoing.subject.startswith("inc_"):
        return "the incident", f"/incidents/{outgoing.subject}"
    return ("on-call", "/oncall") if outgoing.purpose is Purpose.NOTICE else ("the alerts", "/alerts")
