"""CPU and memory of each replica.

Facts: `cpu_cores` and `memory_bytes` (of all together), `missing` (names of ready replicas without a figure yet) and
`replicas`: a list of `name`, `cpu_cores`, `memory_bytes`, `memory_limit_bytes` (null: none), `memory_percent` (of the
limit, null without one), `at`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from accelerapp.base import text
from accelerapp.base.ids import ServiceName
from accelerapp.base.settings import model as settings
from accelerapp.health.checks import interface
from accelerapp.health.model import CheckResult, Verdict
from accelerapp.platforms.interface import Platform, ReplicaUsage, Workload

NAME, TITLE = "usage", "CPU and memory"


@dataclass(frozen=True)
class UsageCheck:
    """Asks the platform what each replica uses."""

    platform: Platform
    service: ServiceName
    limits: settings.Health
    name: ClassVar[str] = NAME
    title: ClassVar[str] = TITLE

    def look(self) -> CheckResult:
        """What the replicas use now. Raises CannotTellError when the platform cannot be asked."""
        return judge_usage(self.platform.workload(self.service), self.platform.usage(self.service), self.limits)


def judge_usage(workload: Workload, usages: Sequence[ReplicaUsage], limits: settings.Health) -> CheckResult:
    """Memory above the limit's percentage is a reason; replicas that run and no figure at all is unknown."""
    measured = {usage.replica for usage in usages}
    missing = [each.name for each in workload.replicas if each.ready and each.name not in measured]
    facts = {
        "cpu_cores": sum(usage.cpu_cores for usage in usages),
        "memory_bytes": sum(usage.memory_bytes for usage in usages),
        "missing": missing,
        "replicas": [_facts(usage) for usage in usages],
    }
    if missing and not usages:
        reason = "No replica has a figure for CPU and memory yet."
        return CheckResult(NAME, TITLE, Verdict.UNKNOWN, "no figures yet", (reason,), facts)
    reasons = tuple(reason for usage in usages for reason in _reasons(usage, limits.memory_percent))
    return CheckResult(NAME, TITLE, interface.verdict_of(reasons), _summary(usages, missing), reasons, facts)


def percent_of_limit(usage: ReplicaUsage) -> float | None:
    """Memory in percent of the limit; None where there is no limit."""
    return 100 * usage.memory_bytes / usage.memory_limit_bytes if usage.memory_limit_bytes else None


def _reasons(usage: ReplicaUsage, limit: float) -> list[str]:
    percent = percent_of_limit(usage)
    if percent is None or percent <= limit:
        return []
    allowed = text.size(usage.memory_limit_bytes or 0)
    return [f"{usage.replica} uses {percent:.0f} % of its memory limit of {allowed} (reason from {limit:g} %)."]


def _summary(usages: Sequence[ReplicaUsage], missing: Sequence[str]) -> str:
    if not usages:
        return "no replica runs"
    cores, memory = sum(usage.cpu_cores for usage in usages), sum(usage.memory_bytes for usage in usages)
    parts = [f"{cores:.2f} cores, {text.size(memory)} in {text.count(len(usages), 'replica')}"]
    percents = [percent for usage in usages if (percent := percent_of_limit(usage)) is not None]
    if percents:
        parts.append(f"at most {max(percents):.0f} % of a memory limit")
    if missing:
        parts.append(f"no figure yet of {', '.join(missing)}")
    return ", ".join(parts)


def _facts(usage: ReplicaUsage) -> dict[str, Any]:
    return {
        "name": usage.replica,
        "cpu_cores": usage.cpu_cores,
        "memory_bytes": usage.memory_bytes,
        "memory_limit_bytes": usage.memory_limit_bytes,
        "memory_percent": percent_of_limit(usage),
        "at": usage.at.isoformat(),
    }
