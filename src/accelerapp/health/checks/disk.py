"""Space on each disk.

Facts: `disks`: a list of `node`, `mount`, `total_bytes`, `used_bytes`, `percent`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from accelerapp.base import text
from accelerapp.base.settings import model as settings
from accelerapp.health.checks import interface
from accelerapp.health.model import CheckResult, Verdict
from accelerapp.platforms.interface import Disk, Node, Platform

NAME, TITLE = "disk", "Disks"


@dataclass(frozen=True)
class DiskCheck:
    """Asks the platform for the disks of its nodes."""

    platform: Platform
    limits: settings.Health
    name: ClassVar[str] = NAME
    title: ClassVar[str] = TITLE

    def look(self) -> CheckResult:
        """The disks as they are now. Raises CannotTellError when the platform cannot be asked."""
        return judge_disks(self.platform.nodes(), self.limits)


def judge_disks(nodes: Sequence[Node], limits: settings.Health) -> CheckResult:
    """A disk above the limit is a reason; no disk at all is unknown."""
    disks = [(node.name, disk) for node in nodes for disk in node.disks]
    if not disks:
        return CheckResult(NAME, TITLE, Verdict.UNKNOWN, "no figures", ("The platform names no disk.",))
    reasons = tuple(
        f"The disk {disk.mount} of {node} is {disk.percent:.0f} % full, {_free(disk)} free "
        f"(reason from {limits.disk_percent:g} %)."
        for node, disk in disks
        if disk.percent > limits.disk_percent
    )
    fullest = max((disk for _, disk in disks), key=lambda disk: disk.percent)
    summary = f"{fullest.mount} {fullest.percent:.0f} % full, {_free(fullest)} free"
    if len(disks) > 1:
        summary = f"{len(disks)} disks, the fullest: {summary}"
    facts = {"disks": [_facts(node, disk) for node, disk in disks]}
    return CheckResult(NAME, TITLE, interface.verdict_of(reasons), summary, reasons, facts)


def _free(disk: Disk) -> str:
    return text.size(max(0, disk.total_bytes - disk.used_bytes))


def _facts(node: str, disk: Disk) -> dict[str, Any]:
    return {
        "node": node,
        "mount": disk.mount,
        "total_bytes": disk.total_bytes,
        "used_bytes": disk.used_bytes,
        "percent": disk.percent,
    }
