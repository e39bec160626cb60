"""Metrics and rules, wired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from accelerapp.app.alerts import Alerts
from accelerapp.app.logs import Logs
from accelerapp.base import errors, text
from accelerapp.base.settings import load

if TYPE_CHECKING:
    from accelerapp.alerts.model import Integration
    from accelerapp.alerts.rules.model import Rule
    from accelerapp.alerts.rules.store import RuleStates
    from accelerapp.flows.metric_collection import Collection
    from accelerapp.flows.metrics import Metrics
    from accelerapp.flows.rule_evaluation import Evaluated
    from accelerapp.flows.rules import Rules, Take
    from accelerapp.metrics.head import Row
    from accelerapp.metrics.series_store_sql import SqlSeries
    from accelerapp.metrics.sources.interface import MetricSource


class Watching(Alerts, Logs):
    """Figures over time, and what is watched of them."""

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

        return Rules(
            all=self.read_rules(),
            objectives=tuple(slo.objectives(self.settings.services)),
            source=lambda: self.metric_source,
            reading=self._reading_rule_states,
            writing=self._writing_rule_states,
            clock=self.clock,
            address=self.address,
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
        from accelerapp.flows import alert_intake, alert_life

        with self.database.write() as work, self._alert_stores(nullcontext(work)) as stores:
            policy, now = self.settings.alerts, self.clock.now()
            yield SqlRuleStates(work), lambda signals: alert_intake.take(stores, signals, policy, now)
            is_due = alert_life.is_to_be_decided(stores, now)
        if is_due:
            self._wake_due()
