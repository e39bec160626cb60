"""Health, usage and explanations, wired."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from accelerapp.app.logs import Logs

if TYPE_CHECKING:
    from accelerapp.explanations.model import Explanation
    from accelerapp.health.checks.errors import WindowMemory
    from accelerapp.health.model import HealthReport, HealthState
    from accelerapp.metrics.model import Series
    from accelerapp.platforms.causes import Findings


class Health(Logs):
    """How services are, and why."""

    @cached_property
    def _windows(self) -> WindowMemory:
        from accelerapp.health.checks.errors import WindowMemory

        return WindowMemory()

    # -- health and usage ------------------------------------------------------------------------------------------

    def health_check(self, service: str | None = None) -> HealthReport:
        """Check a service now: all checks side by side, each bounded by `health.timeout`. What fails reads unknown."""
        from accelerapp.health.checks.errors import WindowMemory

        return self._check(service, WindowMemory())

    def _check(self, service: str | None, memory: WindowMemory) -> HealthReport:
        from accelerapp.flows import health_check
        from accelerapp.health.checks import family

        name, limits, now = self.service(service).name, self.settings.health, self.clock.now()
        review = self.log_windows(name, now)
        checks = family.of_service(
            name,
            self.settings.services[name],
            limits,
            self.platform(self.service(name)),
            lambda length: memory.get(name, length, now, lambda: health_check.log_window(review(length), length)),
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
