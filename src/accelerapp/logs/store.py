"""The baseline of each service, kept: what a store does, and one in memory."""

from __future__ import annotations

from typing import Protocol

from accelerapp.base.ids import ServiceName
from accelerapp.logs.baseline import Baseline


class Baselines(Protocol):
    """One baseline per service."""

    def get(self, service: ServiceName) -> Baseline:
        """What is known; an empty baseline before the first."""
        ...

    def put(self, service: ServiceName, before: Baseline, after: Baseline) -> None:
        """Keep `after` in place of `before`, which `get` gave: only what differs is written."""
        ...


class MemoryBaselines:
    """Baselines of this process, for tests."""

    def __init__(self) -> None:
        self._known: dict[ServiceName, Baseline] = {}

    def get(self, service: ServiceName) -> Baseline:
        """What is known; an empty baseline before the first."""
        return self._known.get(service, Baseline())

    def put(self, service: ServiceName, before: Baseline, after: Baseline) -> None:
        """Keep `after` in place of `before`."""
        self._known[service] = after
