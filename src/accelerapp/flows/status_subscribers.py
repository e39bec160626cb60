"""Subscribers of the status page: they ask, confirm, are told what is published, and leave.

What is to be told is written in the unit of work that publishes it; one job sends it. It does not share the outbox of
paging: a thousand letters to customers are not to stand before a page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from accelerapp.base import errors, side_by_side
from accelerapp.base.ids import SubscriberId
from accelerapp.flows.status_board import Stores, Wired
from accelerapp.statuspage import service, subscribers
from accelerapp.statuspage.model import Maintenance, Page, Report
from accelerapp.statuspage.subscribers import Letter, Links, Outcome, Subscriber, SubscriberState, Way

AT_ONCE = 16
WITHIN = 20.0
"""Seconds for letters that are sent side by side; one that hangs is tried again."""
_KEPT = timedelta(days=30)
_HOUR = timedelta(hours=1)
MOST_AN_HOUR = 200
"""Who asks is a stranger: nobody can have us write to more addresses."""
Send = Callable[[Letter, Subscriber, Links, datetime], Outcome]


def tell(stores: Stores, page: str, of: Report | Maintenance, now: datetime) -> None:
    """Queue the last update for whoever wants it, in the unit of work that publishes it."""
    update = of.updates[-1]
    said = update.status.replace("_", " ")
    known = stores.subscribers.all(SubscriberState.CONFIRMED)
    title = f"{page}: {of.title} ({said})"
    stores.subscribers.add_letters(subscribers.letters(known, of.id, update.id, title, update.body, of.components, now))


@dataclass(frozen=True)
class Added:
    """A subscription with the secret that signs what it gets."""

    subscriber: Subscriber
    secret: str


@dataclass(frozen=True)
class StatusSubscribers(Wired):
    """The verbs. `ways`: what can be sent, and how."""

    page: Page
    ways: Mapping[Way, Send]
    key: Callable[[], str]
    asker: side_by_side.SideBySide

    def ask(self, address: str, components: Collection[str]) -> None:
        """Ask the mail address to confirm. Whether it is known is not told. Raises WrongUseError, InvalidInputError."""
        way = Way.EMAIL
        now = self.clock.now()
        with self.writing() as stores:
            board = stores.status.board(now)
            wanted = subscribers.ask(way, address, service.find_all(board.components, components), now)
            stores.status.lock()  # two who ask for the same address at once come one after the other
            known = stores.subscribers.at(way, wanted.address)
            if known is not None and not _may_ask_again(known, now):
                return
            if stores.subscribers.asked_since(now - _HOUR) >= MOST_AN_HOUR:
                raise errors.WrongUseError("Too many ask at this moment.", mend="Try again in an hour.")
            if known is not None:
                wanted = subscribers.again(known, wanted)
            stores.subscribers.put(wanted)
            stores.subscribers.add_letters([subscribers.confirmation(wanted, self.page.name, now)])

    def add_webhook(self, url: str, components: Collection[str]) -> Added:
        """An address that gets each update as JSON; an operator vouches for it. Raises WrongUseError."""
        now = self.clock.now()
        with self.writing() as stores:
            stores.status.lock()
            touched = service.find_all(stores.status.board(now).components, components)
            wanted = subscribers.confirm(subscribers.ask(Way.WEBHOOK, url, touched, now), now)
            known = stores.subscribers.at(Way.WEBHOOK, wanted.address)
            if known is not None and known.state is SubscriberState.CONFIRMED:
                raise errors.WrongUseError(
                    "This address is subscribed already.",
                    mend=f"`accelerapp status subscriber remove {known.id}` ends it.",
                )
            wanted = subscribers.again(known, wanted) if known else wanted
            stores.subscribers.put(wanted)
        return Added(wanted, self.secret(wanted.id))

    def secret(self, id: SubscriberId) -> str:
        """What signs its letters."""
        return subscribers.token(self.key(), "sign", id)

    def confirm(self, token: str) -> Subscriber:
        """Raises NotFoundError, WrongUseError."""
        return self._act("confirm", token, subscribers.confirm)

    def unsubscribe(self, token: str) -> Subscriber:
        """Raises NotFoundError."""
        return self._act("unsubscribe", token, lambda known, now: subscribers.end(known, "It was unsubscribed.", now))

    def look(self, act: str, token: str) -> Subscriber:
        """Whose link it is. Raises NotFoundError."""
        id = subscribers.read_token(self.key(), act, token)
        with self.reading() as stores:
            return _found(stores, id)

    def all(self) -> list[Subscriber]:
        """By the moment when they asked."""
        with self.reading() as stores:
            return stores.subscribers.all()

    def remove(self, id: str) -> Subscriber:
        """End one. Raises NotFoundError."""
        with self.writing() as stores:
            after = subscribers.end(_found(stores, SubscriberId(id)), "It was removed.", self.clock.now())
            stores.subscribers.put(after)
        return after

    def _act(self, act: str, token: str, verb: Callable[[Subscriber, datetime], Subscriber]) -> Subscriber:
        id = subscribers.read_token(self.key(), act, token)
        with self.writing() as stores:
            after = verb(_found(stores, id), self.clock.now())
            stores.subscribers.put(after)
        return after

    # -- sending ---------------------------------------------------------------------------------------------------

    def deliver(self) -> int:
        """Send what is due, and write what became of it; how many letters were tried."""
        now = self.clock.now()
        with self.reading() as stores:
            due = stores.subscribers.due(now, AT_ONCE)
            known = {each.subscriber: stores.subscribers.get(each.subscriber) for each in due}
        if not due:
            return 0
        asked = {each.id: self._question(each, one, now) for each in due if _wants(one := known[each.subscriber], each)}
        outcomes = self.asker.ask(asked, WITHIN) if asked else {}
        with self.writing() as stores:
            for each in due:
                self._note(stores, each, _outcome(outcomes.get(each.id)))
        return len(due)

    def _question(self, letter: Letter, one: Subscriber | None, now: datetime) -> Callable[[], Outcome]:
        assert one is not None  # those without were left out
        send = self.ways.get(one.way)
        links = self._links(letter, one)
        return lambda: send(letter, one, links, now) if send else Outcome("Nothing sends letters of this kind.")

    def _note(self, stores: Stores, letter: Letter, outcome: Outcome) -> None:
        """The subscriber is read again: it may have left meanwhile."""
        now, one = self.clock.now(), stores.subscribers.get(letter.subscriber)
        if one is None or not _wants(one, letter):
            stores.subscribers.put_letter(subscribers.dropped(letter, now))
            return
        after, changed = subscribers.tried(letter, one, outcome, now)
        stores.subscribers.put_letter(after)
        if changed != one:
            stores.subscribers.put(changed)

    def _links(self, letter: Letter, one: Subscriber) -> Links:
        key, url = self.key(), self.page.url
        if not letter.about:
            return Links(url, confirm=f"{url}/confirm/{subscribers.token(key, 'confirm', one.id)}")
        leave = f"{url}/unsubscribe/{subscribers.token(key, 'unsubscribe', one.id)}"
        return Links(url, event=f"{url}/incidents/{letter.about}.html", unsubscribe=leave)

    def prune(self) -> int:
        """Forget letters and subscriptions that have been over for a month."""
        with self.writing() as stores:
            return stores.subscribers.prune(self.clock.now() - _KEPT)


def _may_ask_again(known: Subscriber, now: datetime) -> bool:
    return known.state is not SubscriberState.CONFIRMED and now - known.asked_at >= _HOUR


def _wants(one: Subscriber | None, letter: Letter) -> bool:
    if one is None:
        return False
    return one.state is (SubscriberState.CONFIRMED if letter.about else SubscriberState.PENDING)


def _outcome(found: side_by_side.Outcome[Outcome] | None) -> Outcome:
    if isinstance(found, side_by_side.Answered):
        return found.value
    if isinstance(found, side_by_side.Silent) or found is None:
        return Outcome(f"It did not end within {WITHIN:.0f} s.")
    return Outcome(f"{type(found.error).__name__}: {found.error}")


def _found(stores: Stores, id: SubscriberId) -> Subscriber:
    found = stores.subscribers.get(id)
    if found is None:
        raise errors.NotFoundError("There is no such subscription.", mend="It was ended long ago, perhaps.")
    return found
