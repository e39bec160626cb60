"""The verbs of figures over time: collect, ask, keep tidy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from accelerapp.base.settings import model as settings
from accelerapp.flows import metric_keeping
from accelerapp.flows.metric_collection import Collection
from accelerapp.metrics.sources.interface import MetricSource
from accelerapp.platforms.interface import Node, Platform
from accelerapp.services.model import Service


@dataclass(frozen=True)
class Metrics:
    """One per process; safe to use from several threads."""

    source: MetricSource
    """What is asked: the embedded evaluator or a Prometheus."""
    own: MetricSource
    """The embedded evaluator, whatever the settings name."""
    settings: settings.Settings
    collection: Collection
    service: Callable[[str], Service]
    platform: Callable[[Service], Platform]
    nodes: Callable[[], list[Node]]
    reading: metric_keeping.Opened
    writing: metric_keeping.Opened

    def collect(self, name: str, now: datetime) -> list[str]:
        """Scrape a service and keep what its platform says; a sentence for each thing that could not be had."""
        service, described = self.service(name), self.settings.services[name]
        scrapes = self.settings.metrics.scrape
        path, more = (described.metrics_path, described.targets) if scrapes else ("", ())
        return self.collection.collect(service, self.platform(service), path, more, now)

    def collect_nodes(self, now: datetime) -> list[str]:
        """Keep what the machines have; a sentence when nobody can tell."""
        return self.collection.collect_nodes(self.nodes, now)

    def scraped(self, since: datetime, until: datetime) -> bool:
        """Was anything scraped from one time to another?"""
        with self.reading() as store:
            return store.has_scrapes(round(since.timestamp() * 1000), round(until.timestamp() * 1000))

    def tidy(self, now: datetime) -> int:
        """Pack, thin and forget; how many blocks and scrapes were forgotten."""
        kept = self.settings.metrics
        return metric_keeping.tidy(self.reading, self.writing, kept.retention, kept.rollup_retention, now)
