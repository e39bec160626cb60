"""Samples, kept: what a store does, and one in memory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from accelerapp.base.ids import ServiceName
from accelerapp.metrics.model import Metric, Sample


class Samples(Protocol):
    """Samples of all services."""

    def add(self, samples: Iterable[Sample]) -> None:
        """Keep them. One that is already there (same service, replica, metric and time) stays as it was."""
        ...

    def since(self, service: ServiceName, metric: Metric, since: datetime) -> list[Sample]:
        """The samples of a service from `since` on, by time, then replica."""
        ...

    def prune(self, before: datetime) -> int:
        """Forget what is older; how many samples that were."""
        ...


class MemorySamples:
    """Samples of this process, for tests."""

    def __init__(self) -> None:
        self._samples: dict[tuple[ServiceName, str, Metric, datetime], Sample] = {}

    def add(self, samples: Iterable[Sample]) -> None:
        """Keep them; what is already there stays as it was."""
        for each in samples:
            self._samples.setdefault((each.service, each.replica, each.metric, each.at), each)

    def since(self, service: ServiceName, metric: Metric, since: datetime) -> list[Sample]:
        """The samples of a service from `since` on, by time, then replica."""
        found = (each for each in self._samples.values() if each.service == service and each.metric is metric)
        return sorted((each for each in found if each.at >= since), key=lambda each: (each.at, each.replica))

    def prune(self, before: datetime) -> int:
        """Forget what is older; how many samples that were."""
        old = [key for key, each in self._samples.items() if each.at < before]
        for key in old:
            del self._samples[key]
        return len(old)
