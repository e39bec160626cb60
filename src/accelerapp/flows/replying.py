"""Answers that come by other ways than links and buttons: text messages, and tools that keep incidents themselves.

Each is looked up, decided and written in one unit of work, with the escalation locked: of two that answer at once one
is told who was quicker.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.base.clock import Clock
from accelerapp.base.ids import PagingId
from accelerapp.flows import paging as flow
from accelerapp.paging import replies, service
from accelerapp.paging.model import ASKING, Outgoing, Paging, Verb
from accelerapp.paging.replies import Reply, WrongReplyError

SMS = "sms"
_LOOKED_AT = 200
"""Of the messages to a number, newest first."""
_REMEMBERED = 20
_ABOUT = re.compile(r"pgg_[a-z0-9]{1,24}(~[0-9]{1,6})?")


@dataclass(frozen=True)
class Replying:
    """Wired to stores. `key` is the secret that signs links; `lasts` is how long an answer counts."""

    writing: flow.Work
    clock: Clock
    key: Callable[[], str]
    lasts: timedelta
    wake: Callable[[], None]

    def code(self, outgoing: Outgoing) -> str:
        """What a text message asks its receiver to answer with."""
        return replies.code(self.key(), outgoing.paging, outgoing.address)

    def text(self, number: str, body: str, id: str) -> Paging:
        """Do what a text message from a number asks for. `id` is the message's own: each does something once.

        Raises WrongReplyError (a stranger, a code that is unknown or has ended, not understood, not clear), Answered.
        """
        now = self.clock.now()
        with self.writing() as stores:
            stores.alerts.lock()
            rows = [each for each in stores.outbox.sent_to(SMS, number, _LOOKED_AT) if each.purpose in ASKING]
            if not rows:
                raise WrongReplyError("No page went to this number; nothing was changed.")
            reply = replies.read(body)
            meant = self._meant(rows, reply, now)
            sent = [each for id_ in dict.fromkeys(row.paging for row in meant) if (each := stores.pagings.get(id_))]
            if not sent:
                raise WrongReplyError("No page is open for this number; nothing was changed.")
            if id and any(id in each.heard for each in sent):
                raise service.Answered("This answer was taken already.")
            chosen = replies.choose(reply, sent, {row.paging: self.code(row) for row in meant})
            by = next(row.person for row in meant if row.paging == chosen.id)
            after = _answer(stores, chosen.id, reply.verb, f"{by} (SMS)", now)
            stores.pagings.put(replace(after, heard=(*after.heard, id)[-_REMEMBERED:]))
        self.wake()
        return after

    def _meant(self, rows: Sequence[Outgoing], reply: Reply, now: datetime) -> list[Outgoing]:
        """The messages that the answer may be about. Raises WrongReplyError."""
        named = [row for row in rows if not reply.code or self.code(row) == reply.code]
        fresh = [row for row in named if now < row.created_at + self.lasts]
        if fresh:
            return fresh
        if named and reply.code:
            ended = named[0].created_at + self.lasts
            raise WrongReplyError(
                f"The code {reply.code} ended on {ended:%Y-%m-%d at %H:%M} UTC; nothing was changed.",
                mend="Sign in and acknowledge the page there.",
            )
        if reply.code:
            raise WrongReplyError(
                f"No page with the code {reply.code} went to this number; nothing was changed.",
                mend="Look at the code in the message.",
            )
        raise WrongReplyError("No page is open for this number; nothing was changed.")

    def tool(self, about: str, verb: Verb, by: str) -> Paging | None:
        """Do what somebody did in a tool that keeps incidents; `about` is what it was told to call the page.

        None: that is not ours, or of a call before the present one. Raises Answered.
        """
        if not _ABOUT.fullmatch(about):
            return None
        id = PagingId(about.partition("~")[0])
        with self.writing() as stores:
            stores.alerts.lock()
            known = stores.pagings.get(id, lock=True)
            if known is None or known.about != about:
                return None
            after = flow.answer(stores, known, verb, by, self.clock.now())
        self.wake()
        return after


def _answer(stores: flow.Stores, id: PagingId, verb: Verb, by: str, now: datetime) -> Paging:
    locked = stores.pagings.get(id, lock=True)
    if locked is None:
        raise WrongReplyError("The page is not kept any more; nothing was changed.")
    return flow.answer(stores, locked, verb, by, now)
