"""Are the wanted replicas there and ready?

Facts: `desired`, `ready`, `updated`, `version`, `revision`, `phase`, `message`, `address`, `restarts` (of all together)
and `replicas`: a list of `name`, `state`, `ready`, `reason`, `version`, `restarts`, `started_at`, `pid`, `address`,
`node` and `last_exit` (`at`, `exit_code`, `reason`, or null). Times in ISO 8601.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from accelerapp.base import text
from accelerapp.base.ids import ServiceName
from accelerapp.health.checks import interface
from accelerapp.health.model import CheckResult, Verdict
from accelerapp.platforms.interface import LastExit, Platform, Replica, RolloutPhase, Workload

NAME, TITLE = "replicas", "Replicas"


@dataclass(frozen=True)
class ReplicasCheck:
    """Asks the platform for the workload."""

    platform: Platform
    service: ServiceName
    name: ClassVar[str] = NAME
    title: ClassVar[str] = TITLE

    def look(self) -> CheckResult:
        """The replicas as they are now. Raises CannotTellError when the platform cannot be asked."""
        return judge_replicas(self.platform.workload(self.service))


def judge_replicas(workload: Workload) -> CheckResult:
    """None ready of those wanted: down. Fewer than wanted, or a rollout that failed: degraded."""
    reasons = [*_missing(workload), *_rollout(workload)]
    nothing = workload.ready == 0 and workload.desired > 0
    return CheckResult(
        name=NAME,
        title=TITLE,
        verdict=interface.verdict_of(reasons, Verdict.DOWN if nothing else Verdict.DEGRADED),
        summary=_summary(workload),
        reasons=tuple(reasons),
        facts=_facts(workload),
    )


def _missing(workload: Workload) -> list[str]:
    if workload.ready >= workload.desired:
        return []
    if workload.ready:
        first = f"{workload.ready} of {workload.desired} replicas {'is' if workload.ready == 1 else 'are'} ready."
    elif workload.desired == 1:
        first = "The only wanted replica is not ready."
    else:
        first = f"None of {text.count(workload.desired, 'wanted replica')} is ready."
    return [first, *(_why(each) for each in workload.replicas if not each.ready)]


def _why(replica: Replica) -> str:
    return f"{replica.name}: {replica.state}" + (f", {replica.reason}" if replica.reason else ".")


def _rollout(workload: Workload) -> list[str]:
    if workload.phase is not RolloutPhase.FAILED:
        return []
    return [f"The rollout to version {workload.version} failed: {workload.message or 'the platform does not say why.'}"]


def _summary(workload: Workload) -> str:
    if not workload.desired:
        return f"scaled to 0 replicas, version {workload.version}"
    restarts = sum(each.restarts for each in workload.replicas)
    parts = [f"{workload.ready} of {workload.desired} replicas ready", f"version {workload.version}"]
    if restarts:
        parts.append(text.count(restarts, "restart"))
    if workload.phase is RolloutPhase.PROGRESSING and workload.updated < workload.desired:
        parts.append(f"rolling out, {workload.updated} of {workload.desired} replaced")
    return ", ".join(parts)


def _facts(workload: Workload) -> dict[str, Any]:
    return {
        "desired": workload.desired,
        "ready": workload.ready,
        "updated": workload.updated,
        "version": workload.version,
        "revision": workload.revision,
        "phase": str(workload.phase),
        "message": workload.message,
        "address": workload.address,
        "restarts": sum(each.restarts for each in workload.replicas),
        "replicas": [_replica_facts(each) for each in workload.replicas],
    }


def _replica_facts(replica: Replica) -> dict[str, Any]:
    return {
        "name": replica.name,
        "state": str(replica.state),
        "ready": replica.ready,
        "reason": replica.reason,
        "version": replica.version,
        "restarts": replica.restarts,
        "started_at": replica.started_at.isoformat() if replica.started_at else None,
        "pid": replica.pid,
        "address": replica.address,
        "node": replica.node,
        "last_exit": _exit_facts(replica.last_exit),
    }


def _exit_facts(last: LastExit | None) -> dict[str, Any] | None:
    if last is None:
        return None
    return {"at": last.at.isoformat(), "exit_code": last.exit_code, "reason": last.reason}
