"""`/metrics` of the product itself, in Prometheus' text format."""

from __future__ import annotations

import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accelerapp import __version__
from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.engine.runner import Engine
from accelerapp.flows import own_figures
from accelerapp.health.model import Verdict
from accelerapp.metrics import figures
from accelerapp.metrics.model import NAME

_HELP = {**figures.HELP, **own_figures.HELP}
_FIGURES = '{__name__=~"' + "|".join(_HELP) + '"}'
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Counts requests, and looks at the engine and the services when it is asked."""

    def __init__(self, app: App, engine: Engine) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Looker(app, engine))
        labels = ["method", "route"]
        self.requests = Counter(
            "accelerapp_http_requests", "Requests answered.", [*labels, "status"], registry=self._registry
        )
        self.seconds = Histogram(
            "accelerapp_http_request_seconds",
            "Time until the answer began.",
            labels,
            buckets=_BUCKETS,
            registry=self._registry,
        )

    def text(self) -> bytes:
        """All metrics now."""
        return generate_latest(self._registry)


class Measured:
    """ASGI middleware that counts and times requests by the route's template, never by the raw path."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status, took = time.perf_counter(), 500, None

        async def watched(message: Message) -> None:
            nonlocal status, took
            if message["type"] == "http.response.start":
                status, took = message["status"], time.perf_counter() - start
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "") or "other"
            method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PATCH", "DELETE") else "other"
            self._metrics.requests.labels(method, route, status).inc()
            self._metrics.seconds.labels(method, route).observe(took or time.perf_counter() - start)


class _Looker(Collector):
    """What is known at the moment of asking."""

    def __init__(self, app: App, engine: Engine) -> None:
        self._app = app
        self._engine = engine

    def collect(self) -> Iterable[Metric]:
        """The product's version, the engine's jobs, the verdicts of the services."""
        yield InfoMetricFamily("accelerapp_build", "The running version.", value={"version": __version__})
        yield from self._jobs()
        verdicts = GaugeMetricFamily(
            "accelerapp_service_verdict", "1 for the verdict that a service has now.", labels=["service", "verdict"]
        )
        for service in self._app.services:
            try:
                state = self._app.latest_health(service.name)
            except errors.AccelerappError:
                state = None
            now = state.verdict if state else Verdict.UNKNOWN
            for verdict in Verdict:
                verdicts.add_metric([service.name, verdict.value], float(verdict is now))
        yield verdicts
        yield from self._figures()

    def _figures(self) -> Iterable[Metric]:
        """What the platforms, the probes and this product itself measured last, as the embedded rules see it."""
        try:
            found = self._app.metrics.own.instant(_FIGURES, self._app.clock.now()).elements
        except errors.AccelerappError:
            return  # nothing was measured lately: the series have ended
        families: dict[str, Metric] = {}
        for each in found:
            name = each.labels[NAME]
            if name not in families:
                kind = "counter" if name.endswith("_total") else "gauge"
                families[name] = Metric(name.removesuffix("_total"), _HELP.get(name, ""), kind)
            labels = {label: value for label, value in each.labels.items() if label != NAME}
            families[name].add_sample(name, labels, each.point.value)
        yield from families.values()

    def _jobs(self) -> Iterable[Metric]:
        runs = CounterMetricFamily("accelerapp_job_runs", "Runs of a job.", labels=["job"])
        failures = CounterMetricFamily("accelerapp_job_failures", "Runs of a job that failed.", labels=["job"])
        seconds = GaugeMetricFamily("accelerapp_job_seconds", "How long the last run took.", labels=["job"])
        success = GaugeMetricFamily(
            "accelerapp_job_last_success", "When it last succeeded.", labels=["job"], unit="seconds"
        )
        for job in self._engine.status():
            runs.add_metric([job.name], job.runs)
            failures.add_metric([job.name], job.failures)
            if job.seconds is not None:
                seconds.add_metric([job.name], job.seconds)
            if job.last_success is not None:
                success.add_metric([job.name], job.last_success.timestamp())
        return runs, failures, seconds, success
