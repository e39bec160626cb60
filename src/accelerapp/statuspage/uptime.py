"""How much of the time a component was up: day by day, from the outages that were recorded. Pure.

As Statuspage computes it: a major outage counts whole, a partial one by 30 %, slowness and maintenance not at all.
Time in which nobody knew how it was is left out of the reckoning, and said.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from accelerapp.statuspage.model import ComponentState, Outage

DAYS = 90
WEIGHT = {ComponentState.MAJOR_OUTAGE: 1.0, ComponentState.PARTIAL_OUTAGE: 0.3}
_BAD = (ComponentState.MAJOR_OUTAGE, ComponentState.PARTIAL_OUTAGE, ComponentState.DEGRADED)
_UNKNOWN_SHARE = 0.5
"""A day of which more than this is not known says so, if nothing bad is known of it."""


@dataclass(frozen=True)
class Day:
    """One day of one component, in the page's time zone. All lengths in seconds."""

    date: date
    counted: float
    """So much of it is over, and counts."""
    major: float = 0.0
    partial: float = 0.0
    degraded: float = 0.0
    maintenance: float = 0.0
    unknown: float = 0.0

    @property
    def known(self) -> float:
        """So much of it is known."""
        return max(0.0, self.counted - self.unknown)

    @property
    def state(self) -> ComponentState | None:
        """The worst of the day; None: too little of it is known, or it does not count."""
        if self.counted <= 0:
            return None
        for state, seconds in zip(_BAD, (self.major, self.partial, self.degraded), strict=True):
            if seconds > 0:
                return state
        if self.unknown > _UNKNOWN_SHARE * self.counted:
            return None
        return ComponentState.UNDER_MAINTENANCE if self.maintenance > 0 else ComponentState.OPERATIONAL


@dataclass(frozen=True)
class Uptime:
    """The days of one component, oldest first."""

    days: tuple[Day, ...]

    @property
    def percent(self) -> float | None:
        """The share of what is known; None: nothing is."""
        known = sum(day.known for day in self.days)
        if known <= 0:
            return None
        down = sum(day.major + day.partial * WEIGHT[ComponentState.PARTIAL_OUTAGE] for day in self.days)
        return 100 * max(0.0, 1 - down / known)

    @property
    def unknown(self) -> float:
        """Seconds of which nobody knows."""
        return sum(day.unknown for day in self.days)


def compute(outages: Iterable[Outage], counts_from: datetime, now: datetime, zone: tzinfo, days: int = DAYS) -> Uptime:
    """The last days up to and with today. `outages`: of one component; they may overlap: the worst holds."""
    today = now.astimezone(zone).date()
    stretches = [_span(each, now) for each in outages]
    dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    return Uptime(tuple(_day(each, stretches, counts_from, now, zone) for each in dates))


def midnight(day: date, zone: tzinfo) -> datetime:
    """When a day begins, in UTC; days of 23 and of 25 hours are as long as they are."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


Span = tuple[datetime, datetime, ComponentState | None]


def _span(each: Outage, now: datetime) -> Span:
    return each.starts_at, min(each.ends_at or now, now), each.state


def _day(day: date, spans: Sequence[Span], counts_from: datetime, now: datetime, zone: tzinfo) -> Day:
    begin = max(midnight(day, zone), counts_from)
    end = min(midnight(day + timedelta(days=1), zone), now)
    if end <= begin:
        return Day(day, 0.0)
    inside = [(max(a, begin), min(b, end), state) for a, b, state in spans if a < end and b > begin]
    sums: dict[ComponentState | None, float] = {}
    for length, state in _worst(inside):
        sums[state] = sums.get(state, 0.0) + length
    return Day(
        day,
        (end - begin).total_seconds(),
        sums.get(ComponentState.MAJOR_OUTAGE, 0.0),
        sums.get(ComponentState.PARTIAL_OUTAGE, 0.0),
        sums.get(ComponentState.DEGRADED, 0.0),
        sums.get(ComponentState.UNDER_MAINTENANCE, 0.0),
        sums.get(None, 0.0),
    )


def _worst(spans: Sequence[Span]) -> Iterator[tuple[float, ComponentState | None]]:
    """The seconds between two edges, with the worst that is known to hold there; None: nothing is known."""
    edges = sorted({at for a, b, _ in spans for at in (a, b)})
    for begin, end in itertools.pairwise(edges):
        holding = [state for a, b, state in spans if a <= begin and b >= end]
        if holding:
            known = [state for state in holding if state is not None]
            yield (end - begin).total_seconds(), max(known, key=lambda each: each.rank, default=None)
