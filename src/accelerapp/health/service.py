"""From the results of the checks to one verdict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accelerapp.base.ids import ServiceName
from accelerapp.health.model import CheckResult, HealthReport, Verdict

_WORST_FIRST = (Verdict.DOWN, Verdict.DEGRADED, Verdict.UNKNOWN, Verdict.HEALTHY)


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict over several: down before degraded before unknown before healthy; of none, unknown."""
    return min(verdicts, key=_WORST_FIRST.index, default=Verdict.UNKNOWN)


def report(service: ServiceName, at: datetime, results: Sequence[CheckResult], seconds: float) -> HealthReport:
    """One report over the results, the reasons of the worst checks first."""
    asked = [result for result in results if not result.skipped]
    ranked = sorted(asked, key=lambda result: _WORST_FIRST.index(result.verdict))
    return HealthReport(
        service=service,
        at=at,
        verdict=worst([result.verdict for result in asked]),
        reasons=tuple(reason for result in ranked for reason in result.reasons),
        checks=tuple(results),
        seconds=seconds,
    )
