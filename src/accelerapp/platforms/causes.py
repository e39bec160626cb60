"""The nouns of "why does it not run?": what a platform finds when it looks for causes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Depth(StrEnum):
    """How near to the root a cause lies. Ranking goes from top to bottom."""

    ROOT = "root"
    """Something is missing, wrong, too small or refused: mend this and the rest follows."""
    FAILURE = "failure"
    """Something fails by itself, and its own words are the best that is known."""
    SYMPTOM = "symptom"
    """It fails because something else does."""
    WISH = "wish"
    """Somebody wants it so: it is scaled to 0, suspended or paused."""
    HINT = "hint"
    """A warning of the platform that no other cause accounts for."""
    RISK = "risk"
    """Nothing fails by it now; it will bite later, or is no longer needed."""


@dataclass(frozen=True)
class Cause:
    """One reason why something does not run."""

    kind: str
    """Stable, for programs: `missing-secret`, `crash-loop`, `unschedulable`, …"""
    subject: str
    """Who suffers: `pod/shop-7d9f-x2x`, `service/shop`, `node/n1`."""
    sentence: str
    """What is wrong, without the name of a pod: the same words for all pods that suffer from it."""
    evidence: tuple[str, ...]
    """What it rests on: fields, events, lines of a log."""
    mend: str
    """A command or an edit."""
    depth: Depth = Depth.ROOT
    also: tuple[str, ...] = ()
    """Further subjects that suffer from the same."""


@dataclass(frozen=True)
class Unread:
    """Something that could not be looked at, and why."""

    what: str
    reason: str


@dataclass(frozen=True)
class Findings:
    """What was found when a platform was asked why something does not run."""

    subject: str
    """`deployment/shop in namespace shop`, `the namespace shop`, `shop`."""
    causes: tuple[Cause, ...]
    looked_at: tuple[str, ...]
    """`3 pods`, `1 deployment`, `12 events`, …"""
    unread: tuple[Unread, ...] = ()
    state: str = ""
    """How it stands, in one sentence: `2 of 2 replicas are ready.`"""
