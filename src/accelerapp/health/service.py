"""From the results of the checks to one verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from accelerapp.base import text
from accelerapp.base.ids import ServiceName
from accelerapp.health.model import CheckResult, HealthReport, HealthState, Verdict

_WORST_FIRST = (Verdict.DOWN, Verdict.DEGRADED, Verdict.UNKNOWN, Verdict.HEALTHY)

FRESH = timedelta(minutes=1)
"""How old a kept report may be (beside the time that a check may take) and still speak of now: four periods."""


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


def follow(before: HealthState | None, report: HealthReport) -> HealthState:
    """The state after a report: `since` stays while the verdict does."""
    same = before is not None and before.verdict is report.verdict
    since = min(before.since, report.at) if before and same else report.at
    return HealthState(report.service, report.verdict, since, report.at, report)


def aged(state: HealthState, now: datetime, limit: timedelta) -> HealthState:
    """The state as it may be shown now: one whose report is older than `limit` says nothing about now."""
    if now - state.at <= limit:
        return state
    reason = f"The last check was {text.ago(state.at, now)}; it then said {state.verdict}."
    stale = replace(state.report, verdict=Verdict.UNKNOWN, reasons=(reason, *state.report.reasons))
    return replace(state, verdict=Verdict.UNKNOWN, since=state.at, report=stale)
