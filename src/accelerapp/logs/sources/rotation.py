"""Rotated logs: which names belong together, and which of them is the oldest. Pure.

`app.log.2.gz`, `app.log.1`, `app.log` are one log, in this order; so are `app.log-20261123.gz` and `app.log`, and
`app-2026-11-23.log` and `app.log`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

_PACKED = re.compile(r"\.(?:gz|zst|zstd)$")
_NUMBER = re.compile(r"\.(\d{1,4})$")
_DATE = re.compile(r"[.-](\d{4}-\d\d-\d\d|\d{8})(?:[-_T.]?(\d{1,10}))?(?=$|\.(?:log|txt|json|jsonl|out|err)$)")

T = TypeVar("T")


@dataclass(frozen=True, order=True)
class Place:
    """Where a file stands in its log, oldest first: dated, numbered, packed without either, live."""

    rank: int
    date: str = ""
    number: int = 0


def place(name: str) -> tuple[str, Place]:
    """The log that a file belongs to, by the name of its live file, and the file's place in it."""
    plain = _PACKED.sub("", name)
    date = _DATE.search(plain)
    if date is not None and _is_name(plain[: date.start()]):
        base = plain[: date.start()] + plain[date.end() :]
        return base, Place(0, date[1].replace("-", ""), int(date[2] or 0))
    number = _NUMBER.search(plain)
    if number is not None and _is_name(plain[: number.start()]):
        return plain[: number.start()], Place(1, "", -int(number[1]))
    return plain, Place(3 if plain == name else 2)


def _is_name(stem: str) -> bool:
    """Is it a name with a letter, and not an address such as 10.0.0.1?"""
    return re.search(r"[A-Za-z]", stem.rsplit("/", 1)[-1]) is not None


def sets(items: Iterable[T], name: Callable[[T], str]) -> list[tuple[str, list[T]]]:
    """The items by log, the logs by name, each log's items oldest first.

    A rotated file beside its own packed form is being packed right now: it is taken once, as it is.
    """
    found: dict[str, dict[Place, T]] = {}
    for item in sorted(items, key=lambda item: (len(name(item)), name(item))):
        base, where = place(name(item))
        found.setdefault(base, {}).setdefault(where, item)
    return [(base, [places[where] for where in sorted(places)]) for base, places in sorted(found.items())]
