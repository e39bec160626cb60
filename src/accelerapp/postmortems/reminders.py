"""When people are reminded of post-mortems and action items, and when somebody else is told. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

_LAST = timedelta(hours=24)
_ESCALATED = timedelta(hours=24)
_GIVEN_UP = timedelta(days=14)
"""A post-mortem that is overdue for longer is listed, and no longer told: it was told three times."""
_WEEK = 7


class Stage(StrEnum):
    """What is told."""

    ASKED = "asked"
    """It is to be written."""
    SOON = "soon"
    TODAY = "today"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    """It is overdue for so long that the lead is told."""


@dataclass(frozen=True)
class Told:
    """What is told now. `key` is the same for what was told before."""

    stage: Stage
    key: str

    @property
    def is_for_lead(self) -> bool:
        """Is the lead told as well?"""
        return self.stage is Stage.ESCALATED


def of_postmortem(due_at: datetime, now: datetime) -> Told | None:
    """Once when it is asked for, on its last day, when it is overdue, and a day later to the lead; None: no longer."""
    if now >= due_at + _GIVEN_UP:
        return None
    if now >= due_at + _ESCALATED:
        stage = Stage.ESCALATED
    elif now >= due_at:
        stage = Stage.OVERDUE
    else:
        stage = Stage.SOON if now >= due_at - _LAST else Stage.ASKED
    return Told(stage, f"{due_at:%Y-%m-%dT%H:%M} {stage}")


def of_action(
    due_on: date | None, today: date, before: timedelta | None, escalate_after: timedelta | None
) -> Told | None:
    """Before its day, on it, after it, then to the lead and again each week; None: nothing is told today."""
    if due_on is None:
        return None
    late = today - due_on
    if late < timedelta(0):
        return Told(Stage.SOON, f"{due_on} soon") if before is not None and -late <= before else None
    if not late:
        return Told(Stage.TODAY, f"{due_on} today")
    if escalate_after is not None and late >= escalate_after:
        week = (late - escalate_after).days // _WEEK
        return Told(Stage.ESCALATED, f"{due_on} escalated {week}")
    return Told(Stage.OVERDUE, f"{due_on} overdue {late.days // _WEEK}")
