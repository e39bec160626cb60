"""Asks the metrics how quickly services answered, for the status page: beforehand, never while somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accelerapp.alerts.rules.kinds import interface as kinds
from accelerapp.base import errors
from accelerapp.base.clock import Clock
from accelerapp.base.ids import ServiceName
from accelerapp.base.settings import model as settings
from accelerapp.flows import request_figures
from accelerapp.metrics.sources.interface import MetricSource
from accelerapp.statuspage import latency
from accelerapp.statuspage.latency import Latency

_SCRAPES = 4
"""So many are in the window of a rate, at least."""


@dataclass
class StatusLatency:
    """What was asked last is kept in this process; one thread asks, any may read."""

    source: Callable[[], MetricSource]
    settings: settings.Settings
    clock: Clock
    changed: Callable[[], None]
    _latest: tuple[Latency, ...] = field(default=())

    @property
    def latest(self) -> tuple[Latency, ...]:
        """As it was asked last; not known before that."""
        return self._latest or self._unknown(latency.last_step(self.clock.now()))

    def renew(self) -> None:
        """Ask, unless all of the last step is known. Raises WrongUseError for a wrong selector."""
        until = latency.last_step(self.clock.now())
        if all(each.until == until and each.figures for each in self.latest):
            return
        found = tuple(self._ask(each.service, until) for each in self._unknown(until))
        if found != self._latest:
            self._latest = found
            self.changed()

    def _unknown(self, until: datetime) -> tuple[Latency, ...]:
        return tuple(Latency(ServiceName(name), until) for name in self.settings.status_page.latency)

    def _ask(self, service: ServiceName, until: datetime) -> Latency:
        slo = self.settings.services[service].slo
        window: timedelta = max(latency.STEP, _SCRAPES * self.settings.metrics.period)
        expr = request_figures.expressions(service, slo, kinds.length(window))[request_figures.LATENCY]
        try:
            matrix = self.source().range(expr, until - latency.STEP * (latency.STEPS - 1), until, latency.STEP)
        except errors.CannotTellError:
            return Latency(service, until)
        points = ((point.at_seconds, point.value) for line in matrix.lines for point in line.points)
        return latency.of_points(service, points, until)
