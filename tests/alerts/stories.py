"""A story of alerts with a moving clock, on any store: fire, resolve, wait, and ask what was decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests import databases
from tests.fakes import NOON

from accelerapp.alerts import silencing
from accelerapp.alerts.integration_store import MemoryIntegrations
from accelerapp.alerts.integration_store_sql import SqlIntegrations
from accelerapp.alerts.model import (
    Alert,
    AlertState,
    Decision,
    Matcher,
    Operator,
    Signal,
    SignalState,
    Silence,
    SilenceKind,
)
from accelerapp.alerts.silence_store import MemorySilences
from accelerapp.alerts.silence_store_sql import SqlSilences
from accelerapp.alerts.store import Filter, MemoryAlerts
from accelerapp.alerts.store_sql import SqlAlerts
from accelerapp.base.clock import MovingClock
from accelerapp.base.ids import SilenceId
from accelerapp.base.settings.model import Alerts as Policy
from accelerapp.flows import alert_intake, alert_life
from accelerapp.flows.alert_intake import Stores, Taken
from accelerapp.incidents.model import Entry, Incident
from accelerapp.incidents.store import MemoryIncidents
from accelerapp.incidents.store_sql import SqlIncidents

KINDS = ("memory", *databases.KINDS)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@contextmanager
def working(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[object]:
    """`work()` opens a unit of work with its stores."""
    if kind == "memory":
        kept = Stores(MemoryAlerts(), MemorySilences(), MemoryIntegrations(), MemoryIncidents())

        @contextmanager
        def memory() -> Iterator[Stores]:
            yield kept

        yield memory
        return
    with databases.opened(request, kind, folder) as database:

        @contextmanager
        def sql() -> Iterator[Stores]:
            with database.write() as work:
                yield Stores(SqlAlerts(work), SqlSilences(work), SqlIntegrations(work), SqlIncidents(work))

        yield sql


class Story:
    """Begins at noon, long after the engine did."""

    def __init__(self, work: object, policy: Policy | None = None) -> None:
        self.work = work
        self.policy = policy or Policy()
        self.clock = MovingClock(NOON)
        self.listening_since = NOON - HOUR
        self.pages: list[str] = []

    def stores(self) -> AbstractContextManager[Stores]:
        return self.work()  # type: ignore[operator]

    @property
    def now(self) -> datetime:
        return self.clock.now()

    # -- what happens ----------------------------------------------------------------------------------------------

    def take(self, *signals: Signal) -> Taken:
        with self.stores() as stores:
            return alert_intake.take(stores, signals, self.policy, self.now)

    def fire(self, rule: str = "HighErrorRate", **labels: str) -> Taken:
        return self.take(self.signal(rule, **labels))

    def resolve(self, rule: str = "HighErrorRate", **labels: str) -> Taken:
        return self.take(self.signal(rule, SignalState.RESOLVED, **labels))

    def signal(self, rule: str = "HighErrorRate", state: SignalState = SignalState.FIRING, **labels: str) -> Signal:
        named = {"alertname": rule, "service": "shop", "severity": "warning", **labels}
        return Signal({name: value for name, value in named.items() if value}, state=state, source="prometheus")

    def turn(self) -> alert_life.Turn:
        with self.stores() as stores:
            done = alert_life.turn(stores, self.policy, self.listening_since, self.now)
        self.pages += done.pages
        return done

    def wait(self, length: timedelta, step: timedelta = 5 * SECOND) -> None:
        """Let time pass, with a turn of the engine every few seconds."""
        until = self.now + length
        while self.now < until:
            self.clock.move(min(step, until - self.now))
            with self.stores() as stores:
                is_due = alert_life.is_due(stores, self.policy, self.now)
            if is_due:
                self.turn()

    def silence(self, length: timedelta, reason: str = "moving the database", **labels: str) -> Silence:
        matchers = [Matcher(name, Operator.EQUAL, value) for name, value in (labels or {"service": "shop"}).items()]
        return self._silence(silencing.Wanted(matchers, "ann", reason, self.now + length))

    def maintain(self, length: timedelta, service: str = "shop", after: timedelta = timedelta(0)) -> Silence:
        begin = self.now + after
        kind = SilenceKind.MAINTENANCE
        over = silencing.maintenance(service)
        return self._silence(silencing.Wanted(over, "ben", "new disks", begin + length, begin, kind, service))

    def _silence(self, wanted: silencing.Wanted) -> Silence:
        made = silencing.make(wanted, self.now)
        with self.stores() as stores:
            stores.silences.put(made)
            stores.alerts.add_decisions([silencing.made(made, self.now)])
        return made

    def end_silence(self, id: SilenceId) -> None:
        with self.stores() as stores:
            found = stores.silences.get(id)
            assert found is not None
            after, decision = silencing.end(found, "ann", self.now)
            stores.silences.put(after)
            stores.alerts.look_at_held(self.now, id)
            stores.alerts.add_decisions([decision])

    # -- what is found ---------------------------------------------------------------------------------------------

    def alerts(self, is_open: bool | None = True) -> list[Alert]:
        """Oldest first."""
        with self.stores() as stores:
            return stores.alerts.find(Filter(is_open))[::-1]

    def alert(self, rule: str = "HighErrorRate", is_open: bool | None = True) -> Alert:
        """The newest of this rule."""
        return [each for each in self.alerts(is_open) if each.rule == rule][-1]

    def history(self, subject: str) -> list[Decision]:
        with self.stores() as stores:
            return stores.alerts.decisions(subject)

    def kinds(self, subject: str) -> list[str]:
        return [decision.kind.value for decision in self.history(subject)]

    def told(self, rule: str = "HighErrorRate", is_open: bool | None = True) -> str:
        """The last line of the history, as it is shown."""
        last = self.history(self.alert(rule, is_open).id)[-1]
        return f"{last.kind}: {last.reason}"

    def incidents(self, is_open: bool | None = None) -> list[Incident]:
        with self.stores() as stores:
            return stores.incidents.find(is_open=is_open)

    def entries(self, incident: Incident) -> list[Entry]:
        with self.stores() as stores:
            return stores.incidents.entries(incident.id)

    def is_resolved(self, rule: str = "HighErrorRate") -> bool:
        return self.alert(rule, None).state is AlertState.RESOLVED
