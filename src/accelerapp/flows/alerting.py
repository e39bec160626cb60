"""The verbs of alerts for people and doors: take, look, acknowledge, silence, maintain, keep senders."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accelerapp.alerts import heartbeats, service, silencing
from accelerapp.alerts.intake import family
from accelerapp.alerts.model import (
    Alert,
    AlertDetail,
    Decision,
    Integration,
    Kind,
    ShownIntegration,
    Signal,
    Silence,
    SilenceDetail,
    SilenceKind,
)
from accelerapp.alerts.store import Filter
from accelerapp.base import errors, ids
from accelerapp.base.clock import Clock
from accelerapp.base.ids import AlertId, IntegrationId, PageId, SilenceId
from accelerapp.base.settings.model import Alerts as Policy
from accelerapp.flows import alert_intake, alert_life, incident_acts
from accelerapp.flows.alert_intake import Stores, Taken

Work = Callable[[], AbstractContextManager[Stores]]
_NOTE = 1000
_COUNTED_EVERY = timedelta(seconds=1)
_MOST_TURNS = 20


class _OpenCount:
    """How many alerts are open: counted once a second, and followed between. It bounds them, to a few."""

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._count = 0

    def get(self, now: datetime, ask: Callable[[], int]) -> int:
        """As many as are open, or were a moment ago."""
        if self._at is None or not timedelta(0) <= now - self._at < _COUNTED_EVERY:
            self._at, self._count = now, ask()
        return self._count

    def add(self, number: int) -> None:
        """So many more."""
        self._count += number


def _nothing(*_: object) -> None:
    """Nobody is paged."""


@dataclass(frozen=True)
class Paging:
    """Whom pages call, in the same unit of work."""

    paged: Callable[[Stores, Sequence[PageId], datetime], object] = _nothing
    """These pages are new, or speak of more."""
    seen: Callable[[Stores, Alert, str, datetime], None] = _nothing
    """Somebody, by name, has seen an alert."""
    wake: Callable[[], None] = _nothing
    """It is committed: there may be something to send."""
    due: Callable[[], None] = _nothing
    """It is committed: an alert is to be decided about now."""


@dataclass(frozen=True)
class Alerting:
    """Wired to stores. `listening_since`: from when on what is sent can be heard."""

    reading: Work
    writing: Work
    policy: Policy
    digest: Callable[[str], str]
    clock: Clock
    listening_since: datetime
    paging: Paging = field(default_factory=Paging)
    _open: _OpenCount = field(default_factory=_OpenCount)

    # -- signals ---------------------------------------------------------------------------------------------------

    def take(
        self, signals: Sequence[Signal], heard: Collection[IntegrationId] = (), notes: Sequence[Decision] = ()
    ) -> Taken:
        """Take signals; they are committed when this returns."""
        now = self.clock.now()
        with self.writing() as stores:
            count = self._open.get(now, stores.alerts.open_count)
            taken = alert_intake.take(stores, signals, self.policy, now, heard, notes, count)
            is_due = alert_life.is_to_be_decided(stores, now)
        self._open.add(len(taken.opened) - taken.resolved)
        if is_due:
            self.paging.due()
        return taken

    def turn(self) -> alert_life.Turn:
        """Do what time has made due; nothing is written when nothing is."""
        now = self.clock.now()
        with self.reading() as stores:
            if not alert_life.is_due(stores, self.policy, now):
                return alert_life.Turn()
        with self.writing() as stores:
            done = alert_life.turn(stores, self.policy, self.listening_since, now)
            self.paging.paged(stores, done.pages, now)
        if done.pages:
            self.paging.wake()
        return done

    def catch_up(self) -> None:
        """As many turns as it takes, within reason."""
        for _ in range(_MOST_TURNS):
            if not self.turn().is_full:
                return

    def miss_heartbeats(self) -> int:
        """Alerts for heartbeats that did not come; how many are missing now."""
        now = self.clock.now()
        with self.reading() as stores:
            if not heartbeats.missed(stores.integrations.all(), self.listening_since, now):
                return 0
        with self.writing() as stores:
            return alert_life.missed_heartbeats(stores, self.listening_since, self.policy, now)

    def prune(self) -> int:
        """Forget what was over long ago; how many alerts."""
        before = self.clock.now() - self.policy.retention
        with self.writing() as stores:
            stores.silences.prune(before)
            return stores.alerts.prune(before)

    # -- alerts ----------------------------------------------------------------------------------------------------

    def alerts(self, wanted: Filter | None = None) -> list[Alert]:
        """Open ones first, then worst first, then newest first."""
        with self.reading() as stores:
            found = stores.alerts.find(wanted or Filter(is_open=True))
        return sorted(found, key=lambda each: (not each.is_open, each.severity))

    def of_page(self, page: PageId) -> list[Alert]:
        """What a page is about: open ones first, then newest first."""
        with self.reading() as stores:
            return stores.alerts.of_page(page, 100)

    def detail(self, id: str) -> AlertDetail:
        """An alert with its history. Raises NotFoundError."""
        with self.reading() as stores:
            alert = _found(stores, id)
            page = stores.alerts.page(alert.page) if alert.page else None
            return AlertDetail(alert, tuple(stores.alerts.decisions(alert.id)), page)

    def acknowledge(self, id: str, by: str, note: str = "") -> Alert:
        """Somebody has seen it. Raises NotFoundError, or WrongUseError when it is over or was seen already."""
        now, changes = self.clock.now(), service.Changes()
        with self.writing() as stores:
            stores.alerts.lock()
            alert = _found(stores, id)
            if not alert.is_open:
                raise errors.WrongUseError(f"The alert {id} is over already.")
            if alert.acknowledged_at:
                raise errors.WrongUseError(f"{alert.acknowledged_by} has acknowledged {id} already.")
            after = service.acknowledge(alert, by, now, changes, note[:_NOTE])
            alert_intake.write(stores, changes, now)
            self.paging.seen(stores, after, by, now)
        return after

    # -- silences --------------------------------------------------------------------------------------------------

    def silences(self) -> list[SilenceDetail]:
        """Those that are not over, the next to end first, with the open alerts that they hold back."""
        with self.reading() as stores:
            found = stores.silences.unclosed()
            held = stores.alerts.held_by([silence.id for silence in found])
        return [SilenceDetail(each, (), tuple(a for a in held if a.held_by == each.id)) for each in found]

    def silence_detail(self, id: str) -> SilenceDetail:
        """One with its history. Raises NotFoundError."""
        with self.reading() as stores:
            silence = _found_silence(stores, id)
            held = stores.alerts.held_by([silence.id])
            return SilenceDetail(silence, tuple(stores.alerts.decisions(silence.id)), tuple(held))

    def silence(self, wanted: silencing.Wanted) -> Silence:
        """Put a silence or a maintenance. Raises InvalidInputError, WrongUseError."""
        now = self.clock.now()
        silence = silencing.make(wanted, now)
        with self.writing() as stores:
            stores.alerts.lock()
            stores.silences.put(silence)
            stores.alerts.add_decisions([silencing.made(silence, now)])
            # What waits is decided with it; what another reason holds back may be named by this one instead.
            if silence.is_active(now):
                stores.alerts.look_at_held(now)
            incident_acts.tell(stores, incident_acts.of_silence(silence), now)
        return silence

    def end_silence(self, id: str, by: str) -> Silence:
        """End it before its time: what it holds back is decided about at once. Raises NotFoundError, WrongUseError."""
        now = self.clock.now()
        with self.writing() as stores:
            stores.alerts.lock()
            after = self._end(stores, _found_silence(stores, id), by, now)
        self.paging.due()
        return after

    def _end(self, stores: Stores, silence: Silence, by: str, now: datetime) -> Silence:
        after, decision = silencing.end(silence, by, now)
        stores.silences.put(after)
        stores.alerts.look_at_held(now, silence.id)
        stores.alerts.add_decisions([decision])
        return after

    def maintain(
        self, service_name: str, length: timedelta, by: str, reason: str, starts_at: datetime | None = None
    ) -> Silence:
        """A maintenance of a service, or of everything when it is empty."""
        begin = starts_at or self.clock.now()
        over, kind = silencing.maintenance(service_name), SilenceKind.MAINTENANCE
        return self.silence(silencing.Wanted(over, by, reason, begin + length, begin, kind, service_name))

    def end_maintenance(self, service_name: str, by: str) -> list[Silence]:
        """End every maintenance of the service that there is. Raises NotFoundError when there is none."""
        now = self.clock.now()
        with self.writing() as stores:
            stores.alerts.lock()
            found = [
                each
                for each in stores.silences.unclosed()
                if each.kind is SilenceKind.MAINTENANCE and each.service == service_name and each.ends_at > now
            ]
            if not found:
                what = service_name or "everything"
                raise errors.NotFoundError(f"There is no maintenance of {what}.", mend="`accelerapp alert silences`.")
            ended = [self._end(stores, each, by, now) for each in found]
        self.paging.due()
        return ended

    # -- senders ---------------------------------------------------------------------------------------------------

    def integrations(self) -> list[ShownIntegration]:
        """All senders by name."""
        with self.reading() as stores:
            return [ShownIntegration.of(each, family.PATHS[each.kind]) for each in stores.integrations.all()]

    def sender(self, key: str) -> Integration | None:
        """Whose key this is."""
        with self.reading() as stores:
            return stores.integrations.by_hash(self.digest(key))

    def changes(self, id: str, limit: int = 100) -> list[Decision]:
        """What a sender told of changes, oldest first."""
        with self.reading() as stores:
            return stores.alerts.decisions(id, limit)

    def add_integration(
        self,
        name: str,
        kind: Kind,
        by: str,
        *,
        service_name: str = "",
        secret: str = "",
        every: timedelta | None = None,
    ) -> ShownIntegration:
        """A new sender with its key, which is shown this once. Raises InvalidInputError."""
        _check_integration(name, kind, service_name, secret, every)
        key = ids.new_key()
        made = Integration(
            id=IntegrationId(ids.new_id("int")),
            name=name,
            kind=kind,
            hash=self.digest(key),
            created_by=by[:64],
            created_at=self.clock.now(),
            service=service_name,
            secret=secret,
            every_seconds=every.total_seconds() if every else None,
        )
        with self.writing() as stores:
            stores.integrations.add(made)
        path = family.PATHS[kind]
        return ShownIntegration.of(made, path if kind is Kind.PAGERDUTY else f"{path}/{key}", key)

    def remove_integration(self, id: str) -> None:
        """Make its key worthless; a heartbeat that is missed is over. Raises NotFoundError."""
        now = self.clock.now()
        with self.writing() as stores:
            known = next((each for each in stores.integrations.all() if each.id == id), None)
            if known is None:
                raise errors.NotFoundError(f"There is no sender '{id}'.", mend="`accelerapp alert integration list`.")
            stores.integrations.remove(known.id)
            if known.kind is Kind.HEARTBEAT:
                alert_intake.take(stores, [heartbeats.beat(known)], self.policy, now)


def _is_id(id: str) -> bool:
    """Could it be one? Others are not asked for: a database takes not every text."""
    return id.isascii() and id.isprintable() and len(id) <= 32


def _found(stores: Stores, id: str) -> Alert:
    alert = stores.alerts.get(AlertId(id)) if _is_id(id) else None
    if alert is None:
        raise errors.NotFoundError(f"There is no alert '{id}'.", mend="`accelerapp alert list` lists them.")
    return alert


def _found_silence(stores: Stores, id: str) -> Silence:
    silence = stores.silences.get(SilenceId(id)) if _is_id(id) else None
    if silence is None:
        raise errors.NotFoundError(f"There is no silence '{id}'.", mend="`accelerapp alert silences` lists them.")
    return silence


def _check_integration(name: str, kind: Kind, service_name: str, secret: str, every: timedelta | None) -> None:
    problems = []
    if not 0 < len(name) <= 100 or not name.isprintable():
        problems.append(errors.FieldProblem("name", "takes 1 to 100 printable characters."))
    if len(service_name) > 63 or not service_name.isprintable():
        problems.append(errors.FieldProblem("service", "takes at most 63 printable characters."))
    if secret and not (secret.startswith(("env:", "file:")) and secret.isprintable() and len(secret) <= 500):
        problems.append(errors.FieldProblem("secret", "is written as env:NAME or file:PATH, never the secret itself."))
    if secret and kind not in family.SIGNING:
        kinds = " and ".join(sorted(family.SIGNING))
        problems.append(errors.FieldProblem("secret", f"{kind} does not sign; {kinds} do."))
    is_heartbeat = kind is Kind.HEARTBEAT
    if is_heartbeat and (every is None or not heartbeats.SHORTEST <= every <= heartbeats.LONGEST):
        problems.append(errors.FieldProblem("every", "says how often it has to come, from 10s to 366d."))
    if every is not None and not is_heartbeat:
        problems.append(errors.FieldProblem("every", "is for heartbeats alone."))
    if problems:
        raise errors.InvalidInputError("The sender", problems)
