"""Shifts as a calendar that others subscribe to (RFC 5545). Pure: shifts in, bytes out.

An event's UID is the hash of person, schedule, rank and the shift's end: it stays the same from one look to the next,
so that a calendar moves an event whose start changed and does not show it twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from accelerapp.oncall.model import Shift

AHEAD = timedelta(days=366)
BACK = timedelta(days=31)
_LINE = 75  # octets, RFC 5545 section 3.1


def calendar(title: str, shifts: Iterable[Shift], now: datetime) -> bytes:
    """The whole feed: METHOD PUBLISH, CRLF, folded lines, times in UTC, an alarm an hour before each shift."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Accelerapp//On-call//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(title)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    for shift in shifts:
        lines += _event(shift, now)
    return b"".join(piece + b"\r\n" for line in [*lines, "END:VCALENDAR"] for piece in folded(line))


def uid(shift: Shift) -> str:
    """Of the event of this shift."""
    parts = (shift.person, shift.schedule, shift.rank, _stamp(shift.ends_at))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40] + "@accelerapp"


def _event(shift: Shift, now: datetime) -> Iterator[str]:
    summary = f"On call: {shift.person} ({shift.schedule}, {shift.rank})"
    yield from (
        "BEGIN:VEVENT",
        f"UID:{uid(shift)}",
        f"DTSTAMP:{_stamp(now)}",
        f"DTSTART:{_stamp(shift.starts_at)}",
        f"DTEND:{_stamp(shift.ends_at)}",
        f"SUMMARY:{_text(summary)}",
        f"DESCRIPTION:{_text(f'By {shift.source}.')}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT1H",
        f"DESCRIPTION:{_text(f'In an hour: {summary}')}",
        "END:VALARM",
        "END:VEVENT",
    )


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(said: str) -> str:
    """RFC 5545 section 3.3.11; what cannot be printed is left out."""
    clean = "".join(letter for letter in said if letter.isprintable())
    return clean.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def folded(line: str) -> Iterator[bytes]:
    """Pieces of at most 75 octets, each but the first after a space; no letter is cut in two."""
    piece = b""
    for letter in line:
        octets = letter.encode()
        if len(piece) + len(octets) > _LINE:
            yield piece
            piece = b" "
        piece += octets
    yield piece
