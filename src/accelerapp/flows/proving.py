"""Test pages: once a week, or now, each person is paged alone and answers; who did not is told to the leads.

What makes a test a person's for a week is its mark, which is looked at under the lock: neither a crash nor a clock that
jumps nor a second process doubles it. Who is away is tested all the same: it is the way to them that is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accelerapp.base import errors, ids, text
from accelerapp.base.clock import Clock
from accelerapp.base.ids import PersonName
from accelerapp.flows import access_check, noticing, paging
from accelerapp.flows.paging import Stores, Work
from accelerapp.oncall import written, zones
from accelerapp.oncall.model import Book
from accelerapp.paging import exercises, service
from accelerapp.paging.exercises import Outcome, Round, Tested
from accelerapp.paging.model import Paging, PagingKind

CATCH_UP = timedelta(hours=2)
"""A weekly test that could not begin in time begins within this time, or not at all: nobody is tested at night."""
_AT_ONCE = 50
"""People whose tests begin in one go: a real page does not wait behind hundreds of tests."""
_LOOKED_BACK = 2000
ROUNDS = 8
_TOLD_FOR = timedelta(days=3)
_FRESH = timedelta(days=9)
NOBODY = "There is nobody to test yet."
_FAILED = (Outcome.UNANSWERED, Outcome.UNREACHED, Outcome.ENDED)


@dataclass(frozen=True)
class Proving:
    """Wired to stores. `test_at`: `Tuesday 11:00`, in each person's own zone; empty: there is no weekly test."""

    reading: Work
    writing: Work
    clock: Clock
    wake: Callable[[], None]
    test_at: str

    # -- sending ---------------------------------------------------------------------------------------------------

    def weekly(self) -> int:
        """Begin the weekly tests that are due and tell who did not answer; how many were begun."""
        now = self.clock.now()
        with self.reading() as stores:
            wanted = _missing(stores, due(stores.oncall.book(), self.test_at, now))[:_AT_ONCE]
        if wanted:
            with self.writing() as stores:
                stores.alerts.lock()
                wanted = _missing(stores, wanted)
                _begin(stores, wanted, now)
            self.wake()
        self._tell(now)
        return len(wanted)

    def send(self, people: Sequence[str], is_everyone: bool = False) -> Round:
        """Test these people now, or everyone who has a contact method. Raises NotFoundError, WrongUseError."""
        now, id = self.clock.now(), ids.new_id("tst")
        with self.writing() as stores:
            stores.alerts.lock()
            chosen = _chosen(stores.oncall.book(), people, is_everyone)
            _begin(stores, [(name, id) for name in chosen], now)
        self.wake()
        return self.round(id)

    def _tell(self, now: datetime) -> None:
        """The leads hear once who did not answer the last weekly test, when it is over."""
        with self.reading() as stores:
            last = next((each for each in _rounds(stores, 4) if each.is_weekly), None)
            if last is None or not last.is_over or now > last.at + exercises.TEST_LASTS + _TOLD_FOR:
                return
            notice = _notice(last)
            leads = noticing.leads(stores.oncall.book(), now) if notice else []
            missing = [name for name in leads if notice and not noticing.was_sent(stores, notice, name)]
        if notice and missing:
            with self.writing() as stores:
                noticing.send(stores, notice, missing, now)
            self.wake()

    # -- what came of it -------------------------------------------------------------------------------------------

    def rounds(self, limit: int = ROUNDS) -> list[Round]:
        """The newest first."""
        with self.reading() as stores:
            return _rounds(stores, limit)

    def round(self, id: str) -> Round:
        """One. Raises NotFoundError."""
        with self.reading() as stores:
            kept = stores.pagings.find(kind=PagingKind.TEST, limit=_LOOKED_BACK)
            found = [each for each in kept if exercises.round_of(each) == id]
            messages = stores.outbox.of_pagings([each.id for each in found])
        if not found:
            raise errors.NotFoundError(
                f"There is no round of tests '{id[:40]}'.", mend="`accelerapp oncall tests` lists the last ones."
            )
        return exercises.read_round(found, messages)

    def silent(self) -> list[Tested]:
        """The last test of each person of the book who did not answer it."""
        with self.reading() as stores:
            book, rounds = stores.oncall.book(), _rounds(stores, ROUNDS)
        return [each for each in exercises.unproven(rounds, _testable(book)).values() if each]

    def standing(self) -> str | access_check.LeftOut:
        """Does everybody who has a contact method answer? Raises WrongUseError, CannotTellError."""
        now = self.clock.now()
        with self.reading() as stores:
            book, rounds = stores.oncall.book(), _rounds(stores, ROUNDS)
        return judged(book, rounds, self.test_at, now)


# -- pure --------------------------------------------------------------------------------------------------------------


def due(book: Book, test_at: str, now: datetime) -> list[tuple[PersonName, str]]:
    """Whose weekly test may begin now, with the round: the week on the calendar of the person's own zone."""
    if not test_at:
        return []
    weekday, at = written.handoff(test_at)
    found = []
    for person in book.people.values():
        where = zones.known_or_utc(person.zone)
        moment = zones.last_weekly(weekday, at, where, now)
        if person.methods and now - moment < CATCH_UP:
            year, week, _ = zones.day_of(moment, where).isocalendar()
            found.append((person.name, f"{year}-W{week:02}"))
    return found


def judged(book: Book, rounds: Sequence[Round], test_at: str, now: datetime) -> str | access_check.LeftOut:
    """What the last tests say, as a sentence. Raises WrongUseError (somebody did not answer), CannotTellError (old)."""
    people = _testable(book)
    if not people:
        return NOBODY
    failed = exercises.unproven(rounds, people)
    if silent := [each for each in failed.values() if each]:
        raise errors.WrongUseError(
            f"The last test page was not answered: {'; '.join(sentence(each) for each in silent[:10])}.",
            mend=f"Mend their contact methods, then `accelerapp oncall test {silent[0].person}`.",
        )
    last = max((each.at for one in rounds for each in one.people), default=None)
    if not test_at:
        return access_check.LeftOut("There is no weekly test page.", 'Set [paging] test_at = "Tuesday 11:00".')
    if last is None or len(failed) == len(people):
        mend = "`accelerapp oncall test --all` tests everybody now."
        return access_check.LeftOut(f"Nobody has been tested yet; test pages go out on {test_at}.", mend)
    if now - last > _FRESH:
        raise errors.CannotTellError(
            f"The last test page went out {text.ago(last, now)}, though one is due each {test_at}.",
            mend="Does `accelerapp up` run? /health shows the job prove_reach.",
        )
    said = f"{len(people) - len(failed)} of {len(people)} answered their last test page."
    if failed:
        names = sorted(failed)
        mend = f"`accelerapp oncall test {names[0]}` tests now."
        return access_check.LeftOut(f"{said} Without a result yet: {', '.join(names[:10])}.", mend)
    return said


def _testable(book: Book) -> list[PersonName]:
    return [each.name for each in book.people.values() if each.methods]


def sentence(each: Tested) -> str:
    """`ann: nothing was delivered (sms: The number is not known.)`."""
    said = {
        Outcome.WAITING: "has not answered yet",
        Outcome.ANSWERED: "answered",
        Outcome.UNANSWERED: "did not answer",
        Outcome.UNREACHED: "nothing was delivered",
        Outcome.ENDED: f"it was ended by {each.answered_by}",
    }[each.outcome]
    if each.outcome in (Outcome.ANSWERED, Outcome.ENDED):
        return f"{each.person}: {said}"
    failures = [f"{one.method}: {one.reason}" for one in each.tried if one.reason]
    return f"{each.person}: {said}" + (f" ({'; '.join(failures)})" if failures else "")


def _notice(over: Round) -> noticing.Notice | None:
    """Of other people than before it is another notice: some fail at once, others in a day."""
    failed = over.of(*_FAILED)
    if not failed:
        return None
    names = ", ".join(each.person for each in failed)
    lines = [f"- {sentence(each)}" for each in failed]
    answered = text.count(len(over.of(Outcome.ANSWERED)), "person", "people")
    body = "\n".join(["They may not hear a page either:", *lines, "", f"{answered} answered."])
    title = f"{text.count(len(failed), 'person', 'people')} did not answer the test page: {names}"
    return noticing.Notice(f"test {over.id} {names}", title, body)


# -- within a unit of work ---------------------------------------------------------------------------------------------


def _missing(stores: Stores, wanted: Iterable[tuple[PersonName, str]]) -> list[tuple[PersonName, str]]:
    """Those that have not begun yet."""
    return [(name, id) for name, id in wanted if stores.pagings.of_page(exercises.test_mark(id, name)) is None]


def _begin(stores: Stores, wanted: Iterable[tuple[PersonName, str]], now: datetime) -> None:
    begin(stores, (service.trigger(*exercises.test(id, name), now) for name, id in wanted), now)


def begin(stores: Stores, made: Iterable[Paging], now: datetime) -> None:
    """Keep these exercises and call for them: what is due goes into the outbox in this unit of work."""
    for each in made:
        stores.pagings.put(each)
    paging.turn(stores, now)


def _chosen(book: Book, people: Sequence[str], is_everyone: bool) -> Iterator[PersonName]:
    names = _testable(book) if is_everyone else list(dict.fromkeys(people))
    if not names:
        raise errors.WrongUseError("There is nobody to test.", mend="Name people, or ask for everyone.")
    for name in names:
        person = book.people.get(PersonName(name))
        if person is None:
            raise errors.NotFoundError(
                f"There is no person '{name[:64]}'.", mend="`accelerapp oncall person list` lists them."
            )
        if not person.methods:
            mend = f"Add one: `accelerapp oncall person method {name} KIND=ADDRESS`."
            raise errors.WrongUseError(f"{name} has no contact method to test.", mend=mend)
        yield person.name


def _rounds(stores: Stores, limit: int) -> list[Round]:
    found = exercises.grouped(stores.pagings.find(kind=PagingKind.TEST, limit=_LOOKED_BACK), limit)
    messages = stores.outbox.of_pagings([each.id for group in found for each in group])
    return [exercises.read_round(group, messages) for group in found]
