"""What leaves the product for a person: the code that proves a contact method, and the calendar behind a link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from accelerapp.base import errors, ids
from accelerapp.base.ids import FeedId, PersonName, ScheduleName
from accelerapp.flows.oncall import Rota
from accelerapp.oncall import contacting, ical, store
from accelerapp.oncall.contacting import CodeSender, Proof
from accelerapp.oncall.model import Book, Feed, FeedKind, Person, ShownFeed

PATH = "/oncall/ical"
_ASK_AGAIN = "`accelerapp oncall person verify` sends a new one."
_REFUSED = {
    Proof.WRONG: "That is not the code.",
    Proof.EXPIRED: "The code is older than 15 minutes.",
    Proof.TOO_MANY: "The code was tried too often.",
    Proof.NOT_SENT: "No code was sent to this address, or it was used already.",
}


@dataclass(frozen=True)
class Codes:
    """Proofs of contact methods. `sender` None: no channel is set up."""

    rota: Rota
    digest: Callable[[str], str]
    sender: CodeSender | None = None

    def send(self, name: str, method_name: str) -> None:
        """Send a code. Raises NotFoundError, WrongUseError (too soon, no channel), or what the channel says.

        It is kept before it is sent: nobody waits for a channel while they hold the database.
        """
        if self.sender is None:
            raise errors.WrongUseError(
                "No channel is set up that could send a code.", mend="Describe one in the settings, under [channels]."
            )
        said, rota = ids.new_code(), self.rota
        with rota.writing() as kept:
            kept.lock()
            person = found_person(kept.book(), name)
            method = contacting.method_of(person, method_name)
            last = kept.code(person.name, method.name)
            kept.put_code(contacting.fresh_code(person, method, last, said, self.digest, rota.clock.now()))
        self.sender.send_code(person, method, said)

    def check(self, name: str, method_name: str, said: str) -> Person:
        """The person, with the method verified. Raises NotFoundError, or WrongUseError for any other code.

        A wrong try is counted and committed before it is answered.
        """
        now = self.rota.clock.now()
        with self.rota.writing() as kept:
            kept.lock()
            before = kept.book()
            person = found_person(before, name)
            method = contacting.method_of(person, method_name)
            code = kept.code(person.name, method.name)
            proof, after, left = contacting.prove(person, method, code, said, self.digest, now)
            if left is None:
                kept.remove_code(person.name, method.name)
            else:
                kept.put_code(left)
            book = replace(before, people={**before.people, person.name: after})
            kept.save(store.changes(before, book), person.name, now)
        if proof is not Proof.PROVEN:
            raise errors.WrongUseError(_REFUSED[proof], mend=_ASK_AGAIN)
        return after


@dataclass(frozen=True)
class Feeds:
    """Calendars behind links."""

    rota: Rota
    digest: Callable[[str], str]

    def add(self, kind: FeedKind, name: str, by: str) -> ShownFeed:
        """A link, which is shown this once. Raises NotFoundError."""
        secret = ids.new_secret()
        with self.rota.writing() as kept:
            book = kept.book()
            known = PersonName(name) in book.people if kind is FeedKind.PERSON else ScheduleName(name) in book.schedules
            if not known:
                raise errors.NotFoundError(f"There is no {kind} '{name[:64]}'.", mend="`accelerapp oncall export`.")
            now = self.rota.clock.now()
            feed = Feed(FeedId(ids.new_id("cal")), kind, name, self.digest(secret), by[:64], now)
            kept.add_feed(feed)
        return _shown(feed, f"{PATH}/{secret}.ics")

    def all(self) -> list[ShownFeed]:
        """Oldest first, without their links."""
        with self.rota.reading() as kept:
            return [_shown(each) for each in kept.feeds()]

    def revoke(self, id: str) -> None:
        """Make a link worthless. Raises NotFoundError."""
        with self.rota.writing() as kept:
            if not (id.isascii() and id.isprintable() and kept.remove_feed(FeedId(id))):
                raise errors.NotFoundError(f"There is no calendar '{id[:32]}'.", mend="`accelerapp oncall ical list`.")

    def calendar(self, secret: str) -> bytes:
        """The calendar behind a link: a month back and a year ahead. Raises NotFoundError."""
        with self.rota.reading() as kept:
            feed, book = kept.feed_by_hash(self.digest(secret)), kept.book()
        is_person = feed is not None and feed.kind is FeedKind.PERSON
        if feed is None or (not is_person and feed.name not in book.schedules):
            raise errors.NotFoundError("There is no such calendar, or its link was revoked.")
        now = self.rota.clock.now()
        schedule, person = ("", feed.name) if is_person else (feed.name, "")
        past = self.rota.shifts(schedule, now - ical.BACK, ical.BACK, person)
        ahead = self.rota.shifts(schedule, now, ical.AHEAD, person)
        return ical.calendar(f"On call: {feed.name}", dict.fromkeys([*past, *ahead]), now)


def _shown(feed: Feed, path: str = "") -> ShownFeed:
    return ShownFeed(feed.id, feed.kind, feed.name, feed.made_by, feed.made_at, path)


def found_person(book: Book, name: str) -> Person:
    """Raises NotFoundError."""
    found = book.people.get(PersonName(name))
    if found is None:
        raise errors.NotFoundError(f"There is no person '{name[:64]}'.", mend="`accelerapp oncall person list`.")
    return found
