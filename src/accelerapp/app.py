"""The only wiring: from settings to stores, platforms, channels and the flows that use them.

Everything is made when it is first asked for, so that a command pays only for what it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from accelerapp.base import clock as clocks
from accelerapp.base import errors, side_by_side, text
from accelerapp.base.ids import PageId, ReplicaName, ServiceName
from accelerapp.base.settings import load
from accelerapp.base.settings import model as settings_model
from accelerapp.services import model as services_model
from accelerapp.services import service as services

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sqlalchemy import Connection

    from accelerapp.alerts.model import Alert, Integration, Trial
    from accelerapp.alerts.rules.model import Rule
    from accelerapp.alerts.rules.store import RuleStates
    from accelerapp.explanations.model import Explanation
    from accelerapp.flows.access_check import LeftOut, May
    from accelerapp.flows.alert_intake import Stores
    from accelerapp.flows.alerting import Alerting
    from accelerapp.flows.log_compare import Reading
    from accelerapp.flows.log_review import Progress
    from accelerapp.flows.metric_collection import Collection
    from accelerapp.flows.metrics import Metrics
    from accelerapp.flows.notifying import Notifying
    from accelerapp.flows.oncall import Rota
    from accelerapp.flows.oncall_links import Codes, Feeds
    from accelerapp.flows.paging import Pager
    from accelerapp.flows.paging import Stores as PagingStores
    from accelerapp.flows.reaching import Reaching
    from accelerapp.flows.rule_evaluation import Evaluated
    from accelerapp.flows.rules import Rules, Take
    from accelerapp.flows.sending import Sending
    from accelerapp.flows.settings_check import Finding
    from accelerapp.flows.signing_in import Access
    from accelerapp.health.checks.errors import WindowMemory
    from accelerapp.health.model import HealthReport, HealthState
    from accelerapp.logs.baseline import Baseline
    from accelerapp.logs.comparison import LogComparison
    from accelerapp.logs.model import Level, LogReview, Unread
    from accelerapp.logs.sources.interface import Source
    from accelerapp.logs.sources.streams import ReplicaSource
    from accelerapp.logs.store import Baselines
    from accelerapp.logs.stretches import Wanted
    from accelerapp.metrics.head import Row
    from accelerapp.metrics.model import Series
    from accelerapp.metrics.series_store_sql import SqlSeries
    from accelerapp.metrics.sources.interface import MetricSource
    from accelerapp.notifications.channels.interface import Channel
    from accelerapp.oncall.store import OncallStore
    from accelerapp.platforms.causes import Findings
    from accelerapp.platforms.interface import Node, Platform
    from accelerapp.platforms.kubernetes.platform import KubernetesPlatform
    from accelerapp.platforms.local.platform import LocalPlatform
    from accelerapp.storage.leases import Leases
    from accelerapp.storage.unit_of_work import Database

_TOO_LATE = timedelta(minutes=2)


class App:
    """The product, wired. One per process; safe to use from several threads."""

    def __init__(self, settings: settings_model.Settings, clock: clocks.Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or clocks.SystemClock()
        self._asker = side_by_side.SideBySide()
        self._wakes: list[Callable[[], None]] = []

    # -- services and platforms ------------------------------------------------------------------------------------

    @cached_property
    def _windows(self) -> WindowMemory:
        from accelerapp.health.checks.errors import WindowMemory

        return WindowMemory()

    @cached_property
    def services(self) -> tuple[services_model.Service, ...]:
        """The services of the settings, in their order."""
        return tuple(
            services_model.Service(
                name=ServiceName(name),
                platform=service.platform,
                description=service.description,
                owner=service.owner,
                url=service.url,
                repository=service.repository,
                dashboards=service.dashboards,
                logs=service.logs,
                has_database=bool(service.database.get_secret_value() or service.database_command),
                is_default=name == (self.settings.default_service or next(iter(self.settings.services))),
            )
            for name, service in self.settings.services.items()
        )

    def service(self, name: str | None = None) -> services_model.Service:
        """The named service, or the default one. Raises NotFoundError, or WrongUseError when there is none."""
        return services.find(self.services, name, self.settings.default_service)

    @cached_property
    def local_platform(self) -> LocalPlatform:
        """The platform of the services that run as processes on this machine."""
        from accelerapp.platforms.local.platform import LocalPlatform

        described = {
            ServiceName(name): service.local
            for name, service in self.settings.services.items()
            if service.platform == "local" and service.local
        }
        return LocalPlatform(self.settings.data.folder / "local", described, self.clock)

    @cached_property
    def kubernetes_platform(self) -> KubernetesPlatform:
        """The platform of the services that are workloads of Kubernetes clusters."""
        from accelerapp.platforms.kubernetes.platform import KubernetesPlatform

        described = {
            ServiceName(name): service.kubernetes
            for name, service in self.settings.services.items()
            if service.platform == "kubernetes" and service.kubernetes
        }
        return KubernetesPlatform(described, clock=self.clock)

    def platform(self, service: services_model.Service) -> Platform:
        """Where this service runs."""
        return self.kubernetes_platform if service.platform == "kubernetes" else self.local_platform

    def nodes(self) -> list[Node]:
        """The machines of every platform that has a service. Raises CannotTellError."""
        used = dict.fromkeys(service.platform for service in self.services) or {"local": None}
        platforms = [self.kubernetes_platform if name == "kubernetes" else self.local_platform for name in used]
        return [node for platform in platforms for node in platform.nodes()]

    # -- health and usage ------------------------------------------------------------------------------------------

    def health_check(self, service: str | None = None) -> HealthReport:
        """Check a service now: all checks side by side, each bounded by `health.timeout`. What fails reads unknown."""
        from accelerapp.health.checks.errors import WindowMemory

        return self._check(service, WindowMemory())

    def _check(self, service: str | None, memory: WindowMemory) -> HealthReport:
        from accelerapp.flows import health_check
        from accelerapp.health.checks import family

        name, limits, now = self.service(service).name, self.settings.health, self.clock.now()
        checks = family.of_service(
            name,
            self.settings.services[name],
            limits,
            self.platform(self.service(name)),
            lambda length: memory.get(
                name, length, now, lambda: health_check.log_window(self.review_logs(name, length, now), length)
            ),
            self.clock,
        )
        return health_check.check(name, checks, now, limits.timeout, self._asker)

    def keep_health(self, service: str | None = None) -> HealthState:
        """Check a service and keep the report; `since` stays while the verdict does. Not all of a long log is read."""
        from accelerapp.health import service as health
        from accelerapp.health.store_sql import SqlHealthStates

        report = self._check(service, self._windows)
        with self.database.write() as work:
            states = SqlHealthStates(work)
            state = health.follow(states.get(report.service), report)
            states.put(state)
        return state

    def latest_health(self, service: str | None = None) -> HealthState | None:
        """The report last kept; unknown when it is too old to speak of now, None before the first."""
        from accelerapp.health import service as health
        from accelerapp.health.store_sql import SqlHealthStates

        with self.database.read() as work:
            state = SqlHealthStates(work).get(self.service(service).name)
        fresh = health.FRESH + self.settings.health.timeout
        return state and health.aged(state, self.clock.now(), fresh)

    def sample_usage(self) -> tuple[str, ...]:
        """Keep what every replica uses now; a sentence for each service whose platform cannot tell."""
        from accelerapp.flows import usage_sampling
        from accelerapp.metrics.store_sql import SqlSamples

        samples, silent = usage_sampling.sample(self.services, self.platform)
        if samples:
            with self.database.write() as work:
                SqlSamples(work).add(samples)
        return silent

    def usage_history(self, service: str | None = None, minutes: int = 60) -> list[Series]:
        """CPU and memory of each replica over the last minutes, ready to draw."""
        from accelerapp.metrics import service as metrics
        from accelerapp.metrics.model import Metric
        from accelerapp.metrics.store_sql import SqlSamples

        name, until = self.service(service).name, self.clock.now()
        since = until - timedelta(minutes=minutes)
        with self.database.read() as work:
            found = [SqlSamples(work).since(name, metric, since) for metric in Metric]
        return [line for samples in found for line in metrics.series(samples, since, until)]

    def prune_usage(self, now: datetime) -> int:
        """Forget samples older than `data.usage_retention`; how many that were."""
        from accelerapp.metrics.store_sql import SqlSamples

        with self.database.write() as work:
            return SqlSamples(work).prune(now - self.settings.data.usage_retention)

    # -- explanations ----------------------------------------------------------------------------------------------

    def explain(self, name: str | None = None, namespace: str = "", context: str = "") -> Explanation:
        """Why a service does not run; or, in a cluster, `kind/name`, or all that is wrong in a namespace.

        Raises NotFoundError, WrongUseError (the name of two kinds), CannotTellError.
        """
        from accelerapp.flows import explain

        at = self.clock.now()
        is_service = name is None or name in self.settings.services
        reaches_out = bool(namespace or context or "/" in (name or "")) or (not is_service and self._has_clusters)
        return explain.explain(lambda: self._findings(name, namespace, context, at, reaches_out), at)

    @property
    def _has_clusters(self) -> bool:
        return any(service.platform == "kubernetes" for service in self.services)

    def _findings(self, name: str | None, namespace: str, context: str, at: datetime, reaches_out: bool) -> Findings:
        from accelerapp.flows import explain

        service = None if reaches_out else self.service(name)
        if service and service.platform != "kubernetes":
            return explain.of_local(self.platform(service), service.name)
        from accelerapp.clients.kubernetes import cluster as clusters
        from accelerapp.platforms.kubernetes import explaining

        if service:
            place = self.kubernetes_platform.place(service.name)
            return explaining.of_object(
                self.kubernetes_platform.cluster(service.name), place.namespace, place.title, at
            )
        said = next((each.kubernetes for each in self.settings.services.values() if each.kubernetes), None)
        cluster = clusters.connect(said.kubeconfig if said else "", context or (said.context if said else ""))
        where = namespace or (said.namespace if said and not context else "") or cluster.namespace or "default"
        return explaining.of_object(cluster, where, name, at) if name else explaining.of_namespace(cluster, where, at)

    # -- logs ------------------------------------------------------------------------------------------------------

    def review_logs(
        self,
        service: str | None,
        last: timedelta,
        now: datetime,
        progress: Progress | None = None,
        executor: str | Executor | None = None,
    ) -> LogReview:
        """Review the service's logs of the last `last`: what its platform keeps, and the files of the settings.

        They are compared with the service's baseline. `executor` reads large logs in parts: one that there is, or
        the address of a Dask scheduler; None takes threads of this process.
        """
        found = self.service(service)
        baseline, trouble = self.baseline(found.name)
        review = self._review_logs(found, now - last, now, None if trouble else baseline, progress, executor)
        return replace(review, notes=(*review.notes, trouble)) if trouble else review

    def _review_logs(
        self,
        service: services_model.Service,
        since: datetime,
        until: datetime,
        baseline: Baseline | None,
        progress: Progress | None = None,
        executor: str | Executor | None = None,
    ) -> LogReview:
        from accelerapp.clients import executors
        from accelerapp.flows import log_review

        platform = self.platform(service)
        named, replicas, unread = _log_sources(platform, service, since, until)
        running = _running(platform, service.name)
        known = {source.name for source in replicas} | (baseline.replicas if baseline else set())
        with executors.opened(executor) as workers:
            return log_review.review(
                chain(named, replicas),
                since,
                until,
                unread,
                progress,
                ended=known - running if running is not None else (),
                executor=workers,
                baseline=baseline,
                is_idle=not running and not service.logs,
            )

    def baseline(self, service: str | None) -> tuple[Baseline, str]:
        """What is usual in the service's log, and a sentence when that cannot be read. Makes no database."""
        from accelerapp.logs.baseline import Baseline

        name = self.service(service).name
        if not self.settings.data.has_database:
            return Baseline(), ""
        from accelerapp.logs.store_sql import SqlBaselines  # takes longer than all the rest of a health check's start

        try:
            with self.database.read() as work:
                return SqlBaselines(work).get(name), ""
        except errors.AccelerappError as error:
            return Baseline(), f"The baseline cannot be read: {error.message}"

    @contextmanager
    def _baselines(self, opened: AbstractContextManager[Connection]) -> Iterator[Baselines]:
        from accelerapp.logs.store_sql import SqlBaselines

        with opened as work:
            yield SqlBaselines(work)

    def learn_logs(self, service: str | None = None) -> bool:
        """Learn what is usual from the hour that is over, if there is one: was there? Raises CannotTellError."""
        from accelerapp.flows import log_baseline

        found = self.service(service)
        return log_baseline.learn(
            found.name,
            lambda: self._baselines(self.database.read()),
            lambda: self._baselines(self.database.write()),
            lambda since, until, known: self._review_logs(found, since, until, known),
            self.clock.now(),
        )

    def compare_logs(
        self,
        service: str | None,
        before: Wanted,
        after: Wanted,
        progress: Progress | None = None,
        executor: str | Executor | None = None,
    ) -> LogComparison:
        """Compare two stretches of the service's logs: windows of time, or releases. Raises WrongUseError."""
        from accelerapp.clients import executors
        from accelerapp.flows import log_compare

        sides = [self.log_stretch(service, wanted) for wanted in (before, after)]
        known = self.baseline(service)[0].templates
        with executors.opened(executor) as workers:
            return log_compare.compare(sides[0], sides[1], known, progress, workers)

    def log_stretch(self, service: str | None, wanted: Wanted) -> Reading:
        """A stretch of the service's logs, to be read. Of a release: without the replicas that now run another."""
        from accelerapp.flows.log_compare import Reading
        from accelerapp.logs import stretches

        found, now = self.service(service), self.clock.now()
        platform = self.platform(found)
        others = set()
        if wanted.release:
            stretch = stretches.of_release(wanted.release, platform.revisions(found.name), now)
            running = platform.workload(found.name).replicas
            others = {replica.name for replica in running if replica.version != wanted.release}
        else:
            stretch = stretches.parse(wanted.window, now)
        named, replicas, unread = _log_sources(platform, found, stretch.since, stretch.until)
        kept = [source for source in replicas if source.name not in others]
        return Reading(stretch.name, chain(named, kept), stretch.since, stretch.until, unread)

    def tail_logs(
        self,
        service: str | None,
        *,
        lines: int = 100,
        follow: bool = False,
        level: Level | None = None,
        match: str | None = None,
        replicas: Sequence[ReplicaName] = (),
        previous: bool = False,
        last: timedelta | None = None,
    ) -> Iterator[bytes]:
        """`REPLICA LINE` of the last lines of all replicas, or of `replicas`; with `follow` also of those that come.

        `previous`: of the run before the present one; `last`: nothing that is much older.
        """
        from accelerapp.flows import log_tail
        from accelerapp.platforms.interface import LogRequest

        found, pattern = self.service(service), log_tail.compile_match(match)
        searched = log_tail.SEARCHED if level or pattern else lines
        since = self.clock.now() - last if last else None
        request = LogRequest(found.name, since, searched, follow, replicas, previous)
        chunks = self.platform(found).logs(request)
        return log_tail.tail(chunks, lines, level, pattern, self.clock.now())

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
            paging=Paging(paged, seen, self._wake),
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

    def secret(self, reference: str) -> str:
        """What `env:NAME` or `file:PATH` stands for; a path is relative to the settings. Raises WrongUseError."""
        source = self.settings.source
        return load.secret(reference, source.parent if source else Path.cwd())

    def try_alert(self, service: str | None, by: str) -> Trial:
        """Send a harmless alert the whole way; every station says what it did."""
        from accelerapp.flows import alert_trial

        return alert_trial.run(self.alerting, self.service(service).name if service or self.services else "", by)

    # -- notifications ---------------------------------------------------------------------------------------------

    @cached_property
    def _channels(self) -> dict[str, Channel]:
        from accelerapp.notifications.channels import family

        return {name: family.of_settings(name, each) for name, each in self.settings.channels.items()}

    def channel(self, name: str) -> Channel:
        """A channel of the settings. Raises NotFoundError."""
        if name not in self._channels:
            raise errors.NotFoundError(f"There is no channel '{name}'.", mend="Describe it as [channels.NAME].")
        return self._channels[name]

    @cached_property
    def notifying(self) -> Notifying:
        """The verbs of telling the team."""
        from accelerapp.flows.notifying import Notifying

        return Notifying(self.settings.channels, self.settings.notify, self.channel, self.clock, self._asker)

    # -- on-call ---------------------------------------------------------------------------------------------------

    @cached_property
    def oncall(self) -> Rota:
        """The verbs of on-call: who is, the book of people, schedules and policies, overrides and swaps."""
        from accelerapp.flows.oncall import Rota

        return Rota(
            reading=lambda: self._oncall_store(self.database.read()),
            writing=lambda: self._oncall_store(self.database.write()),
            clock=self.clock,
        )

    @cached_property
    def oncall_codes(self) -> Codes:
        """Proofs of contact methods."""
        from accelerapp.access import passwords
        from accelerapp.flows.code_sending import ByChannels
        from accelerapp.flows.oncall_links import Codes

        channels = self.settings.channels
        return Codes(
            self.oncall, passwords.digest, ByChannels(channels, self.channel, self.clock) if channels else None
        )

    @cached_property
    def oncall_feeds(self) -> Feeds:
        """Calendars behind links."""
        from accelerapp.access import passwords
        from accelerapp.flows.oncall_links import Feeds

        return Feeds(self.oncall, passwords.digest)

    @contextmanager
    def _oncall_store(self, opened: AbstractContextManager[Connection]) -> Iterator[OncallStore]:
        from accelerapp.oncall.store_sql import SqlOncall

        with opened as work:
            yield SqlOncall(work)

    # -- paging ----------------------------------------------------------------------------------------------------

    @cached_property
    def pager(self) -> Pager:
        """The verbs of pages: who is called for them, acknowledge, resolve."""
        from accelerapp.flows.paging import Pager

        return Pager(
            reading=lambda: self._alert_stores(self.database.read()),
            writing=lambda: self._alert_stores(self.database.write()),
            clock=self.clock,
            key=lambda: self._link_key,
            wake=self._wake,
        )

    @cached_property
    def _link_key(self) -> str:
        from accelerapp.flows import paging
        from accelerapp.paging.store_sql import SqlKeys

        with self.database.write() as work:
            return SqlKeys(work).get("links", paging.fresh_key())

    @cached_property
    def sending(self) -> Sending:
        """What a sender of this process does with the outbox."""
        import os
        import random
        import time

        from accelerapp.flows.sending import Sending

        return Sending(
            reading=self.pager.reading,
            writing=self.pager.writing,
            post=self._reaching.post,
            clock=self.clock,
            holder=f"{os.uname().nodename} (process {os.getpid()})",
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

    @property
    def _reaching(self) -> Reaching:
        from accelerapp.flows.reaching import Reaching

        known, lasts = self.settings.channels, self.settings.paging.link_lasts
        return Reaching(known, self.channel, self.address, self.pager.token, lasts)

    @property
    def address(self) -> str:
        """Under which people reach the console, without a slash at its end."""
        server = self.settings.server
        return (server.url or f"http://{server.host}:{server.port}").rstrip("/")

    def when_outgoing(self, wake: Callable[[], None]) -> None:
        """`wake` is called whenever this process has committed something that may have to be sent."""
        self._wakes.append(wake)

    def _wake(self) -> None:
        for wake in self._wakes:
            wake()

    def send_heartbeat(self) -> None:
        """Call the watcher outside, unless due work lies about. Raises CannotTellError."""
        from accelerapp.clients import http

        late = self.pager.standing().oldest_due_seconds
        if late > _TOO_LATE.total_seconds():
            raise errors.CannotTellError(f"Due pages wait for {text.duration(late)}: no heartbeat is sent.")
        found = http.probe(self.settings.paging.heartbeat_url.get_secret_value(), 10)
        if not 200 <= found.status < 300:
            raise errors.CannotTellError(f"The watcher of paging.heartbeat_url answers {found.status}.")

    # -- metrics ---------------------------------------------------------------------------------------------------

    @property
    def metric_source(self) -> MetricSource:
        """What is asked for series."""
        return self.metrics.source

    @cached_property
    def metrics(self) -> Metrics:
        """The verbs of figures over time."""
        from accelerapp.flows.metrics import Metrics
        from accelerapp.metrics.history import History
        from accelerapp.metrics.sources.embedded import EmbeddedSource, milliseconds

        history = History(self._reading_series, lambda: milliseconds(self.clock.now()))
        own = EmbeddedSource(history, history.has_scrapes)
        source = self.settings.metrics.source
        return Metrics(
            source=own if source == "embedded" else self._prometheus(source),
            own=own,
            settings=self.settings,
            collection=self._collection(),
            service=self.service,
            platform=self.platform,
            nodes=self.nodes,
            reading=self._reading_series,
            writing=self._writing_series,
        )

    def _prometheus(self, url: str) -> MetricSource:
        from accelerapp.clients.http import HttpClient
        from accelerapp.metrics.sources.prometheus import PrometheusSource

        return PrometheusSource(url, HttpClient(token=self.settings.metrics.token.get_secret_value(), timeout=10))

    def _try_metrics(self) -> str:
        if self.settings.metrics.source == "embedded":
            now, period = self.clock.now(), text.duration(self.settings.metrics.period.total_seconds())
            if not self.settings.data.has_database or not self.metrics.scraped(now - timedelta(minutes=5), now):
                return f"`accelerapp up` scrapes every {period}; it has not in the last five minutes."
            return f"`accelerapp up` scrapes every {period}."
        try:
            self.metric_source.instant("1", self.clock.now())
        except errors.CannotTellError as error:
            raise errors.WrongUseError(error.message, mend=error.mend) from error.__cause__
        return f"{self.metric_source.name} answers."

    def _collection(self) -> Collection:
        from accelerapp.clients import tls
        from accelerapp.clients.http import HttpClient
        from accelerapp.flows.metric_collection import Collection, Doors
        from accelerapp.metrics.collector import Collector

        kept = self.settings.metrics
        seconds = kept.timeout.total_seconds()
        # Asked for as it is: to unpack a small answer costs more than to send it.
        headers = {"Accept": "text/plain;version=0.0.4", "Accept-Encoding": "identity"}
        client = HttpClient(timeout=seconds, headers=headers)

        def fetch(url: str) -> tuple[int, bytes]:
            answer = client.read(url, None, at_most=kept.largest_answer, within=seconds)
            return answer.status, answer.body

        def probe(url: str) -> tuple[int, float]:
            return client.probe(url)

        def write(rows: Sequence[Row], written: Sequence[int], back: Mapping[str, int]) -> None:
            with self._writing_series() as store:
                for name, at in back.items():
                    store.forget_after(name, at)
                store.add(rows, written)

        doors = Doors(self._asker, fetch, probe, lambda url: tls.expiry(url, seconds), seconds)
        return Collection(doors, Collector(write, kept.most_series))

    @contextmanager
    def _reading_series(self) -> Iterator[SqlSeries]:
        from accelerapp.metrics.series_store_sql import SqlSeries

        with self.database.read() as work:
            yield SqlSeries(work)

    @contextmanager
    def _writing_series(self) -> Iterator[SqlSeries]:
        from accelerapp.metrics.series_store_sql import SqlSeries

        with self.database.write() as work:
            yield SqlSeries(work)

    # -- rules -----------------------------------------------------------------------------------------------------

    @cached_property
    def rules(self) -> Rules:
        """Every rule and objective, with their verbs. Raises InvalidInputError with every mistake."""
        from accelerapp.alerts.rules import slo
        from accelerapp.flows.rules import Rules

        url = self.settings.server.url or f"http://{self.settings.server.host}:{self.settings.server.port}"
        return Rules(
            all=self.read_rules(),
            objectives=tuple(slo.objectives(self.settings.services)),
            source=lambda: self.metric_source,
            reading=self._reading_rule_states,
            writing=self._writing_rule_states,
            clock=self.clock,
            address=url.rstrip("/"),
        )

    def read_rules(self, files: Sequence[str] = ()) -> tuple[Rule, ...]:
        """The rules of the settings and of these files besides. Raises InvalidInputError with every mistake."""
        from accelerapp.flows import rule_book

        evaluation = self.settings.evaluation
        more = evaluation.model_copy(update={"rules_files": (*evaluation.rules_files, *files)})
        return rule_book.book(
            self.settings.model_copy(update={"evaluation": more}), lambda file: load.read_toml(Path(file))
        )

    def evaluate_rules(self, now: datetime) -> Evaluated:
        """Evaluate the rules that are due, and give what they say to the alerts."""
        return self.rules.evaluate(now)

    def collect_own(self, now: datetime) -> list[str]:
        """Keep what this product finds out itself and rules ask for; a sentence for each thing that it could not."""
        from accelerapp.flows import own_figures

        def senders() -> list[Integration]:
            with self.alerting.reading() as stores:
                return stores.integrations.all()

        names = [service.name for service in self.services]
        found, said = own_figures.find(self.rules.all, names, self.review_logs, senders, now)
        at = round(now.timestamp() * 1000)
        return said + self.metrics.collection.collector.take(own_figures.GROUP, [], [found] if found.values else [], at)

    @contextmanager
    def _reading_rule_states(self) -> Iterator[RuleStates]:
        from accelerapp.alerts.rules.store_sql import SqlRuleStates

        with self.database.read() as work:
            yield SqlRuleStates(work)

    @contextmanager
    def _writing_rule_states(self) -> Iterator[tuple[RuleStates, Take]]:
        from accelerapp.alerts.rules.store_sql import SqlRuleStates
        from accelerapp.flows import alert_intake

        with self.database.write() as work, self._alert_stores(nullcontext(work)) as stores:
            policy, now = self.settings.alerts, self.clock.now()
            yield SqlRuleStates(work), lambda signals: alert_intake.take(stores, signals, policy, now)

    # -- access ----------------------------------------------------------------------------------------------------

    @cached_property
    def access(self) -> Access:
        """The verbs of sign-in, accounts and tokens."""
        from contextlib import contextmanager

        from accelerapp.access import passwords
        from accelerapp.access.store import AccessStore
        from accelerapp.access.store_sql import SqlAccessStore
        from accelerapp.flows.signing_in import Access

        @contextmanager
        def reading() -> Iterator[AccessStore]:
            with self.database.read() as work:
                yield SqlAccessStore(work)

        @contextmanager
        def writing() -> Iterator[AccessStore]:
            with self.database.write() as work:
                yield SqlAccessStore(work)

        length = self.settings.server.session_length
        return Access(reading, writing, passwords.Argon2Passwords(), passwords.digest, self.clock, length)

    # -- settings --------------------------------------------------------------------------------------------------

    def check_settings(self) -> list[Finding]:
        """The settings against reality, a finding each; nothing is made or migrated."""
        from accelerapp.clients import http, machine, postgres
        from accelerapp.flows import settings_check
        from accelerapp.logs.sources import family
        from accelerapp.storage import look

        data = self.settings.data
        world = settings_check.World(
            folder=machine.folder,
            own_database=lambda: look.describe(data.folder, data.database_url.get_secret_value()),
            port=machine.port,
            release=machine.release,
            program=machine.program,
            is_running=lambda: self.local_platform.is_running(),
            status=lambda url: http.probe(url, 5).status,
            database_version=lambda url: postgres.state(url, 5).version,
            log=lambda log: family.try_out(log, self.clock.now()) if "://" in log else machine.log(log),
            repository=machine.repository,
            tool=machine.tool,
            workload=self._workload,
            may=self._may,
            metrics=self._try_metrics,
            channel=lambda name: self.channel(name).check(),
            paging=self._try_paging,
        )
        return settings_check.check(self.settings, world, self._asker)

    @cached_property
    def leases(self) -> Leases | None:
        """How the processes of one database divide the work; None on SQLite: the folder's lock leaves only this one."""
        import os

        from accelerapp.storage import leases

        if not self.settings.data.database_url.get_secret_value():
            return None
        return leases.Leases(self.database, self.clock, f"{os.uname().nodename} (process {os.getpid()})")

    def _workload(self, service: str) -> str:
        from accelerapp.platforms.kubernetes import places

        return f"{places.title_of(self.kubernetes_platform.found(ServiceName(service)))} is there."

    @cached_property
    def _may(self) -> May:
        from accelerapp.platforms.kubernetes import allowing

        return allowing.asker()

    # -- storage ---------------------------------------------------------------------------------------------------

    @cached_property
    def database(self) -> Database:
        """The product's own database, opened, with its schema up to date."""
        from accelerapp.storage import engine, unit_of_work

        opened = engine.open_database(self.settings.data.folder, self.settings.data.database_url.get_secret_value())
        engine.migrate(opened)
        return unit_of_work.Database(opened)


def _log_sources(
    platform: Platform, service: services_model.Service, since: datetime, until: datetime
) -> tuple[list[Source], list[ReplicaSource], list[Unread]]:
    """The logs that the settings name, those of the replicas, and what cannot be read.

    Raises CannotTellError when the platform cannot tell and is the only one to ask.
    """
    from accelerapp.logs.model import Unread
    from accelerapp.logs.sources import family, interface, streams

    named, unread = family.find_all(service.logs, since, until)
    try:
        return named, streams.of_platform(platform, service.name), unread
    except errors.CannotTellError as error:
        if not named:
            raise
        return named, [], [*unread, Unread(f"the replicas of {service.name}", interface.told(error))]


def _running(platform: Platform, service: ServiceName) -> set[str] | None:
    """The replicas that there are now; None when the platform cannot tell."""
    try:
        return {replica.name for replica in platform.workload(service).replicas}
    except errors.CannotTellError:
        return None


def from_settings(path: Path | None = None) -> App:
    """The product as the settings file and the environment say. Raises InvalidInputError with every mistake."""
    return App(load.load(path))
