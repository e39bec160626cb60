"""How every source tells what changed: one line each, the newest of many, and what could not be looked at. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accelerapp.base import text
from accelerapp.incidents.changes import Change, ChangeKind, Place, Question
from accelerapp.incidents.model import Evidence

_LINE = 300
_MOST = 30
"""Changes of one source: more of them would hide the others."""


@dataclass(frozen=True)
class Told:
    """What a source found; `note`: what it could not look at, as a sentence."""

    changes: tuple[Change, ...]
    note: str = ""


def is_within(at: datetime, question: Question) -> bool:
    """Is it of the time that was asked about?"""
    return question.since <= at <= question.until


def change(
    at: datetime,
    kind: ChangeKind,
    subject: str,
    told: str,
    by: str = "",
    place: Place = Place.SERVICE,
    details: Iterable[str] = (),
    evidence: tuple[Evidence, ...] = (),
) -> Change:
    """A change with texts that are harmless; see `Change`."""
    shown = tuple(_line(each) for each in details)
    return Change(at, kind, subject, _line(told), _line(by), place, shown, evidence)


def _line(said: str) -> str:
    """One line, harmless and not too long."""
    return text.printable(" ".join(said.split()), _LINE)


def newest(found: Iterable[Change], note: str = "") -> Told:
    """What a source tells: the newest, when there are many, and how many others there are."""
    all_of_them = sorted(found, key=lambda each: each.at, reverse=True)
    left = len(all_of_them) - _MOST
    more = f"{text.count(left, 'older one')} left out." if left > 0 else ""
    return Told(tuple(all_of_them[:_MOST]), " ".join(each for each in (note, more) if each))


def together(some: Iterable[Told]) -> Told:
    """What several told, as one."""
    known = list(some)
    notes = " ".join(each.note for each in known if each.note)
    return newest((change for each in known for change in each.changes), notes)
