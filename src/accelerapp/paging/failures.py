"""What follows when a message of a call does not arrive. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from accelerapp.paging.model import Outgoing, OutgoingState, Paging, PagingState

GIVES_WAY_AFTER = 3
"""Tries of a person's last method after which somebody else is called; it is tried on meanwhile."""


def follow_up(failed: Outgoing, of_call: Iterable[Outgoing], now: datetime) -> Outgoing | None:
    """The person's next method of the same call, due now; None: there is none that still waits for its time."""
    later = [
        each
        for each in of_call
        if each.person == failed.person and each.state is OutgoingState.QUEUED and not each.attempts
    ]
    chosen = min(later, key=lambda each: each.due_at, default=None)
    return replace(chosen, due_at=min(chosen.due_at, now)) if chosen else None


def is_in_vain(of_call: Collection[Outgoing]) -> bool:
    """Did the call reach nobody, as far as can be told? Then the next step is due."""
    return all(
        each.state in (OutgoingState.FAILED, OutgoingState.CANCELLED)
        or (each.state is OutgoingState.QUEUED and each.attempts >= GIVES_WAY_AFTER)
        for each in of_call
    )


def hurry(paging: Paging, call: int, now: datetime) -> Paging:
    """The last call reached nobody: the next step is due now."""
    if paging.state is not PagingState.TRIGGERED or call != paging.calls or paging.step_at is None:
        return paging
    return replace(paging, step_at=min(paging.step_at, now))
