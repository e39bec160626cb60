"""What is wrong with on-call, told once a day to the leads; when nothing is, nobody is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from accelerapp.base import text
from accelerapp.base.clock import Clock
from accelerapp.base.ids import PersonName
from accelerapp.flows import noticing
from accelerapp.flows.noticing import Notice
from accelerapp.flows.paging import Work
from accelerapp.oncall import zones
from accelerapp.oncall.model import Book, Remark

LOOK = timedelta(days=30)
"""How far ahead gaps are looked for."""
_MOST = 40


def notice(wrong: Sequence[Remark], key: str) -> Notice:
    """What is told: a line for each, with the mend."""
    lines = [text.printable(f"- {each.subject}: {each.text} {each.mend}".rstrip(), 500) for each in wrong[:_MOST]]
    more = [f"and {len(wrong) - _MOST} more: `accelerapp oncall check` lists them."] if len(wrong) > _MOST else []
    are = "is" if len(wrong) == 1 else "are"
    return Notice(key, f"{text.count(len(wrong), 'thing')} {are} wrong with on-call", "\n".join([*lines, *more]))


def key(book: Book, person: PersonName, at: time, now: datetime) -> str:
    """Of the report of the day, by the person's clock; empty: it is too early in their day."""
    where = zones.known_or_utc(book.people[person].zone)
    day = zones.day_of(now, where)
    return f"report {day}" if now >= zones.moment(day, at, where) else ""


@dataclass(frozen=True)
class Reporting:
    """Wired to stores. `wake` tells the sender of this process that there is something to send."""

    reading: Work
    writing: Work
    clock: Clock
    wake: Callable[[], None]
    remarks: Callable[[timedelta], Sequence[Remark]]
    """What should be known, so far ahead."""
    at: time | None = time(9)
    """When they are told, by their own clock; None: never."""

    def send(self) -> list[PersonName]:
        """Tell those who were not told today."""
        now = self.clock.now()
        due = self._due(now)
        wrong = [each for each in self.remarks(LOOK) if each.is_wrong] if due else []
        if not wrong:
            return []
        with self.writing() as stores:
            told = [
                name
                for person, found in due.items()
                for name in noticing.send(stores, notice(wrong, found), [person], now)
            ]
        self.wake()
        return told

    def _due(self, now: datetime) -> dict[PersonName, str]:
        if self.at is None:
            return {}
        with self.reading() as stores:
            book = stores.oncall.book()
            keys = {person: key(book, person, self.at, now) for person in noticing.leads(book, now)}
            return {
                person: found
                for person, found in keys.items()
                if found and not noticing.was_sent(stores, Notice(found, ""), person)
            }
