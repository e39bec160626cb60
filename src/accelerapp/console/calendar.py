"""A month of a schedule as weeks of days: who begins when, who goes on, and when nobody is on call. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accelerapp.base.ids import PersonName
from accelerapp.oncall import service, zones
from accelerapp.oncall.model import Rank, Schedule, Shift

_DAY = timedelta(days=1)
_WEEK = 7
_NOBODY = PersonName("")


@dataclass(frozen=True)
class Part:
    """Somebody's part of a day, or a gap: `person` is empty. `begins` is empty when it goes on from the day before."""

    rank: Rank
    person: str
    begins: str
    ends: str
    source: str = ""


@dataclass(frozen=True)
class Day:
    """A day and its parts, the primary's first."""

    on: date
    is_today: bool
    is_other_month: bool
    holiday: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Month:
    """Whole weeks, Monday first, in the schedule's zone."""

    first: date
    weeks: tuple[tuple[Day, ...], ...]

    @property
    def before(self) -> str:
        """The month before, `2026-11`."""
        return f"{self.first - _DAY:%Y-%m}"

    @property
    def after(self) -> str:
        """The month after."""
        return f"{self.first + 31 * _DAY:%Y-%m}"


def month_of(written: str, now: datetime, where: ZoneInfo) -> date:
    """The first day of `2026-12`; of the present month when it is not written so, or is ten years away."""
    today = zones.day_of(now, where)
    try:
        found = date.fromisoformat(f"{written}-01")
    except ValueError:
        return today.replace(day=1)
    return found if abs(found.year - today.year) <= 9 else today.replace(day=1)


def span(first: date, where: ZoneInfo) -> tuple[datetime, datetime]:
    """From the Monday of its first week to the end of its last, as moments."""
    begin = first - timedelta(days=first.weekday())
    last = (first + 31 * _DAY).replace(day=1) - _DAY
    end = last + timedelta(days=_WEEK - last.weekday())
    return zones.moment(begin, time(), where), zones.moment(end, time(), where)


def month(schedule: Schedule, shifts: Sequence[Shift], first: date, now: datetime) -> Month:
    """The month, of shifts that reach into its `span`."""
    where = zones.zone(schedule.zone)
    start, end = span(first, where)
    begin = zones.day_of(start, where)
    days = [begin + offset * _DAY for offset in range((zones.day_of(end, where) - begin).days)]
    found = [_day(schedule, shifts, each, first, now) for each in days]
    return Month(first, tuple(tuple(found[index : index + _WEEK]) for index in range(0, len(found), _WEEK)))


def _day(schedule: Schedule, shifts: Sequence[Shift], on: date, first: date, now: datetime) -> Day:
    where = zones.zone(schedule.zone)
    starts, ends = zones.moment(on, time(), where), zones.moment(on + _DAY, time(), where)
    parts: list[Part] = []
    for rank in service.ranks(schedule):
        mine = [each for each in shifts if each.rank is rank and each.starts_at < ends and each.ends_at > starts]
        gaps = service.gaps(mine, schedule, rank, starts, ends) if starts < ends else []
        whole = [*mine, *(Shift(schedule.name, rank, _NOBODY, gap.starts_at, gap.ends_at) for gap in gaps)]
        parts += [_part(each, starts, ends, where) for each in sorted(whole, key=lambda each: each.starts_at)]
    holiday = next((each.name or "Holiday" for each in schedule.holidays if each.day == on), "")
    return Day(on, zones.day_of(now, where) == on, on.month != first.month, holiday, tuple(parts))


def _part(shift: Shift, starts: datetime, ends: datetime, where: ZoneInfo) -> Part:
    begins = f"{shift.starts_at.astimezone(where):%H:%M}" if shift.starts_at > starts else ""
    over = f"{shift.ends_at.astimezone(where):%H:%M}" if shift.ends_at < ends else ""
    return Part(shift.rank, shift.person, begins, over, shift.source)


def wall(at: datetime, zone: str) -> str:
    """`Fri 4 Dec, 17:00`."""
    local = at.astimezone(zones.zone(zone))
    return f"{local:%a} {local.day} {local:%b, %H:%M}"


def moment(written: str, zone: str) -> datetime:
    """What a form's `2026-12-04T17:00` means in that zone. Raises ValueError."""
    found = datetime.fromisoformat(written)
    return found.astimezone(UTC) if found.tzinfo else zones.moment(found.date(), found.time(), zones.zone(zone))
