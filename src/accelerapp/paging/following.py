"""What tools that keep incidents themselves are told when somebody answers here: acknowledged, resolved. Pure.

Such a tool is told once for each target that was called, with the name under which it knows the page, and not before
the call itself went out: it would not know what is meant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from accelerapp.base.ids import OutgoingId, new_id
from accelerapp.paging.model import ASKING, FOLLOWING, Outgoing, OutgoingState, Paging, PagingState, Purpose

KINDS = frozenset({"pagerduty"})
"""Kinds of methods behind which there is such a tool."""
ON_ITS_WAY = timedelta(seconds=75)
"""Longer than a message that somebody holds can still go out: the claim's 60 s and the longest try."""
_AGAIN = "/again"
_PURPOSES = {PagingState.ACKNOWLEDGED: Purpose.FOLLOW_UP, PagingState.RESOLVED: Purpose.CLOSING}
ANSWERED = frozenset(_PURPOSES)


def follow_ups(paging: Paging, outgoing: Iterable[Outgoing], now: datetime) -> list[Outgoing]:
    """One for each target that was or may have been called; `outgoing` are its calls after the rest was cancelled.

    The same again has the same key. That it is resolved is told of what it was called before an answer as well.
    """
    purpose = _PURPOSES.get(paging.state)
    if purpose is None:
        return []
    of: dict[tuple[str, str], list[Outgoing]] = {}
    for each in outgoing:
        if is_followed(each) and each.attempts and (purpose is Purpose.CLOSING or each.about == paging.about):
            of.setdefault((each.about, each.address), []).append(each)
    return [_follow_up(paging, calls, purpose, now) for calls in of.values()]


def is_followed(outgoing: Outgoing) -> bool:
    """Is it a call after which there may be something to tell?"""
    return outgoing.kind in KINDS and outgoing.purpose in ASKING


def _follow_up(paging: Paging, calls: Sequence[Outgoing], purpose: Purpose, now: datetime) -> Outgoing:
    """Waits for a call that was cancelled while somebody held it; `after` makes it due when that one ended."""
    last = calls[-1]
    may_come = any(each.state is OutgoingState.CANCELLED for each in calls)
    by = paging.resolved_by if purpose is Purpose.CLOSING else paging.acknowledged_by
    return replace(
        fresh(last, f"{last.about}/{purpose}/{_short(last.address)}", now),
        purpose=purpose,
        body=f"{paging.state.capitalize()} by {by}." if by else "",
        due_at=now + ON_ITS_WAY if may_come else now,
    )


def after(call: Outgoing, outgoing: Iterable[Outgoing], now: datetime) -> list[Outgoing]:
    """A call went out late: what was to follow it is due now, and what did not wait for it is told once more."""
    followed = [each for each in outgoing if each.purpose in FOLLOWING and each.state is not OutgoingState.CANCELLED]
    ours = {each.key: each for each in followed if (each.about, each.address) == (call.about, call.address)}
    waiting = [each for each in ours.values() if each.state is OutgoingState.QUEUED]
    early = [each for each in ours.values() if each.state is not OutgoingState.QUEUED and not _is_again(each)]
    again = [fresh(each, f"{each.key}{_AGAIN}", now) for each in early if f"{each.key}{_AGAIN}" not in ours]
    return [replace(each, due_at=min(each.due_at, now)) for each in waiting] + again


def _is_again(outgoing: Outgoing) -> bool:
    return outgoing.key.endswith(_AGAIN)


def fresh(like: Outgoing, key: str, now: datetime) -> Outgoing:
    """Another message like this one that nobody has tried to send yet, due now."""
    return replace(
        like,
        id=OutgoingId(new_id("out", 20)),
        key=key,
        created_at=now,
        due_at=now,
        state=OutgoingState.QUEUED,
        attempts=0,
        fence=0,
        claimed_by="",
        claimed_until=None,
        ended_at=None,
        reason="",
        may_have_arrived=False,
        link_used_at=None,
        link_used_for="",
    )


def _short(address: str) -> str:
    """Keys are shown; the address may be a secret."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]
