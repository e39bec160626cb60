"""CPU and memory of the machines.

Facts: `nodes`: a list of `name`, `cpu_cores`, `cpu_used_cores`, `cpu_percent`, `memory_bytes`, `memory_used_bytes`,
`memory_percent` (null: not measured), `problems`: what the platform says is wrong, a sentence each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from accelerapp.base import clock, text
from accelerapp.base.settings import model as settings
from accelerapp.health.checks import interface
from accelerapp.health.model import CheckResult, Verdict
from accelerapp.platforms.interface import Node, Platform

NAME, TITLE = "host", "Host"
_SECOND_LOOK = 0.7


@dataclass(frozen=True)
class HostCheck:
    """Asks the platform for its nodes; when they look too busy, once more, and the second look counts.

    One look is a fraction of a second, in which this very check may be what keeps a small machine busy.
    """

    platform: Platform
    limits: settings.Health
    clock: clock.Clock
    name: ClassVar[str] = NAME
    title: ClassVar[str] = TITLE

    def look(self) -> CheckResult:
        """The machines as they are now. Raises CannotTellError when the platform cannot be asked."""
        first = judge_host(self.platform.nodes(), self.limits)
        if first.verdict is not Verdict.DEGRADED:
            return first
        self.clock.sleep(_SECOND_LOOK)
        return judge_host(self.platform.nodes(), self.limits)


def judge_host(nodes: Sequence[Node], limits: settings.Health) -> CheckResult:
    """CPU or memory above the limits, and what the platform says is wrong, is a reason; no figure is unknown."""
    if not nodes:
        return CheckResult(NAME, TITLE, Verdict.UNKNOWN, "no figures", ("The platform names no machine.",))
    reasons = tuple(reason for node in nodes for reason in _reasons(node, limits))
    summary = "; ".join(_summary(node) for node in nodes)
    unmeasured = [node.name for node in nodes if node.cpu_used_cores is None or node.memory_used_bytes is None]
    verdict = interface.verdict_of(reasons)
    if unmeasured and not reasons:
        verdict, reasons = Verdict.UNKNOWN, (f"There are no figures of {', '.join(unmeasured)}.",)
    return CheckResult(NAME, TITLE, verdict, summary, reasons, {"nodes": [_facts(node) for node in nodes]})


def _percent(used: float | None, whole: float) -> float | None:
    return None if used is None else 100 * used / whole if whole else 0.0


def _reasons(node: Node, limits: settings.Health) -> list[str]:
    found = [f"{node.name}: {problem}" for problem in node.problems]
    for noun, percent, limit in (
        ("CPU", _percent(node.cpu_used_cores, node.cpu_cores), limits.cpu_percent),
        ("memory", _percent(node.memory_used_bytes, node.memory_bytes), limits.memory_percent),
    ):
        if percent is not None and percent > limit:
            found.append(f"{node.name} uses {percent:.0f} % of its {noun} (reason from {limit:g} %).")
    return found


def _summary(node: Node) -> str:
    cpu = _percent(node.cpu_used_cores, node.cpu_cores)
    memory = _percent(node.memory_used_bytes, node.memory_bytes)
    if cpu is None or memory is None:
        return f"{node.name}: no figures"
    return (
        f"{node.name}: CPU {cpu:.0f} % of {node.cpu_cores:g} cores, "
        f"memory {memory:.0f} % of {text.size(node.memory_bytes)}"
    )


def _facts(node: Node) -> dict[str, Any]:
    return {
        "name": node.name,
        "cpu_cores": node.cpu_cores,
        "cpu_used_cores": node.cpu_used_cores,
        "cpu_percent": _percent(node.cpu_used_cores, node.cpu_cores),
        "memory_bytes": node.memory_bytes,
        "memory_used_bytes": node.memory_used_bytes,
        "memory_percent": _percent(node.memory_used_bytes, node.memory_bytes),
        "problems": node.problems,
    }
