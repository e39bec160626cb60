"""Figures of incidents over a time: how many, how quickly answered and ended, and what comes again. Pure.

MTTA is the mean time from when an incident was opened until somebody acknowledged it; MTTR the mean time from when the
harm began, as far as that is known, else from when it was opened, until it was resolved. Both leave out incidents
that have not come so far: how many those are stands beside them. Duplicates that were merged are not counted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from statistics import fmean, median

from accelerapp.base.ids import IncidentId
from accelerapp.base.severity import Severity

_DIGITS = re.compile(r"\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b|\d+", re.IGNORECASE)
_BLANK = re.compile(r"[\s.!]+")
_LONGEST = 200
_MOST = 20


@dataclass(frozen=True)
class Case:
    """What is counted of an incident."""

    incident: IncidentId
    title: str
    severity: Severity
    services: tuple[str, ...]
    opened_at: datetime
    began_at: datetime
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    tags: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    """The alert rules that it was opened for."""
    root_cause: str = ""


@dataclass(frozen=True)
class Times:
    """Seconds of some incidents; None: there is none that has come so far."""

    count: int
    """How many are in it."""
    missing: int
    """How many have not come so far."""
    mean_seconds: float | None
    median_seconds: float | None
    longest_seconds: float | None


@dataclass(frozen=True)
class OfSeverity:
    """Figures of one severity."""

    severity: Severity
    incidents: int
    acknowledge: Times
    """MTTA."""
    resolve: Times
    """MTTR."""


@dataclass(frozen=True)
class Week:
    """What was opened in a week, which begins on this Monday; one that the time cuts off is not whole."""

    begins_on: date
    counts: Mapping[Severity, int]
    mtta_seconds: float | None
    mttr_seconds: float | None

    @property
    def total(self) -> int:
        """Of all severities."""
        return sum(self.counts.values())


class By(StrEnum):
    """What several incidents have in common."""

    CAUSE = "root cause"
    RULE = "rule"
    TAG = "tag"
    SERVICE = "service"


@dataclass(frozen=True)
class Repeat:
    """What came more than once."""

    by: By
    name: str
    incidents: tuple[IncidentId, ...]
    """Newest first."""
    last_at: datetime


@dataclass(frozen=True)
class Statistics:
    """All of it."""

    since: datetime
    until: datetime
    incidents: int
    per_week: float
    still_open: int
    without_cause: int
    """Resolved ones whose root cause is not known: they are not among the repeats by it."""
    acknowledge: Times
    """MTTA."""
    resolve: Times
    """MTTR."""
    severities: tuple[OfSeverity, ...]
    weeks: tuple[Week, ...]
    repeats: tuple[Repeat, ...]
    is_whole: bool = True
    """False: there were more than are counted."""


def make(
    cases: Sequence[Case], since: datetime, until: datetime, where: tzinfo, *, is_whole: bool = True
) -> Statistics:
    """The figures of what was opened from `since` until `until`, in weeks of the calendar of `where`."""
    found = sorted(
        (each for each in cases if since <= each.opened_at <= until), key=lambda each: each.opened_at, reverse=True
    )
    by_severity = [(severity, [each for each in found if each.severity is severity]) for severity in Severity]
    over = [each for each in found if each.resolved_at]
    return Statistics(
        since=since,
        until=until,
        incidents=len(found),
        per_week=round(len(found) / max((until - since) / timedelta(weeks=1), 1 / 7), 2),
        still_open=len(found) - len(over),
        without_cause=sum(not each.root_cause.strip() for each in over),
        acknowledge=_times(_answers(found), len(found)),
        resolve=_times(_ends(found), len(found)),
        severities=tuple(_figures(severity, some) for severity, some in by_severity if some),
        weeks=tuple(_weeks(found, since, until, where)),
        repeats=tuple(repeats(found)),
        is_whole=is_whole,
    )


def _figures(severity: Severity, cases: Sequence[Case]) -> OfSeverity:
    return OfSeverity(severity, len(cases), _times(_answers(cases), len(cases)), _times(_ends(cases), len(cases)))


def _answers(cases: Iterable[Case]) -> list[float]:
    return [(each.acknowledged_at - each.opened_at).total_seconds() for each in cases if each.acknowledged_at]


def _ends(cases: Iterable[Case]) -> list[float]:
    return [(each.resolved_at - each.began_at).total_seconds() for each in cases if each.resolved_at]


def _times(seconds: Sequence[float], of: int) -> Times:
    """A clock that was set back gives no length below zero."""
    known = [max(0.0, each) for each in seconds]
    if not known:
        return Times(0, of, None, None, None)
    return Times(len(known), of - len(known), round(fmean(known), 3), round(median(known), 3), max(known))


def _weeks(cases: Sequence[Case], since: datetime, until: datetime, where: tzinfo) -> Iterable[Week]:
    """Every week, those without an incident too."""
    by_week = defaultdict[date, list[Case]](list)
    for each in cases:
        by_week[monday(each.opened_at, where)].append(each)
    week, last = monday(since, where), monday(until, where)
    while week <= last:
        some = by_week[week]
        counts = {severity: sum(each.severity is severity for each in some) for severity in Severity}
        answer, end = _times(_answers(some), len(some)), _times(_ends(some), len(some))
        yield Week(week, counts, answer.mean_seconds, end.mean_seconds)
        week += timedelta(weeks=1)


def monday(at: datetime, where: tzinfo) -> date:
    """The first day of its week, by the calendar there."""
    day = at.astimezone(where).date()
    return day - timedelta(days=day.weekday())


def repeats(cases: Sequence[Case]) -> list[Repeat]:
    """What several incidents (newest first) have in common, the most frequent first; of each kind 20 at most."""
    groups = defaultdict[tuple[By, str], list[Case]](list)
    for each in cases:
        for key in _keys(each):
            groups[key].append(each)
    found = [
        Repeat(by, name, tuple(each.incident for each in some), some[0].opened_at)
        for (by, name), some in groups.items()
        if len(some) > 1
    ]
    found.sort(key=lambda each: (list(By).index(each.by), -len(each.incidents), each.name))
    return [each for by in By for each in [one for one in found if one.by is by][:_MOST]]


def _keys(case: Case) -> Iterable[tuple[By, str]]:
    if template := cause_template(case.root_cause):
        yield By.CAUSE, template
    yield from ((By.RULE, each) for each in dict.fromkeys(case.rules))
    yield from ((By.TAG, each) for each in dict.fromkeys(each.lower() for each in case.tags))
    yield from ((By.SERVICE, each) for each in dict.fromkeys(case.services))


def cause_template(text: str) -> str:
    """The first line in small letters, with `#` for numbers: what differs only in a version or a count is the same."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return _BLANK.sub(" ", _DIGITS.sub("#", first.lower())).strip()[:_LONGEST]
