"""What changed before an incident began, ranked by how near it is in time and in place. Pure.

A change can be a cause (a deployment, a configuration) or a sign (an alert, a new message in a log, a figure that left
its usual range). Signs say when it began in fact; causes are judged by that moment. The score is a product of what such
a change usually does, of nearness in place, and of nearness in time, 1 / (1 + gap / 30 min); a cause that a sign
follows at once counts half as much again. It is a way to begin looking, not a proof, and so each place comes with the
sentence that says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from accelerapp.base import text
from accelerapp.incidents.model import Evidence


class ChangeKind(StrEnum):
    """What changed."""

    DEPLOYMENT = "deployment"
    CONFIG = "config"
    COMMAND = "command"
    """A scaling, a restart."""
    EVENT = "event"
    """The platform warns: a crash, a node."""
    REPORTED = "reported"
    """A sender of alerts told of a change."""
    COMMIT = "commit"
    SILENCE = "silence"
    ONCALL = "on-call"
    LOG = "log"
    METRIC = "metric"
    ALERT = "alert"


_CLEAR = frozenset({ChangeKind.LOG, ChangeKind.METRIC})
SIGNS = frozenset({ChangeKind.EVENT, ChangeKind.LOG, ChangeKind.METRIC, ChangeKind.ALERT})
"""These show that something is wrong, rather than make it so."""
_WEIGHTS = {
    ChangeKind.DEPLOYMENT: 1.0,
    ChangeKind.CONFIG: 0.9,
    ChangeKind.REPORTED: 0.7,
    ChangeKind.COMMAND: 0.6,
    ChangeKind.METRIC: 0.45,
    ChangeKind.EVENT: 0.4,
    ChangeKind.LOG: 0.4,
    ChangeKind.ALERT: 0.3,
    ChangeKind.COMMIT: 0.3,
    ChangeKind.SILENCE: 0.15,
    ChangeKind.ONCALL: 0.1,
}


class Place(StrEnum):
    """Where it changed, seen from the services of the incident."""

    SERVICE = "the service itself"
    OTHER = "another service"
    PRODUCT = "what watches the services"


_NEARNESS = {Place.SERVICE: 1.0, Place.OTHER: 0.35, Place.PRODUCT: 0.5}
_HALF = timedelta(minutes=30)
"""At this distance in time a change counts half."""
_SCATTER = timedelta(seconds=30)
"""Clocks and scrapes scatter by that much: a cause may seem to come after its effect."""
_SECOND = timedelta(seconds=1)
_LATE = 0.1
"""What came after the beginning is hardly its cause."""
_FOLLOWED = 0.5
"""A cause counts so much more when a sign follows at once; half of that when it follows after `_SOON`."""
_SOON = timedelta(minutes=1)
_FOLLOWS = timedelta(minutes=10)
"""Later signs are not said to follow."""
_ONSET = timedelta(hours=1)
"""A sign that is older than that is not of this incident."""


@dataclass(frozen=True)
class Change:
    """Something that changed at a moment. Texts may come from outside."""

    at: datetime
    kind: ChangeKind
    subject: str
    """The service, or what else it is about; empty: everything."""
    text: str
    by: str = ""
    place: Place = Place.SERVICE
    details: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def is_sign(self) -> bool:
        """Is it rather an effect?"""
        return self.kind in SIGNS


@dataclass(frozen=True)
class Ranked:
    """A change with its score, 0 to 1.5, and why it stands where it does."""

    change: Change
    score: float
    why: str


@dataclass(frozen=True)
class Source:
    """One that was asked. `found` is None when it cannot tell: then `said` says why."""

    name: str
    found: int | None
    said: str = ""


@dataclass(frozen=True)
class Changes:
    """What changed, the likeliest first, and who was asked."""

    services: tuple[str, ...]
    since: datetime
    until: datetime
    began_at: datetime
    """When the harm began, as people or alerts say."""
    onset_at: datetime
    """When the first sign was seen, if that was before; causes are judged by this moment."""
    ranked: tuple[Ranked, ...]
    sources: tuple[Source, ...]

    @property
    def unknown(self) -> tuple[Source, ...]:
        """Those that could not tell."""
        return tuple(each for each in self.sources if each.found is None)


@dataclass(frozen=True)
class Question:
    """For which services, from when to when, and when it began."""

    services: tuple[str, ...]
    since: datetime
    until: datetime
    began_at: datetime


def answer(question: Question, found: Iterable[Change], sources: Sequence[Source]) -> Changes:
    """Everything within the time that was asked about, ranked."""
    within = [each for each in found if question.since <= each.at <= question.until]
    start = onset(within, question.began_at)
    return Changes(
        services=question.services,
        since=question.since,
        until=question.until,
        began_at=question.began_at,
        onset_at=start,
        ranked=tuple(rank(within, start)),
        sources=tuple(sources),
    )


def onset(found: Iterable[Change], began_at: datetime) -> datetime:
    """The first figure that left its usual range, or alert or error, within the hour before it is said to have begun.

    Figures come first: what is new in a log need not be bad, and a platform warns of much.
    """
    near = [each for each in found if each.place is Place.SERVICE and began_at - _ONSET <= each.at <= began_at]
    for kind in (ChangeKind.METRIC, ChangeKind.ALERT):
        moments = [each.at for each in near if each.kind is kind]
        if moments:
            return min(moments)
    return began_at


def rank(found: Sequence[Change], onset_at: datetime) -> list[Ranked]:
    """The likeliest first; of two that are equally near, the later."""
    signs = sorted((each for each in found if each.is_sign), key=lambda each: each.at)
    judged = [_judged(each, signs, onset_at) for each in found]
    return sorted(judged, key=lambda each: (-each.score, -each.change.at.timestamp(), each.change.text))


def _judged(change: Change, signs: Sequence[Change], onset_at: datetime) -> Ranked:
    gap = onset_at - change.at
    is_late = gap < -_SCATTER and not change.is_sign
    score = _WEIGHTS[change.kind] * _NEARNESS[change.place] / (1 + abs(gap) / _HALF)
    after = None if change.is_sign or is_late else _first_after(change, signs)
    if after is not None:
        score *= 1 + _FOLLOWED / (1 + (after.at - change.at) / _SOON)
    if is_late:
        score *= _LATE
    return Ranked(change, round(score, 4), _why(change, gap, after))


def _first_after(change: Change, signs: Sequence[Change]) -> Change | None:
    """The sign that came soon after it; what logs and figures show says more than what platforms and alerts tell."""
    soon = [each for each in signs if change.at <= each.at <= change.at + _FOLLOWS]
    return min(soon, key=lambda each: (each.kind not in _CLEAR, each.at), default=None)


def _why(change: Change, gap: timedelta, after: Change | None) -> str:
    where = "of the service itself" if change.place is Place.SERVICE else f"of {change.place}"
    what = f"A sign ({change.kind})" if change.is_sign else f"A change ({change.kind})"
    told = f"{what} {where}, {_when(gap)}"
    if after is None:
        return f"{told}."
    apart = f"{_length(after.at - change.at)} after it" if after.at - change.at >= _SECOND else "in the same second"
    return f"{told}; {apart}: {text.printable(after.text, 120).rstrip('.')}."


def _when(gap: timedelta) -> str:
    if abs(gap) <= _SCATTER:
        return "at the moment when it began"
    if gap < timedelta(0):
        return f"{_length(-gap)} after it began"
    return f"{_length(gap)} before it began"


def _length(length: timedelta) -> str:
    """To the second."""
    return text.duration(round(length.total_seconds()))
