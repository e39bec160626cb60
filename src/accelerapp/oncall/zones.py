"""Time zones: from the wall clock to the one moment that is meant. Pure.

A wall time that the clock jumps over is the moment of the jump; one that comes twice is the first. So the order of wall
times is the order of moments, and windows that fit together on the wall fit together in fact.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from accelerapp.base import errors

_SECOND = timedelta(seconds=1)


def zone(name: str) -> ZoneInfo:
    """The zone of this name, such as `Europe/Berlin`. Raises WrongUseError."""
    try:
        return _zone(name)
    except (KeyError, ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError; a folder gives an OSError
        raise errors.WrongUseError(
            f"'{name[:60]}' is not a time zone.", mend="Name one of the IANA list, such as Europe/Berlin or UTC."
        ) from error


def known_or_utc(name: str) -> ZoneInfo:
    """The zone of this name; UTC, when it is not known here: what is due by the clock there is not left out."""
    try:
        return zone(name)
    except errors.WrongUseError:
        return zone("UTC")


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def moment(day: date, at: time, where: ZoneInfo) -> datetime:
    """When the clock on the wall there shows `at` on that day, in UTC."""
    return _moment(day, at, where)


@lru_cache(maxsize=4096)
def _moment(day: date, at: time, where: ZoneInfo) -> datetime:
    wall = datetime.combine(day, at, where)
    early = wall.replace(fold=0).astimezone(UTC)
    late = wall.replace(fold=1).astimezone(UTC)
    # In a jump the offset from before it (fold 0) gives the later of the two moments; the jump lies between them.
    return _jump(late, early, where) if late < early else early


def _jump(before: datetime, after: datetime, where: ZoneInfo) -> datetime:
    """The first second between the two that has the offset of the second one."""
    wanted = after.astimezone(where).utcoffset()
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if middle.astimezone(where).utcoffset() == wanted:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


def last_weekly(weekday: int, at: time, where: ZoneInfo, now: datetime) -> datetime:
    """The last moment until now at which it was that time on that day of the week there; Monday is 0."""
    today = day_of(now, where)
    days = (today - timedelta(days=back) for back in range(8))
    return next(found for day in days if day.weekday() == weekday and (found := moment(day, at, where)) <= now)


def day_of(at: datetime, where: ZoneInfo) -> date:
    """The day on the calendar there."""
    return at.astimezone(where).date()
