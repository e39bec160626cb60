"""Who is on call at an instant and in a span, and when nobody is. Pure.

The layers of a rank are laid over one another in their order, and the overrides over them in the order in which they
were made. So every moment has one holder, or is in a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from accelerapp.base.ids import PersonName
from accelerapp.oncall import rotation, zones
from accelerapp.oncall.model import Gap, OnCall, Override, Rank, Schedule, Shift
from accelerapp.oncall.rotation import Piece

_SOON = timedelta(days=90)
_EDGE = timedelta(days=2)
_INSTANT = timedelta(microseconds=1)


def reach(schedule: Schedule) -> timedelta:
    """How far outside a span it has to be looked, so that the shifts at its edges are whole."""
    return timedelta(days=max((layer.turn_days for layer in schedule.layers), default=0)) + _EDGE


def ranks(schedule: Schedule) -> list[Rank]:
    """The ranks that the schedule has layers for."""
    return [rank for rank in Rank if any(layer.rank is rank for layer in schedule.layers)]


def shifts(
    schedule: Schedule, overrides: Iterable[Override], rank: Rank, start: datetime, end: datetime
) -> list[Shift]:
    """The shifts that reach into the span, in order and whole, also over its edges.

    `overrides` are all of the schedule that reach into the span or `reach(schedule)` around it; a turn that is handed
    over from somebody to themselves is two shifts. Raises WrongUseError for a zone that is not known.
    """
    margin = reach(schedule)
    found = _pieces(schedule, overrides, rank, start - margin, end + margin)
    return [
        Shift(schedule.name, rank, piece.person, piece.starts_at, piece.ends_at, piece.source)
        for piece in found
        if piece.starts_at < end and piece.ends_at > start
    ]


def _pieces(
    schedule: Schedule, overrides: Iterable[Override], rank: Rank, start: datetime, end: datetime
) -> list[Piece]:
    where, holidays = zones.zone(schedule.zone), {holiday.day for holiday in schedule.holidays}
    found: list[Piece] = []
    for layer in schedule.layers:
        if layer.rank is rank:
            found = rotation.laid_over(found, rotation.pieces(layer, holidays, where, start, end))
    mine = [each for each in overrides if each.schedule == schedule.name and each.rank is rank]
    for each in sorted(mine, key=lambda one: (one.made_at, one.id)):
        found = rotation.laid_over(found, [_piece(each)])
    return found


def _piece(override: Override) -> Piece:
    source = f"swap {override.swap}" if override.swap else f"override {override.id}"
    return Piece(override.starts_at, override.ends_at, override.person, source)


def within(found: Sequence[Shift], start: datetime, end: datetime) -> list[Shift]:
    """The shifts cut to the span."""
    cut = [replace(each, starts_at=max(each.starts_at, start), ends_at=min(each.ends_at, end)) for each in found]
    return [each for each in cut if each.starts_at < each.ends_at]


def holder(schedule: Schedule, overrides: Iterable[Override], rank: Rank, at: datetime) -> Shift | None:
    """The shift of whoever is on call at this instant; None: nobody is."""
    found = shifts(schedule, overrides, rank, at, at + _INSTANT)
    return next((each for each in found if each.starts_at <= at < each.ends_at), None)


def on_call(schedule: Schedule, overrides: Sequence[Override], rank: Rank, at: datetime) -> OnCall:
    """Who is, and whose shift begins next within 90 days; of somebody else if there is one."""
    found = shifts(schedule, overrides, rank, at, at + _SOON)
    now = next((each for each in found if each.starts_at <= at < each.ends_at), None)
    later = [each for each in found if each.starts_at > at]
    others = [each for each in later if now is None or each.person != now.person]
    return OnCall(schedule.name, rank, at, schedule.zone, now, next(iter(others or later), None))


def gaps(found: Sequence[Shift], schedule: Schedule, rank: Rank, start: datetime, end: datetime) -> list[Gap]:
    """When nobody has the shift, of the shifts that reach into the span."""
    missing: list[Gap] = []
    reached = start
    for each in within(found, start, end):
        if each.starts_at > reached:
            missing.append(Gap(schedule.name, rank, reached, each.starts_at))
        reached = max(reached, each.ends_at)
    if reached < end:
        missing.append(Gap(schedule.name, rank, reached, end))
    return missing


def members(schedule: Schedule, rank: Rank | None = None) -> list[PersonName]:
    """Everybody in its layers, in their order, once."""
    layers = [layer for layer in schedule.layers if rank in (None, layer.rank)]
    return list(dict.fromkeys(name for layer in layers for name in layer.members))
