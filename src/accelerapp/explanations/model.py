"""The nouns of an explanation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accelerapp.platforms.causes import Cause, Unread


class Outcome(StrEnum):
    """What the explanation comes to."""

    NOTHING_WRONG = "nothing wrong"
    """Everything could be looked at, and nothing keeps it from running."""
    EXPLAINED = "explained"
    """There is at least one cause."""
    CANNOT_TELL = "cannot tell"
    """No cause was found, but not everything could be looked at."""


@dataclass(frozen=True)
class Explanation:
    """Why something does not run; or that it does."""

    subject: str
    at: datetime
    outcome: Outcome
    summary: str
    """One sentence: the first cause, or that there is none."""
    causes: tuple[Cause, ...]
    """Why it does not run, root causes first, symptoms after."""
    risks: tuple[Cause, ...]
    """What else was noticed: nothing fails by it now."""
    looked_at: tuple[str, ...]
    unread: tuple[Unread, ...]
    """What could not be looked at; a cause may be hidden there."""
