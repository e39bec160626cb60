"""Is a CronJob's schedule one? Pure. The format: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/."""

from __future__ import annotations

import re

_MACROS = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
_EVERY = re.compile(r"@every (?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+")
_ZONE = re.compile(r"(?:CRON_)?TZ=\S+\s+")
_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    ("day of the week", 0, 6, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)  # fmt: skip


def problem(schedule: str) -> str:
    """What is wrong with it, as a phrase; empty when nothing is."""
    bare = _ZONE.sub("", schedule.strip(), count=1)
    if bare.startswith("@"):
        return "" if bare in _MACROS or _EVERY.fullmatch(bare) else f"'{bare}' is no known shorthand"
    fields = bare.split()
    if len(fields) != len(_FIELDS):
        return f"it has {len(fields)} fields and needs 5"
    for field, (title, low, high, names) in zip(fields, _FIELDS, strict=True):
        for item in field.split(","):
            if not _fits(item, low, high, names):
                return f"'{item}' is no {title} ({low}-{high})"
    return ""


def _fits(item: str, low: int, high: int, names: tuple[str, ...]) -> bool:
    span, slash, step = item.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return False
    if span in ("*", "?"):
        return True
    first, dash, last = span.partition("-")
    numbers = [_number(each, names, low) for each in ((first, last) if dash else (first,))]
    known = [each for each in numbers if each is not None]
    return len(known) == len(numbers) and all(low <= each <= high for each in known) and known == sorted(known)


def _number(word: str, names: tuple[str, ...], low: int) -> int | None:
    if word.lower() in names:
        return names.index(word.lower()) + low
    return int(word) if word.isascii() and word.isdigit() else None
