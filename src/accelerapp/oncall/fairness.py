"""How the load of a schedule is shared: hours, nights and weekends of each. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accelerapp.base.ids import PersonName
from accelerapp.oncall import service, zones
from accelerapp.oncall.model import Load, Schedule, Shift

NIGHT_FROM, NIGHT_TO = time(22), time(6)
_DAY = timedelta(days=1)
_SATURDAY = 5
_Window = tuple[datetime, datetime]


def loads(schedule: Schedule, shifts: Sequence[Shift], start: datetime, end: datetime) -> list[Load]:
    """What each carries between start and end, by these shifts of one rank: the heaviest first.

    Members who carry nothing come last. Hours are real ones: a day on which the clock is put forward has 23.
    """
    where = zones.zone(schedule.zone)
    cut = service.within(shifts, start, end)
    people = dict.fromkeys([*service.members(schedule), *(each.person for each in cut)])
    nights, weekends = list(_each_day(_night, where, start, end)), list(_each_day(_weekend, where, start, end))
    found = [_load(schedule, name, [each for each in cut if each.person == name], nights, weekends) for name in people]
    return sorted(found, key=lambda load: -load.hours)


def _load(
    schedule: Schedule, name: PersonName, mine: Sequence[Shift], nights: Sequence[_Window], weekends: Sequence[_Window]
) -> Load:
    hours = sum(((each.ends_at - each.starts_at).total_seconds() for each in mine), 0.0) / 3600
    counted = [sum(_carries_half(mine, window) for window in windows) for windows in (nights, weekends)]
    return Load(schedule.name, name, len(mine), round(hours, 2), *counted)


def _carries_half(mine: Sequence[Shift], window: _Window) -> bool:
    starts, ends = window
    carried = (min(each.ends_at, ends) - max(each.starts_at, starts) for each in mine)
    return 2 * sum((each for each in carried if each > timedelta()), timedelta()) >= ends - starts


def _each_day(
    window: Callable[[date, ZoneInfo], _Window | None], where: ZoneInfo, start: datetime, end: datetime
) -> Iterator[_Window]:
    day = zones.day_of(start, where) - 2 * _DAY
    while day <= zones.day_of(end, where):
        found = window(day, where)
        if found and found[0] < end and found[1] > start:
            yield found
        day += _DAY


def _night(day: date, where: ZoneInfo) -> _Window | None:
    return zones.moment(day, NIGHT_FROM, where), zones.moment(day + _DAY, NIGHT_TO, where)


def _weekend(day: date, where: ZoneInfo) -> _Window | None:
    if day.weekday() != _SATURDAY:
        return None
    return zones.moment(day, time(), where), zones.moment(day + 2 * _DAY, time(), where)
