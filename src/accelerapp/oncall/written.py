"""How parts of the book are written in a file and on the command line, and read back. Pure.

`Friday 17:00`, `Mon-Fri 09:00-17:00`, `2w`, `primary shop`. What cannot be read raises `Unreadable` with the reason.
"""

from __future__ import annotations

import re
from datetime import time, timedelta

from accelerapp.base import errors, text
from accelerapp.oncall.model import Hours, QuietHours, Target, TargetKind

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EVERY_DAY = tuple(range(7))
_CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")
_UNITS = ((604_800, "w"), (86_400, "d"), (3600, "h"), (60, "m"))
_LONGEST = timedelta(days=366)


class Unreadable(ValueError):
    """`reason` ends a sentence that begins with the field; `mend` is an example."""

    def __init__(self, reason: str, mend: str = "") -> None:
        super().__init__(reason)
        self.reason, self.mend = reason, mend


def clock(written: str) -> time:
    """`17:00`; `24:00` is midnight."""
    match = _CLOCK.fullmatch(written.strip())
    if match is None or (match[1] == "24" and match[2] != "00"):
        raise Unreadable(f"'{written[:40]}' is not a time of day.", "Write it like 17:00.")
    return time(int(match[1]) % 24, int(match[2]))


def show_clock(at: time) -> str:
    """`17:00`."""
    return f"{at:%H:%M}"


def duration(written: str) -> timedelta:
    """`5m`, `1h30m`; at most a year."""
    try:
        found = text.parse_duration(written)
    except errors.WrongUseError as error:
        raise Unreadable(f"'{written[:40]}' is not a duration.", "Write it like 5m, 2h or 1d.") from error
    if found > _LONGEST:
        raise Unreadable("is longer than a year.")
    return found


def show_duration(length: timedelta) -> str:
    """`1h30m`."""
    seconds, found = round(length.total_seconds()), ""
    for size, unit in _UNITS:
        number, seconds = divmod(seconds, size)
        found += f"{number}{unit}" if number else ""
    return found + (f"{seconds}s" if seconds or not found else "")


def day(written: str) -> int:
    """`Friday`, `Fri`, `fri`: Monday is 0."""
    wanted = written.strip().lower()
    found = [index for index, name in enumerate(DAYS) if len(wanted) >= 3 and name.lower().startswith(wanted)]
    if len(found) != 1:
        raise Unreadable(f"'{written[:40]}' is not a day of the week.", "Write it like Friday or Fri.")
    return found[0]


def handoff(written: str) -> tuple[int, time]:
    """`Friday 17:00`."""
    name, _, at = written.strip().partition(" ")
    return day(name), clock(at)


def show_handoff(weekday: int, at: time) -> str:
    """`Friday 17:00`."""
    return f"{DAYS[weekday]} {show_clock(at)}"


def window(written: str) -> tuple[time, time]:
    """`22:00-07:00`."""
    starts, dash, ends = written.partition("-")
    if not dash:
        raise Unreadable(f"'{written[:40]}' does not say from when to when.", "Write it like 09:00-17:00.")
    return clock(starts), clock(ends)


def quiet(written: str) -> QuietHours:
    """`22:00-07:00`."""
    starts, ends = window(written)
    if starts == ends:
        raise Unreadable("would never end.", "Write it like 22:00-07:00.")
    return QuietHours(starts, ends)


def hours(written: str) -> Hours:
    """`Mon-Fri 09:00-17:00`, `Sat,Sun 00:00-24:00`, `22:00-06:00` on every day."""
    days, space, times = written.strip().rpartition(" ")
    return Hours(_days(days) if space else _EVERY_DAY, *window(times))


def _days(written: str) -> tuple[int, ...]:
    found: list[int] = []
    for part in written.split(","):
        first, dash, last = part.partition("-")
        begin = day(first)
        found += [(begin + step) % 7 for step in range(((day(last) if dash else begin) - begin) % 7 + 1)]
    return tuple(sorted(set(found)))


def show_hours(found: Hours) -> str:
    """`Mon,Tue 09:00-17:00`."""
    times = f"{show_clock(found.starts)}-{show_clock(found.ends)}"
    if found.days == _EVERY_DAY:
        return times
    runs = found.days == tuple(range(found.days[0], found.days[-1] + 1)) and len(found.days) > 2
    days = [DAYS[index][:3] for index in found.days]
    return f"{days[0]}-{days[-1]} {times}" if runs else f"{','.join(days)} {times}"


def turn(written: str) -> int:
    """`1w`, `2w`, `1d`: so many days."""
    length = duration(written)
    if length % timedelta(days=1) or not length:
        raise Unreadable("is not a number of whole days or weeks.", "Write it like 1w, 2w or 1d.")
    return length.days


def target(written: str) -> Target:
    """`primary shop`, `person ann`, `lead platform`, `everyone`."""
    kind, _, name = written.strip().partition(" ")
    if kind not in list(TargetKind):
        kinds = "primary SCHEDULE, secondary SCHEDULE, person NAME, lead TEAM, everyone or everyone TEAM"
        raise Unreadable(f"'{written[:60]}' names nobody.", f"Write {kinds}.")
    found = Target(TargetKind(kind), name.strip())
    if not found.name and found.kind is not TargetKind.EVERYONE:
        raise Unreadable(f"'{written[:60]}' does not say of which.", f"Write it like {kind} NAME.")
    return found


def show_target(found: Target) -> str:
    """`primary shop`."""
    return f"{found.kind} {found.name}".strip()
