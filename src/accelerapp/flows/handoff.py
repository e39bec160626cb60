"""Handoffs: who comes on call and who goes hear of it, with a brief of what is going on.

A handoff is a shift of somebody else than the one before, also by an override or a swap. One that is shorter than two
hours is not worth a message, and neither is one that began more than half a day ago.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.alerts.store import Filter
from accelerapp.base import errors, side_by_side, text
from accelerapp.base.clock import Clock
from accelerapp.base.ids import PersonName
from accelerapp.flows import handoff_brief, noticing
from accelerapp.flows.handoff_brief import Brief, Facts
from accelerapp.flows.noticing import Notice
from accelerapp.flows.paging import Stores, Work
from accelerapp.oncall import service
from accelerapp.oncall.model import Book, OnCall, Override, Rank, Schedule, Shift
from accelerapp.platforms.interface import Revision

SHORTEST = timedelta(hours=2)
LATEST = timedelta(hours=12)
_AROUND = timedelta(days=31)
"""How far it is looked for who was on call before, and until when a shift goes on."""
_ALERTS = 5000
"""The newest of them are looked at for those that open often."""
_TIMEOUT = 10.0


@dataclass(frozen=True)
class Handoff:
    """`shift` begins, and `before` goes; None: nobody was on call. `zone` is that of the schedule."""

    shift: Shift
    before: PersonName | None
    zone: str

    @property
    def key(self) -> str:
        """The same however often it is found, and with whatever layers it came about."""
        shift = self.shift
        return f"handoff {shift.schedule} {shift.rank} {shift.starts_at.isoformat()} {self.before or ''}>{shift.person}"


# -- pure --------------------------------------------------------------------------------------------------------------


def handoffs(book: Book, overrides: Sequence[Override], at: datetime) -> list[Handoff]:
    """Those whose shift holds at this moment. A schedule in a zone that is not known has none."""
    return [
        found
        for schedule in book.schedules.values()
        for rank in service.ranks(schedule)
        if (found := _handoff(schedule, rank, overrides, at))
    ]


def _handoff(schedule: Schedule, rank: Rank, overrides: Sequence[Override], at: datetime) -> Handoff | None:
    try:
        found = _joined(service.shifts(schedule, overrides, rank, at - _AROUND, at + _AROUND))
        shifts = [each for each in found if each.ends_at - each.starts_at >= SHORTEST]
    except errors.WrongUseError:  # a zone that is not known here; the report of what is wrong tells it
        return None
    index = next((index for index, each in enumerate(shifts) if each.starts_at <= at < each.ends_at), None)
    if index is None:
        return None
    shift, before = shifts[index], shifts[index - 1].person if index else None
    if shift.person == before or shift.starts_at < at - LATEST:
        return None
    return Handoff(shift, before, schedule.zone)


def _joined(shifts: Iterable[Shift]) -> Iterator[Shift]:
    """Shifts of the same person that touch are one."""
    held: Shift | None = None
    for each in shifts:
        if held and held.person == each.person and held.ends_at >= each.starts_at:
            held = replace(held, ends_at=each.ends_at)
            continue
        if held:
            yield held
        held = each
    if held:
        yield held


def _told(handoff: Handoff) -> list[tuple[str, PersonName]]:
    """Whom it concerns: the key of the notice for each."""
    goes = [(f"{handoff.key} goes", handoff.before)] if handoff.before else []
    return [(f"{handoff.key} comes", handoff.shift.person), *goes]


def notices(handoff: Handoff, facts: Facts, now: datetime) -> list[tuple[Notice, PersonName]]:
    """What is told to whom."""
    given = (handoff.shift, handoff.zone, handoff.before or "", facts, now)
    briefs = [handoff_brief.comes(*given), handoff_brief.goes(*given)]
    told = zip(_told(handoff), briefs, strict=False)
    return [(Notice(key, brief.title, brief.body), person) for (key, person), brief in told]


# -- the verbs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Handoffs:
    """Wired to stores and platforms. `wake` tells the sender of this process that there is something to send."""

    reading: Work
    writing: Work
    clock: Clock
    wake: Callable[[], None]
    revisions: Mapping[str, Callable[[], Sequence[Revision]]]
    """Of each service. Raises CannotTellError."""
    asker: side_by_side.SideBySide
    now_on_call: Callable[[str], list[OnCall]]
    before: timedelta | None = timedelta()
    """How long before the handoff they are told; None: never."""

    def brief(self, name: str = "") -> Brief:
        """As of now, of one schedule or of all. Raises NotFoundError."""
        found = self.now_on_call(name)
        return handoff_brief.standing(found, self.facts(), self.clock.now())

    def send(self) -> list[PersonName]:
        """Tell those who were not told yet; nothing is asked or written when there is nobody."""
        if self.before is None:
            return []
        now = self.clock.now()
        due = self.due(now + self.before, now)
        return self.tell(due, now) if due else []

    def tell(self, due: Sequence[Handoff], now: datetime) -> list[PersonName]:
        """Tell of these; of two who do it at once, one does."""
        facts = self.facts()
        with self.writing() as stores:
            made = [pair for each in due for pair in notices(each, facts, now)]
            told = [name for notice, person in made for name in noticing.send(stores, notice, [person], now)]
        self.wake()
        return told

    def due(self, at: datetime, now: datetime) -> list[Handoff]:
        """Those whose shift holds at `at` and that somebody is still to hear of."""
        with self.reading() as stores:
            book = stores.oncall.book()
            reach = max((service.reach(each) for each in book.schedules.values()), default=timedelta()) + _AROUND
            found = handoffs(book, stores.oncall.overrides(at - reach, at + reach), at)
            return [each for each in found if _is_news(stores, each, book, now)]

    def facts(self) -> Facts:
        """What there is to tell now. A service that does not answer in 10 seconds is named as unknown."""
        now = self.clock.now()
        with self.reading() as stores:
            incidents, silences = stores.incidents.find(is_open=True), stores.silences.unclosed()
            flaky = handoff_brief.flaky(stores.alerts.find(Filter(limit=_ALERTS)), now)
        asked = {f"revisions of {name}": ask for name, ask in self.revisions.items()}
        outcomes = dict(zip(self.revisions, self.asker.ask(asked, _TIMEOUT).values(), strict=True))
        known = {name: each.value for name, each in outcomes.items() if isinstance(each, side_by_side.Answered)}
        unknown = {name: _why(each) for name, each in outcomes.items() if not isinstance(each, side_by_side.Answered)}
        return Facts(incidents, silences, flaky, known, unknown)


def _is_news(stores: Stores, handoff: Handoff, book: Book, now: datetime) -> bool:
    """Is there anybody who can be told and was not?"""
    return any(
        noticing.can_be_told(book, person, now) and not noticing.was_sent(stores, Notice(key, ""), person)
        for key, person in _told(handoff)
    )


def _why(outcome: side_by_side.Failed | side_by_side.Silent) -> str:
    if isinstance(outcome, side_by_side.Silent):
        return f"no answer within {text.duration(outcome.seconds)}"
    error = outcome.error
    return error.message if isinstance(error, errors.AccelerappError) else f"{type(error).__name__}: {error}"
