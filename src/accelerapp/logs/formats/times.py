"""The time stamps that logs begin with. A time without a zone is UTC; one without a year or a day is taken as the last
such moment before a reference time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number + 1 for number, name in enumerate(_NAMES)}
_MONTH = "(?P<{0}>[A-Z][a-z]{{2}})"
_CLOCK = r"(?P<h{0}>\d\d):(?P<m{0}>\d\d):(?P<s{0}>\d\d)(?:[.,:](?P<f{0}>\d{{1,9}}))?"
_ZONE = r"(?:\s?(?P<z{0}>Z|UTC|GMT|[+-]\d\d:?\d\d)(?![\w:]))?"
_ISO = r"(?P<y1>\d{4})[-/.](?P<mo1>\d\d)[-/.](?P<d1>\d\d)[T _]" + _CLOCK.format(1) + _ZONE.format(1)
_APACHE = r"(?P<d2>\d\d)[/ -]" + _MONTH.format("mo2") + r"[/ -](?P<y2>\d{4})[: ]" + _CLOCK.format(2) + _ZONE.format(2)
_CTIME = (
    r"(?:[A-Z][a-z]{2},? )?"
    + _MONTH.format("mo3")
    + r" {1,2}(?P<d3>\d{1,2}) "
    + _CLOCK.format(3)
    + r"(?: (?P<y3>\d{4}))?"
)
_COMPACT = r"(?P<y4>\d\d)(?P<mo4>\d\d)(?P<d4>\d\d) (?P<h4>\d\d)(?P<m4>\d\d)(?P<s4>\d\d)(?=\s)"
_EPOCH = r"(?P<e>1\d{9})(?:(?P<ems>\d{3})|\.(?P<ef>\d{1,9}))?(?=[\s\]:,])"
_SHORT = r"(?P<y5>\d\d)/(?P<mo5>\d\d)/(?P<d5>\d\d) " + _CLOCK.format(5)
_NO_YEAR = r"(?P<mo7>\d\d)-(?P<d7>\d\d) " + _CLOCK.format(7)
_TIME_ONLY = _CLOCK.format(6)
LEADING = re.compile(
    "|".join(f"(?:{form})" for form in (_ISO, _APACHE, _CTIME, _SHORT, _NO_YEAR, _COMPACT, _EPOCH, _TIME_ONLY))
)


@dataclass(frozen=True)
class Stamp:
    """A time, and whether its zone had to be assumed."""

    at: datetime
    zoneless: bool


def of_match(match: re.Match[str], reference: datetime) -> Stamp | None:
    """The time of a match of `LEADING`; None when it is no moment (the 31st of February)."""
    try:
        return _stamp(match, reference)
    except (ValueError, OverflowError):
        return None


def _stamp(match: re.Match[str], reference: datetime) -> Stamp | None:
    part = match.group
    if part("y1"):
        return _whole(match, 1, int(part("y1")), int(part("mo1")))
    if part("y2"):
        month = _MONTHS.get(part("mo2").lower())
        return _whole(match, 2, int(part("y2")), month) if month else None
    if part("mo3"):
        return _ctime(match, reference)
    if part("y5"):
        date = (2000 + int(part("y5")), int(part("mo5")), int(part("d5")))
        return Stamp(datetime(*date, **_clock(match, 5), tzinfo=UTC), True)
    if part("mo7"):
        return _yearless(int(part("mo7")), int(part("d7")), _clock(match, 7), reference)
    if part("y4"):
        year, clock = 2000 + int(part("y4")), (int(part("h4")), int(part("m4")), int(part("s4")))
        return Stamp(datetime(year, int(part("mo4")), int(part("d4")), *clock, tzinfo=UTC), True)
    if part("e"):
        fraction = float(f"0.{part('ems') or part('ef') or 0}")
        return Stamp(datetime.fromtimestamp(int(part("e")), UTC) + timedelta(seconds=fraction), False)
    day = reference.replace(**_clock(match, 6), tzinfo=UTC)
    return Stamp(day if day <= reference + timedelta(hours=1) else day - timedelta(days=1), True)


def _clock(match: re.Match[str], number: int) -> dict[str, int]:
    part = match.group
    micro = int(((part(f"f{number}") or "0") + "000000")[:6])
    second = min(int(part(f"s{number}")), 59)  # a leap second
    return {"hour": int(part(f"h{number}")), "minute": int(part(f"m{number}")), "second": second, "microsecond": micro}


def _whole(match: re.Match[str], number: int, year: int, month: int) -> Stamp:
    zone = match.group(f"z{number}")
    clock = _clock(match, number)
    at = datetime(year, month, int(match.group(f"d{number}")), **clock, tzinfo=_zone(zone))
    return Stamp(at.astimezone(UTC), zone is None)


def _ctime(match: re.Match[str], reference: datetime) -> Stamp | None:
    month = _MONTHS.get(match.group("mo3").lower())
    if month is None:
        return None
    day, clock = int(match.group("d3")), _clock(match, 3)
    if match.group("y3"):
        return Stamp(datetime(int(match.group("y3")), month, day, **clock, tzinfo=UTC), True)
    return _yearless(month, day, clock, reference)


def _yearless(month: int, day: int, clock: dict[str, int], reference: datetime) -> Stamp | None:
    for year in range(reference.year + 1, reference.year - 9, -1):  # the 29th of February may lie years back
        try:
            at = datetime(year, month, day, **clock, tzinfo=UTC)
        except ValueError:
            continue
        if at <= reference + timedelta(days=1):
            return Stamp(at, True)
    return None


@lru_cache(maxsize=256)
def _zone(text: str | None) -> timezone:
    if text is None or text in ("Z", "UTC", "GMT"):
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def of_value(value: object, reference: datetime) -> Stamp | None:
    """The time that a field of a structured record holds: a text, or seconds, milli-, micro- or nanoseconds."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _of_number(float(value))
    if not isinstance(value, str):
        return None
    match = LEADING.match(value)
    if match is not None and match.group("e") is None:
        return of_match(match, reference)
    try:
        return _of_number(float(value))
    except ValueError:
        return None


def _of_number(number: float) -> Stamp | None:
    for unit in (1, 1e3, 1e6, 1e9):
        if 1e8 <= number / unit < 1e10:
            return Stamp(datetime.fromtimestamp(number / unit, UTC), False)
    return None
