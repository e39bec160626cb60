"""Alerts, incidents and paging, wired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from accelerapp.app.calling import Calling
from accelerapp.base import errors, ids, text
from accelerapp.base.ids import PageId

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from accelerapp.alerts.model import Alert, Trial
    from accelerapp.flows.access_check import LeftOut
    from accelerapp.flows.alert_intake import Stores
    from accelerapp.flows.alerting import Alerting
    from accelerapp.flows.drilling import Drilling
    from accelerapp.flows.pager import Pager
    from accelerapp.flows.paging import Stores as PagingStores
    from accelerapp.flows.proving import Proving
    from accelerapp.flows.reaching import Reaching
    from accelerapp.flows.replying import Replying
    from accelerapp.flows.sending import Sending


_TOO_LATE = timedelta(minutes=2)
_WATCHER_SECONDS = 10.0


class Alerts(Calling):
    """What is wrong, and who is told."""

    # -- alerts ----------------------------------------------------------------------------------------------------

    @cached_property
    def alerting(self) -> Alerting:
        """The verbs of alerts, silences, senders and incidents."""
        from accelerapp.access import passwords
        from accelerapp.flows import paging
        from accelerapp.flows.alerting import Alerting, Paging

        def paged(stores: Stores, pages: Sequence[PageId], now: datetime) -> None:
            if isinstance(stores, paging.Stores):
                paging.page(stores, pages, now)

        def seen(stores: Stores, alert: Alert, by: str, now: datetime) -> None:
            if isinstance(stores, paging.Stores):
                paging.alert_acknowledged(stores, alert, by, now)

        return Alerting(
            reading=lambda: self._alert_stores(self.database.read()),
            writing=lambda: self._alert_stores(self.database.write()),
            policy=self.settings.alerts,
            digest=passwords.digest,
            clock=self.clock,
            listening_since=self.clock.now(),
            paging=Paging(paged, seen, self._wake, self._wake_due),
        )

    @contextmanager
    def _alert_stores(self, opened: AbstractContextManager[Connection]) -> Iterator[PagingStores]:
        from accelerapp.alerts.integration_store_sql import SqlIntegrations
        from accelerapp.alerts.silence_store_sql import SqlSilences
        from accelerapp.alerts.store_sql import SqlAlerts
        from accelerapp.flows.paging import Stores
        from accelerapp.incidents.store_sql import SqlIncidents
        from accelerapp.oncall.store_sql import SqlOncall
        from accelerapp.paging.store_sql import SqlOutbox, SqlPagings

        with opened as work:
            yield Stores(
                SqlAlerts(work),
                SqlSilences(work),
                SqlIntegrations(work),
                SqlIncidents(work),
                SqlPagings(work),
                SqlOutbox(work, self.clock.now),
                SqlOncall(work),
            )

    def try_alert(self, service: str | None, by: str) -> Trial:
        """Send a harmless alert the whole way; every station says what it did."""
        from accelerapp.flows import alert_trial

        return alert_trial.run(self.alerting, self.service(service).name if service or self.services else "", by)

    # -- paging ----------------------------------------------------------------------------------------------------

    @cached_property
    def pager(self) -> Pager:
        """The verbs of pages: who is called for them, acknowledge, resolve."""
        from accelerapp.flows.pager import Pager

        return Pager(
            reading=lambda: self._alert_stores(self.database.read()),
            writing=lambda: self._alert_stores(self.database.write()),
            clock=self.clock,
            key=lambda: self._link_key,
            wake=self._wake,
        )

    @cached_property
    def proving(self) -> Proving:
        """The verbs of test pages."""
        from accelerapp.flows.proving import Proving

        used = self.pager
        return Proving(used.reading, used.writing, self.clock, self._wake, self.settings.paging.test_at)

    @cached_property
    def drilling(self) -> Drilling:
        """The verbs of drills."""
        from accelerapp.flows.drilling import Drilling

        return Drilling(self.pager.reading, self.pager.writing, self.clock, self._wake)

    @cached_property
    def replying(self) -> Replying:
        """The verbs of answers by text message, and of tools that keep incidents."""
        from accelerapp.flows.replying import Replying

        used, lasts = self.pager, self.settings.paging.link_lasts
        return Replying(used.writing, self.clock, used.key, lasts, self._wake)

    @cached_property
    def _link_key(self) -> str:
        from accelerapp.paging.store_sql import SqlKeys

        with self.database.write() as work:
            return SqlKeys(work).get("links", ids.new_secret())

    @cached_property
    def sending(self) -> Sending:
        """What a sender of this process does with the outbox."""
        import random
        import time

        from accelerapp.flows.sending import Sending

        return Sending(
            reading=self.pager.reading,
            writing=self.pager.writing,
            post=self._reaching.post,
            clock=self.clock,
            holder=self.process,
            spread=random.random,
            monotonic=time.monotonic,
        )

    def _try_paging(self) -> str | LeftOut:
        from accelerapp.flows import paging, reaching
        from accelerapp.flows.access_check import LeftOut

        if not self.settings.data.has_database:
            return LeftOut(paging.UNCONFIGURED, paging.MEND)
        standing = self.pager.standing()
        if not standing.is_configured:
            return LeftOut(paging.UNCONFIGURED, paging.MEND)
        reaching.check(self.oncall.book(), self.settings.channels)
        return standing.said

    def _try_tests(self) -> str | LeftOut:
        from accelerapp.flows import proving

        return self.proving.standing() if self.settings.data.has_database else proving.NOBODY

    @property
    def _reaching(self) -> Reaching:
        from accelerapp.flows.reaching import Reaching

        known, lasts = self.settings.channels, self.settings.paging.link_lasts
        return Reaching(known, self.channel, self.address, self.pager.token, lasts, self.replying.code)

    def send_heartbeat(self) -> None:
        """Call the watcher outside, unless due work lies about. Raises CannotTellError; its address is never told."""
        from accelerapp.clients import outgoing

        late = self.pager.standing().oldest_due_seconds
        if late > _TOO_LATE.total_seconds():
            raise errors.CannotTellError(f"Due pages wait for {text.duration(late)}: no heartbeat is sent.")
        url = self.settings.paging.heartbeat_url.get_secret_value()
        found = outgoing.Outgoing(_WATCHER_SECONDS).request("GET", url, {})
        if not 200 <= found.status < 300:
            raise errors.CannotTellError(f"The watcher of paging.heartbeat_url answers {found.status}.")
