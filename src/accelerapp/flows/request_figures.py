"""The figures of a service's requests that are looked at everywhere, and what is asked for each, in PromQL. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accelerapp.alerts.rules.kinds import interface as kinds
from accelerapp.base.settings.model import Slo
from accelerapp.incidents.moves import Figure

FAILED = Figure("the share of failed requests", "%", floor=0.005, only_up=True)
LATENCY = Figure("the 95th percentile of latency", "s", floor=0.05, share=0.5, only_up=True)
TRAFFIC = Figure("traffic", "requests/s", floor=0.2, share=0.4)


def expressions(service: str, known: Sequence[Slo], window: str) -> Mapping[Figure, str]:
    """What is asked for each figure, in PromQL: by the names in its objectives, or by the usual ones."""
    usual = Slo(kind="availability", objective_percent=99)
    slo = next((each for each in known if each.kind == "availability"), usual)
    histogram = next((each.histogram for each in known if each.kind == "latency"), usual.histogram)
    mine, failing = (kinds.all_of(service, slo.selector, *more) for more in ((), (slo.failed,)))
    total = f"sum(rate({slo.requests}{mine}[{window}]))"
    failed = f"sum(rate({slo.requests}{failing}[{window}]))"
    buckets = f"sum by (le) (rate({histogram}_bucket{mine}[{window}]))"
    return {
        FAILED: f"({failed} or vector(0)) / {total}",
        LATENCY: f"histogram_quantile(0.95, {buckets})",
        TRAFFIC: total,
    }
