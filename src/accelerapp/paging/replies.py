"""Answers to text messages: `ACK 4821`, `RES 4821`, and plain `ack` when there is no doubt which page is meant. Pure.

A code belongs to a page and the number that it was sent to, and counts from that number alone. It is made from the two
by HMAC-SHA256 with a key of this installation, so that it is the same in every message about the page.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accelerapp.base import errors, text
from accelerapp.base.ids import PagingId
from accelerapp.paging.model import CALLING, Paging, Verb

_VERBS = {
    **dict.fromkeys(("", "ACK", "ACKNOWLEDGE", "ACKNOWLEDGED", "OK"), Verb.ACKNOWLEDGE),
    **dict.fromkeys(("RES", "RESOLVE", "RESOLVED", "DONE"), Verb.RESOLVE),
}
_SHAPE = re.compile(r"[\s\W]*([A-Za-z]*)[\s\W]*([0-9]{4})?[\s\W]*")
_LONGEST = 200
_SHOWN = 3
_OPT_OUT = ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE")
CARRIERS_OWN = frozenset((*_OPT_OUT, "START", "UNSTOP", "YES", "HELP", "INFO"))
"""Words that are for the carrier, which answers them itself."""


class WrongReplyError(errors.WrongUseError):
    """The answer means no page, or more than one."""


@dataclass(frozen=True)
class Reply:
    """What somebody wrote back. `code` is empty when they named none."""

    verb: Verb
    code: str = ""


def code(key: str, paging: PagingId, address: str) -> str:
    """Four digits."""
    digest = hmac.new(key.encode(), f"reply {paging} {address}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 10_000:04}"


def read(body: str) -> Reply:
    """What a text message says; four digits alone acknowledge. Raises WrongReplyError."""
    found = _SHAPE.fullmatch(body) if len(body) <= _LONGEST else None
    word, digits = (found[1].upper(), found[2] or "") if found else ("", "")
    if word not in _VERBS or not (word or digits):
        raise WrongReplyError(
            "That was not understood, and nothing was changed.",
            mend="Answer ACK and the code in the message to acknowledge, RES and the code to resolve.",
        )
    return Reply(_VERBS[word], digits)


def choose(reply: Reply, sent: Sequence[Paging], codes: Mapping[PagingId, str]) -> Paging:
    """Which page is meant, of those that went to the number (newest first, at least one; with a code those of it).

    When none waits for that answer it is the newest: what became of it is the answer. Raises WrongReplyError.
    """
    waiting = [each for each in sent if _waits(each, reply.verb)]
    if len(waiting) < 2:
        return (waiting or sent)[0]
    if reply.code:
        raise WrongReplyError(
            f"The code {reply.code} stands for {len(waiting)} pages that are open; nothing was changed.",
            mend="Open the link in the message.",
        )
    word = "ACK" if reply.verb is Verb.ACKNOWLEDGE else "RES"
    named = [f"{word} {codes[each.id]} for '{text.printable(each.title, 40)}'" for each in waiting[:_SHOWN]]
    more = ", …" if len(waiting) > _SHOWN else "."
    raise WrongReplyError(f"{len(waiting)} pages are open. Answer {', '.join(named)}{more}")


def _waits(paging: Paging, verb: Verb) -> bool:
    return paging.state in CALLING if verb is Verb.ACKNOWLEDGE else paging.is_open
