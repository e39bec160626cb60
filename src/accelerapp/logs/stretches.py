"""What people name as a stretch of a service's log: two times, two ages, or a release. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from accelerapp.base import errors, text
from accelerapp.platforms.interface import Revision

_AGE = r"\d+(?:\.\d+)?\s*(?:ms|s|m|h|d|w)"
_AGES = re.compile(rf"((?:{_AGE})+)\.\.((?:{_AGE})+|now|)", re.IGNORECASE)
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
_TIMES = re.compile(rf"({_TIME})/({_TIME}|\d\d:\d\d(?::\d\d)?|now)")
_MEND = "Write it like 2h..1h (ages), 1h..now, or 2026-11-24T09:00/10:00 (UTC unless it says otherwise)."


@dataclass(frozen=True)
class Wanted:
    """One side of a comparison as it was named: a window, or a release."""

    window: str = ""
    release: str = ""


@dataclass(frozen=True)
class Stretch:
    """From when to when, and how it is called."""

    name: str
    since: datetime
    until: datetime


def is_window(word: str) -> bool:
    """Does this read as a window, rather than as a file?"""
    return bool(_AGES.fullmatch(word.strip()) or _TIMES.fullmatch(word.strip()))


def parse(word: str, now: datetime) -> Stretch:
    """`2h..1h`, `1h..now`, `2026-11-24T09:00/10:00`. Raises WrongUseError for anything else and for an empty one."""
    word = word.strip()
    if ages := _AGES.fullmatch(word):
        since = _ago(ages[1], now)
        until = _ago(ages[2], now) if ages[2].lower() not in ("", "now") else now
    elif times := _TIMES.fullmatch(word):
        since = _time(times[1], word)
        until = _end(times[2], since, now, word)
    else:
        raise errors.WrongUseError(f"'{word}' is not a window of time.", mend=_MEND)
    if since >= until:
        raise errors.WrongUseError(f"The window '{word}' ends before it begins.", mend=_MEND)
    if since >= now:
        raise errors.WrongUseError(f"The window '{word}' is still to come.")
    return Stretch(word, since, until)


def _ago(age: str, now: datetime) -> datetime:
    try:
        return now - text.parse_duration(age)
    except OverflowError as error:
        raise errors.WrongUseError(f"'{age}' ago is before all time.") from error


def _time(word: str, window: str) -> datetime:
    try:
        found = datetime.fromisoformat(word)
    except ValueError as error:
        raise errors.WrongUseError(f"'{word}' in '{window}' is not a time.", mend=_MEND) from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _end(word: str, since: datetime, now: datetime, window: str) -> datetime:
    if word == "now":
        return now
    if "-" in word:
        return _time(word, window)
    try:
        at = datetime.combine(since.date(), time.fromisoformat(word), UTC)
    except ValueError as error:
        raise errors.WrongUseError(f"'{word}' in '{window}' is not a time.", mend=_MEND) from error
    return at if at > since else at + timedelta(days=1)


def of_release(version: str, revisions: Sequence[Revision], now: datetime) -> Stretch:
    """When a release was last the wanted one. `revisions` come newest first. Raises NotFoundError."""
    until = now
    begun: Revision | None = None
    for revision in revisions:
        if revision.version == version:
            begun = revision
        elif begun is not None:
            break
        else:
            until = revision.at
    if begun is None:
        known = ", ".join(dict.fromkeys(revision.version for revision in revisions)) or "none"
        raise errors.NotFoundError(f"Release {version} was never wanted here.", mend=f"Known ones: {known}.")
    return Stretch(f"release {version}", begun.at, until)
