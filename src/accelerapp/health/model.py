"""The nouns of a health check."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from accelerapp.base.ids import ServiceName


class Verdict(StrEnum):
    """Healthy is said only when every check could tell and found nothing."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class CheckResult:
    """What one check found."""

    name: str
    """Stable: replicas, usage, errors, database, disk, url, certificate, host."""
    title: str
    verdict: Verdict
    summary: str
    """One line: `3 of 3 replicas ready, version 1.0.0`."""
    reasons: tuple[str, ...] = ()
    """Why the verdict is not healthy, a sentence each."""
    facts: dict[str, Any] = field(default_factory=dict)
    """The figures behind it, JSON values with stable names, documented at each check."""
    seconds: float = 0.0
    skipped: str = ""
    """Not asked, and why (no database is configured): counts as neither healthy nor unknown."""


@dataclass(frozen=True)
class HealthReport:
    """The health of one service at one time."""

    service: ServiceName
    at: datetime
    verdict: Verdict
    reasons: tuple[str, ...]
    checks: tuple[CheckResult, ...]
    seconds: float = 0.0


@dataclass(frozen=True)
class HealthState:
    """The last report that was kept, and since when its verdict holds."""

    service: ServiceName
    verdict: Verdict
    since: datetime
    at: datetime
    report: HealthReport
