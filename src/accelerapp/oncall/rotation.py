"""One layer of a schedule: whose turn it is when, cut to the layer's hours and holidays. Pure.

Leaves: `Piece`s in order, without overlap; between them the layer names nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accelerapp.base.ids import PersonName
from accelerapp.oncall import zones
from accelerapp.oncall.model import Hours, Layer, OnHolidays

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Piece:
    """Somebody's time, and why it is theirs."""

    starts_at: datetime
    ends_at: datetime
    person: PersonName
    source: str


def pieces(layer: Layer, holidays: Collection[date], where: ZoneInfo, start: datetime, end: datetime) -> list[Piece]:
    """What the layer says of every turn that reaches into the span; the turns are whole, also over its edges."""
    return [
        piece
        for turn, first, last in _turns(layer, where, start, end)
        for piece in _within(turn, _windows(layer, holidays, where, first, last))
    ]


def first_handoff(layer: Layer) -> date:
    """The day on which the first turn begins."""
    if layer.turn_days % 7:
        return layer.starts_on
    return layer.starts_on + timedelta(days=(layer.weekday - layer.starts_on.weekday()) % 7)


def _turns(layer: Layer, where: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[Piece, date, date]]:
    """Each turn with its first and last day."""
    if not layer.members:
        return
    first, length = first_handoff(layer), timedelta(days=layer.turn_days)
    # One turn early: the wall clock decides at which moment of its day a turn begins.
    number = max(0, (zones.day_of(start, where) - first) // length - 1)
    while True:
        begins_on = first + number * length
        begins = zones.moment(begins_on, layer.at, where)
        if begins >= end:
            return
        ends = zones.moment(begins_on + length, layer.at, where)
        if ends > start and ends > begins:
            person = layer.members[number % len(layer.members)]
            yield Piece(begins, ends, person, f"layer {layer.name}"), begins_on, begins_on + length
        number += 1


def _windows(
    layer: Layer, holidays: Collection[date], where: ZoneInfo, first: date, last: date
) -> list[tuple[datetime, datetime]] | None:
    """When the layer counts from the day before `first` to `last`, in order and joined; None: always."""
    by_day = layer.on_holidays is not OnHolidays.COUNTS
    if not layer.hours and not by_day:
        return None
    days = [first + offset * _DAY for offset in range(-1, (last - first).days + 1)]
    whole = [(zones.moment(day, time(), where), zones.moment(day + _DAY, time(), where)) for day in days]
    open_hours = [window for day in days for window in _hours_of(layer.hours, day, where)] if layer.hours else whole
    if not by_day:
        return joined(open_hours)
    wants_holidays = layer.on_holidays is OnHolidays.ONLY
    counted = [window for day, window in zip(days, whole, strict=True) if (day in holidays) is wants_holidays]
    return _common(joined(open_hours), joined(counted))


def _hours_of(hours: Sequence[Hours], day: date, where: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    for each in hours:
        if day.weekday() in each.days:
            ends_on = day if each.ends > each.starts else day + _DAY
            yield zones.moment(day, each.starts, where), zones.moment(ends_on, each.ends, where)


def joined(windows: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """In order, with those that touch or overlap made one, and the empty ones left out."""
    found: list[tuple[datetime, datetime]] = []
    for starts, ends in sorted(window for window in windows if window[0] < window[1]):
        if found and starts <= found[-1][1]:
            found[-1] = (found[-1][0], max(ends, found[-1][1]))
        else:
            found.append((starts, ends))
    return found


def _common(
    one: Sequence[tuple[datetime, datetime]], other: Sequence[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    both = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return joined(both)


def _within(turn: Piece, windows: Sequence[tuple[datetime, datetime]] | None) -> Iterator[Piece]:
    if windows is None:
        yield turn
        return
    for starts, ends in windows:
        starts, ends = max(starts, turn.starts_at), min(ends, turn.ends_at)
        if starts < ends:
            yield replace(turn, starts_at=starts, ends_at=ends)


def laid_over(under: Sequence[Piece], over: Sequence[Piece]) -> list[Piece]:
    """All of `over`, and what it leaves of `under`; both are in order and without overlap, and so is the result."""
    found, index = list(over), 0
    for piece in under:
        starts = piece.starts_at
        while index < len(over) and over[index].ends_at <= starts:
            index += 1
        ahead = index
        while ahead < len(over) and over[ahead].starts_at < piece.ends_at:
            if starts < over[ahead].starts_at:
                found.append(replace(piece, starts_at=starts, ends_at=over[ahead].starts_at))
            starts = max(starts, over[ahead].ends_at)
            ahead += 1
        if starts < piece.ends_at:
            found.append(replace(piece, starts_at=starts))
    return sorted(found, key=lambda each: each.starts_at)
