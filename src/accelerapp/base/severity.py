"""How bad something is: the four levels that alerts and incidents share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum


class Severity(StrEnum):
    """P1 is the worst."""

    P1 = "P1"
    """Complete outage; an answer is expected within 15 minutes."""
    P2 = "P2"
    """A major feature does not work; within an hour."""
    P3 = "P3"
    """A minor feature does not work; within 4 hours."""
    P4 = "P4"
    """Cosmetic; within a day."""

    def is_worse_than(self, other: Severity) -> bool:
        """P1 is worse than P2."""
        return self.value < other.value


RESPOND_WITHIN: Mapping[Severity, timedelta] = {
    Severity.P1: timedelta(minutes=15),
    Severity.P2: timedelta(hours=1),
    Severity.P3: timedelta(hours=4),
    Severity.P4: timedelta(hours=24),
}
"""Within which somebody should acknowledge."""

_WORDS = {
    "critical": Severity.P1,
    "page": Severity.P1,
    "emergency": Severity.P1,
    "error": Severity.P2,
    "high": Severity.P2,
    "major": Severity.P2,
    "warning": Severity.P3,
    "minor": Severity.P3,
    "medium": Severity.P3,
    "info": Severity.P4,
    "low": Severity.P4,
    "none": Severity.P4,
    "notice": Severity.P4,
}


def of_word(word: str, otherwise: Severity = Severity.P3) -> Severity:
    """From what other tools call it: `P2`, `critical`, `error`, `warning`, `info`; `otherwise` for any other word."""
    known = word.strip()
    if known.upper() in Severity.__members__:
        return Severity[known.upper()]
    return _WORDS.get(known.lower(), otherwise)


def worst(severities: list[Severity]) -> Severity:
    """The worst of some; P4 of none."""
    return min(severities, default=Severity.P4)
