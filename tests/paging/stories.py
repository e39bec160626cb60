"""A story of pages with a moving clock, on any store: people, a policy, pages, time, and what was sent to whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests import databases
from tests.fakes import NOON

from accelerapp.alerts.integration_store import MemoryIntegrations
from accelerapp.alerts.integration_store_sql import SqlIntegrations
from accelerapp.alerts.model import Page
from accelerapp.alerts.silence_store import MemorySilences
from accelerapp.alerts.silence_store_sql import SqlSilences
from accelerapp.alerts.store import MemoryAlerts
from accelerapp.alerts.store_sql import SqlAlerts
from accelerapp.base.clock import MovingClock
from accelerapp.base.ids import PageId, PersonName, PolicyName, TeamName
from accelerapp.base.severity import Severity
from accelerapp.flows import paging as flow
from accelerapp.flows.pager import Pager
from accelerapp.flows.sending import Sending
from accelerapp.incidents.store import MemoryIncidents
from accelerapp.incidents.store_sql import SqlIncidents
from accelerapp.notifications.model import Delivered, Delivery, Failed, Retry
from accelerapp.oncall import store as oncall_store
from accelerapp.oncall.model import (
    Book,
    ContactMethod,
    MethodKind,
    NotificationRule,
    NotificationStep,
    Person,
    Policy,
    PolicyStep,
    QuietHours,
    Target,
    TargetKind,
    Team,
)
from accelerapp.oncall.store import MemoryOncall
from accelerapp.oncall.store_sql import SqlOncall
from accelerapp.paging.model import Outgoing, OutgoingState, Paging, PagingDetail, Verb
from accelerapp.paging.store import MemoryOutbox, MemoryPagings
from accelerapp.paging.store_sql import SqlOutbox, SqlPagings

KINDS = ("memory", *databases.KINDS)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
Work = Callable[[], AbstractContextManager[flow.Stores]]


@contextmanager
def working(request: pytest.FixtureRequest, kind: str, folder: Path, clock: MovingClock) -> Iterator[Work]:
    """`work()` opens a unit of work with its stores."""
    if kind == "memory":
        kept = flow.Stores(
            MemoryAlerts(),
            MemorySilences(),
            MemoryIntegrations(),
            MemoryIncidents(),
            MemoryPagings(),
            MemoryOutbox(),
            MemoryOncall(),
        )

        @contextmanager
        def memory() -> Iterator[flow.Stores]:
            yield kept

        yield memory
        return
    with databases.opened(request, kind, folder) as database:

        @contextmanager
        def sql() -> Iterator[flow.Stores]:
            with database.write() as work:
                yield stores_of(work, clock.now)

        yield sql


def stores_of(work: Any, now: Callable[[], datetime]) -> flow.Stores:
    """All stores of a connection."""
    return flow.Stores(
        SqlAlerts(work),
        SqlSilences(work),
        SqlIntegrations(work),
        SqlIncidents(work),
        SqlPagings(work),
        SqlOutbox(work, now),
        SqlOncall(work),
    )


def person(name: str, *kinds: MethodKind, **changes: Any) -> Person:
    """With a proven method of each kind, called by its kind."""
    methods = tuple(ContactMethod(kind.value, kind, f"{name}@{kind}", NOON) for kind in kinds or (MethodKind.NTFY,))
    return replace(Person(PersonName(name), methods=methods), **changes)


def calls_in_turn(name: str, **after: timedelta) -> NotificationRule:
    """Not used by every story."""
    return NotificationRule(Severity[name], tuple(NotificationStep(kind, delay) for kind, delay in after.items()))


QUIET = QuietHours(time(11), time(14))


def book(*people: Person, **changes: Any) -> Book:
    """ann, then ben after 5 minutes, then the lead cat, then everyone."""
    known = people or (person("ann"), person("ben"), person("cat"))
    names = [each.name for each in known]
    steps = tuple(
        PolicyStep((target,), 5 * MINUTE)
        for target in (
            Target(TargetKind.PERSON, names[0]),
            Target(TargetKind.PERSON, names[1 % len(names)]),
            Target(TargetKind.LEAD, "shop"),
            Target(TargetKind.EVERYONE),
        )
    )
    policy = replace(Policy(PolicyName("shop"), steps), **changes)
    team = Team(TeamName("shop"), names[-1], tuple(names))
    return Book({each.name: each for each in known}, {team.name: team}, {}, {policy.name: policy})


class Story:
    """Begins at noon on a Monday. `answers` says what the other side does with a message."""

    def __init__(self, work: Work, clock: MovingClock) -> None:
        self.work = work
        self.clock = clock
        self.sent: list[tuple[str, Outgoing]] = []
        """The minute and second after noon, and what went out."""
        self.answers: Callable[[Outgoing], Delivery] = lambda outgoing: Delivered()
        self.pager = Pager(work, work, clock, lambda: "key", lambda: None)
        self.sending = self.process("one")

    def process(self, holder: str) -> Sending:
        """Another process that sends."""
        return Sending(
            self.work, self.work, self._post, self.clock, holder, lambda: 0.0, lambda: self.now.timestamp(), MINUTE
        )

    def _post(self, outgoing: Outgoing, now: datetime) -> Delivery:
        past = now - NOON
        self.sent.append((str(past), outgoing))
        return self.answers(outgoing)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def describe(self, wanted: Book) -> None:
        with self.work() as stores:
            stores.oncall.save(oncall_store.changes(stores.oncall.book(), wanted), "ann", self.now)

    # -- what happens ----------------------------------------------------------------------------------------------

    def page(self, severity: Severity = Severity.P2, id: str = "pag_1", **changes: Any) -> None:
        made = replace(Page(PageId(id), "group", "High error rate", severity, "shop", self.now, self.now), **changes)
        with self.work() as stores:
            stores.alerts.put_pages([made])
            if isinstance(stores.pagings, MemoryPagings):
                stores.pagings.pages[made.id] = (made.at, made.closed_at)
            flow.page(stores, [made.id], self.now)
        self.send()

    def close(self, id: str = "pag_1") -> None:
        with self.work() as stores:
            found = stores.alerts.page(PageId(id))
            assert found
            stores.alerts.put_pages([replace(found, closed_at=self.now)])
            if isinstance(stores.pagings, MemoryPagings):
                stores.pagings.pages[found.id] = (found.at, self.now)

    def send(self, sending: Sending | None = None) -> int:
        """Everything that is due."""
        used, count = sending or self.sending, 0
        while claimed := used.claim(10):
            for outgoing, until in claimed:
                used.send(outgoing, until)
                count += 1
        return count

    def wait(self, length: timedelta, step: timedelta = 10 * SECOND) -> None:
        """Let time pass, with a turn and a look of the sender every few seconds."""
        until = self.now + length
        while self.now < until:
            self.clock.move(min(step, until - self.now))
            self.pager.turn()
            self.send()

    def acknowledge(self, by: str = "ann") -> Paging:
        return self.pager.act("pag_1", Verb.ACKNOWLEDGE, by)

    def resolve(self, by: str = "ann") -> Paging:
        return self.pager.act("pag_1", Verb.RESOLVE, by)

    # -- what is found ---------------------------------------------------------------------------------------------

    def told(self) -> list[str]:
        """`0:05:00 ben`, for each message that went out, in order."""
        return [f"{at} {each.person}" for at, each in self.sent]

    def used(self) -> list[str]:
        """`0:02:00 ann sms`."""
        return [f"{at} {each.person} {each.method}" for at, each in self.sent]

    def detail(self, id: str = "pag_1") -> PagingDetail:
        return self.pager.detail(id)

    def outbox(self, state: OutgoingState | None = None, id: str = "pag_1") -> list[Outgoing]:
        return [each for each in self.detail(id).outgoing if state in (None, each.state)]


def failing(*kinds: str, retry: bool = False) -> Callable[[Outgoing], Delivery]:
    """These kinds of methods do not work; without a kind none does."""
    bad: Delivery = Retry("It answers 500.") if retry else Failed("The token was revoked.", is_permanent=True)
    return lambda outgoing: bad if not kinds or outgoing.kind in kinds else Delivered()
