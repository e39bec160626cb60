"""Text for people: durations, sizes, ages, counts, and text from outside made safe for a terminal."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from accelerapp.base import errors

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def parse_duration(text: str) -> timedelta:
    """`15m`, `2h`, `1h30m`, `1.5d`; units ms, s, m, h, d, w. Raises WrongUseError for anything else."""
    parts = _DURATION.findall(text)
    if not parts or _DURATION.sub("", text).strip():
        raise errors.WrongUseError(f"'{text}' is not a duration.", mend="Write it like 15m, 2h, 1h30m or 1d.")
    try:
        return timedelta(seconds=sum(float(number) * _SECONDS[unit.lower()] for number, unit in parts))
    except OverflowError as error:
        raise errors.WrongUseError(f"'{text}' is too long a duration.") from error


def parse_size(text: str) -> int:
    """Bytes in `256M`, `256Mi`, `1.5 GiB`, `800k`; the letters are powers of 1024. Raises WrongUseError."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise errors.WrongUseError(f"'{text}' is not a size.", mend="Write it like 256M or 2G.")
    return int(float(match[1]) * 1024 ** " kmgt".index(match[2].lower() or " "))


def size(count: float) -> str:
    """Bytes for people: `0 B`, `812 KiB`, `1.5 GiB`."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.3g} {unit}"
        value /= 1024
    return f"{value:.3g} TiB"


def duration(seconds: float) -> str:
    """A length of time in at most two units: `350 ms`, `12 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.3g} s"
    whole = round(seconds)
    for name, unit, lower_name, lower in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= unit:
            rest = whole % unit // lower
            return f"{whole // unit} {name}" + (f" {rest} {lower_name}" if rest else "")
    return f"{whole} s"


def ago(then: datetime, now: datetime) -> str:
    """`5 min ago`, `just now`, or `in 3 min` for a time to come."""
    seconds = (now - then).total_seconds()
    if abs(seconds) < 1:
        return "just now"
    return f"{duration(seconds)} ago" if seconds > 0 else f"in {duration(-seconds)}"


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 error`, `2 errors`, `1,200 errors`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def printable(text: str, limit: int = 2000) -> str:
    """Text from outside for a terminal: no control or direction characters, no more than `limit` characters."""
    clean = _CONTROL.sub("\ufffd", text)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
