"""The verbs of on-call: who is and will be, the book of people, schedules and policies, overrides and swaps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from accelerapp.base import errors
from accelerapp.base.clock import Clock
from accelerapp.base.ids import OverrideId, PersonName, ScheduleName, SwapId
from accelerapp.base.settings import channels as settings
from accelerapp.base.severity import Severity
from accelerapp.flows import carrying
from accelerapp.oncall import checking, fairness, filing, policies, service, standing_in, store, tabling
from accelerapp.oncall.model import (
    Book,
    Gap,
    Load,
    OnCall,
    Override,
    Policy,
    Rank,
    Remark,
    Schedule,
    Shift,
    Swap,
    SwapState,
    Target,
)
from accelerapp.oncall.store import OncallStore

Work = Callable[[], AbstractContextManager[OncallStore]]
MOST = timedelta(days=366)


@dataclass(frozen=True)
class By:
    """Who does something, and whether they may do it for others."""

    name: str
    is_admin: bool = False


@dataclass(frozen=True)
class Rota:
    """Wired to a store."""

    reading: Work
    writing: Work
    clock: Clock
    channels: Mapping[str, settings.Channel] = field(default_factory=dict)
    """Of the settings, by name."""

    # -- who is and will be on call --------------------------------------------------------------------------------

    def now(self, name: str = "", at: datetime | None = None) -> list[OnCall]:
        """Of each schedule and rank, who is on call and who is next. Raises NotFoundError, WrongUseError."""
        moment = self._near(at or self.clock.now())
        with self.reading() as kept:
            return [
                service.on_call(schedule, self._around(kept, schedule, moment, moment + checking.LOOK), rank, moment)
                for schedule in _chosen(kept.book(), name)
                for rank in service.ranks(schedule)
            ]

    def called(self, target: Target, at: datetime) -> list[PersonName]:
        """Whom a target of a policy means at this moment. Raises WrongUseError for a zone that is not known."""
        with self.reading() as kept:
            book = kept.book()
            schedule = book.schedules.get(ScheduleName(target.name))
            found = self._around(kept, schedule, at, at) if schedule else []
            return policies.called(target, book, found, at)

    def shifts(
        self, name: str = "", since: datetime | None = None, length: timedelta = checking.LOOK, person: str = ""
    ) -> list[Shift]:
        """The shifts that reach into the span, in order; of one schedule or of all. Raises NotFoundError."""
        start = self._near(since or self.clock.now())
        with self.reading() as kept:
            found = [each for shifts in self._shifts(kept, name, start, length).values() for each in shifts]
        mine = [each for each in found if person in ("", each.person)]
        return sorted(mine, key=lambda each: (each.starts_at, each.schedule, each.rank))

    def gaps(self, name: str = "", length: timedelta = checking.LOOK) -> list[Gap]:
        """When nobody is on call from now on. Raises NotFoundError."""
        start = self.clock.now()
        with self.reading() as kept:
            book, shifts = kept.book(), self._shifts(kept, name, start, length)
        return [
            gap
            for (schedule, rank), found in shifts.items()
            for gap in service.gaps(found, book.schedules[schedule], rank, start, start + length)
        ]

    def loads(self, name: str, since: datetime, length: timedelta) -> list[Load]:
        """What each carries of both ranks together, the heaviest first. Raises NotFoundError."""
        self._near(since)
        with self.reading() as kept:
            schedule = _schedule(kept.book(), name)
            found = [each for shifts in self._shifts(kept, name, since, length).values() for each in shifts]
        return fairness.loads(schedule, found, since, since + length)

    def remarks(self, look: timedelta = checking.LOOK) -> list[Remark]:
        """What should be known of the whole book so far ahead, and of the channels that are to carry its calls."""
        now = self.clock.now()
        with self.reading() as kept:
            book = kept.book()
            reach = max((service.reach(each) for each in book.schedules.values()), default=timedelta())
            overrides = kept.overrides(now - reach, now + look + reach)
        return [*checking.remarks(book, overrides, now, look), *carrying.remarks(book, self.channels)]

    def policy_for(self, service_name: str, severity: Severity) -> Policy | None:
        """The policy that counts for an alert."""
        return policies.choose(self.book().policies.values(), service_name, severity)

    def _near(self, at: datetime) -> datetime:
        """Calendars end somewhere. Raises WrongUseError for what is more than ten years away."""
        if abs(at - self.clock.now()) > 10 * MOST:
            raise errors.WrongUseError(f"{at:%Y-%m-%d} is more than ten years away.", mend="Name a nearer time.")
        return at

    def _shifts(
        self, kept: OncallStore, name: str, start: datetime, length: timedelta
    ) -> dict[tuple[ScheduleName, Rank], list[Shift]]:
        if not timedelta() < length <= MOST:
            raise errors.WrongUseError("The span is not between a moment and a year.", mend="Ask for up to 366 days.")
        end = start + length
        return {
            (schedule.name, rank): service.shifts(schedule, self._around(kept, schedule, start, end), rank, start, end)
            for schedule in _chosen(kept.book(), name)
            for rank in service.ranks(schedule)
        }

    def _around(self, kept: OncallStore, schedule: Schedule, start: datetime, end: datetime) -> list[Override]:
        reach = service.reach(schedule)
        return kept.overrides(start - reach, end + reach, schedule.name)

    # -- the book --------------------------------------------------------------------------------------------------

    def book(self) -> Book:
        """Everything, by name."""
        with self.reading() as kept:
            return kept.book()

    def tables(self) -> dict[str, Any]:
        """The book as the tables of a file."""
        return tabling.tables(self.book())

    def take(self, tables: Mapping[str, Any], by: By, what: str = "What was given") -> list[str]:
        """Put in what the tables name; the names of what changed. Raises InvalidInputError with every mistake."""
        return self.edit(lambda before: tables, by, what)

    def edit(self, made: Callable[[Book], Mapping[str, Any]], by: By, what: str = "The form") -> list[str]:
        """The same with tables that are made of the book as it stands: nobody else changes it meanwhile."""
        with self.writing() as kept:
            kept.lock()
            before = kept.book()
            changes = store.changes(before, filing.read(made(before), before, what))
            kept.save(changes, by.name, self.clock.now())
        return [f"{kind} {name}" for kind, name in changes.put]

    def remove(self, kind: str, name: str, by: By) -> None:
        """Take an entry out. Raises NotFoundError, WrongUseError when others or overrides still name it."""
        now = self.clock.now()
        with self.writing() as kept:
            kept.lock()
            before = kept.book()
            changes = store.changes(before, filing.without(before, kind, name))
            waits = [each.id for each in kept.overrides(now, now + 10 * MOST) if each.person == name]
            if kind == "people" and waits:
                mend = f"End it with `accelerapp oncall override end {waits[0]}`."
                raise errors.WrongUseError(f"{name} is still on call by an override.", mend=mend)
            kept.save(changes, by.name, now)

    # -- overrides -------------------------------------------------------------------------------------------------

    def overrides(self, name: str = "") -> list[Override]:
        """Those that are not over, the first to begin first. Raises NotFoundError."""
        now = self.clock.now()
        with self.reading() as kept:
            known = {each.name for each in _chosen(kept.book(), name)}
            found = kept.overrides(now, now + 10 * MOST)
        return sorted((each for each in found if each.schedule in known), key=lambda each: (each.starts_at, each.id))

    def add_override(self, name: str, wanted: standing_in.Wanted) -> Override:
        """Somebody in place of whoever the layers name. Raises NotFoundError, InvalidInputError."""
        with self.writing() as kept:
            kept.lock()
            book = kept.book()
            made = standing_in.override(_schedule(book, name), wanted, book, self.clock.now())
            kept.put_overrides([made])
        return made

    def end_override(self, id: str) -> None:
        """End it now; one that has not begun leaves no trace. Raises NotFoundError, WrongUseError."""
        now = self.clock.now()
        with self.writing() as kept:
            kept.lock()
            found = kept.override(OverrideId(id)) if _is_id(id) else None
            if found is None:
                raise errors.NotFoundError(
                    f"There is no override '{id[:32]}'.", mend="`accelerapp oncall override list`."
                )
            if found.ends_at <= now:
                raise errors.WrongUseError(f"The override {id} is over already.")
            if found.starts_at >= now:
                kept.remove_override(found.id)
            else:
                kept.put_overrides([replace(found, ends_at=now)])

    # -- swaps -----------------------------------------------------------------------------------------------------

    def swaps(self, is_open: bool | None = None) -> list[Swap]:
        """The last asked for first."""
        with self.reading() as kept:
            return kept.swaps(is_open=is_open)

    def ask_swap(
        self,
        name: str,
        taker: str,
        gives_at: datetime,
        by: By,
        takes_at: datetime | None = None,
        rank: Rank = Rank.PRIMARY,
    ) -> Swap:
        """Ask somebody to take a shift. Raises NotFoundError, InvalidInputError, ForbiddenError (another's shift)."""
        with self.writing() as kept:
            kept.lock()
            book = kept.book()
            schedule = _schedule(book, name)
            offer = standing_in.Offer(schedule, rank, PersonName(taker), gives_at, takes_at, by.name)
            moments = [self._near(gives_at), self._near(takes_at or gives_at)]
            around = self._around(kept, schedule, min(moments), max(moments))
            made = standing_in.ask(offer, around, book, self.clock.now())
            _need(by, made.giver, "offers")
            kept.put_swap(made)
        return made

    def answer_swap(self, id: str, state: SwapState, by: By) -> Swap:
        """Accepted or declined by the taker, withdrawn by the giver.

        Raises NotFoundError, WrongUseError, ForbiddenError.
        """
        now = self.clock.now()
        with self.writing() as kept:
            kept.lock()
            swap = kept.swap(SwapId(id)) if _is_id(id) else None
            if swap is None:
                raise errors.NotFoundError(f"There is no swap '{id[:32]}'.", mend="`accelerapp oncall swap list`.")
            _need(by, swap.giver if state is SwapState.WITHDRAWN else swap.taker, "answers")
            if state is SwapState.ACCEPTED:
                swap = self._accept(kept, swap, by, now)
            else:
                swap = standing_in.answer(swap, state, by.name, now)
            kept.put_swap(swap)
        return swap

    def _accept(self, kept: OncallStore, swap: Swap, by: By, now: datetime) -> Swap:
        book = kept.book()
        schedule = _schedule(book, swap.schedule)
        standing_in.need_people(swap, book)
        spans: Sequence[Any] = [swap.gives, swap.takes or swap.gives]
        start, end = min(each.starts_at for each in spans), max(each.ends_at for each in spans)
        after, made = standing_in.accept(swap, schedule, self._around(kept, schedule, start, end), by.name, now)
        kept.put_overrides(made)
        return after


def _schedule(book: Book, name: str) -> Schedule:
    found = book.schedules.get(ScheduleName(name))
    if found is None:
        known = ", ".join(sorted(book.schedules)) or "none"
        raise errors.NotFoundError(f"There is no schedule '{name[:64]}'.", mend=f"There are: {known}.")
    return found


def _chosen(book: Book, name: str) -> list[Schedule]:
    return [_schedule(book, name)] if name else list(book.schedules.values())


def _need(by: By, person: str, does: str) -> None:
    if not by.is_admin and by.name != person:
        raise errors.ForbiddenError(f"Only {person} {does} that, or an administrator.", mend=f"Ask {person}.")


def _is_id(id: str) -> bool:
    return id.isascii() and id.isprintable() and len(id) <= 32
