"""The service's database, asked from beside a replica: for one that cannot be reached from here.

Facts: `replica` (where the command ran) and `exit_code`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from accelerapp.base import errors, text
from accelerapp.base.ids import ReplicaName, ServiceName
from accelerapp.health.checks import database
from accelerapp.health.model import CheckResult, Verdict
from accelerapp.platforms.interface import CommandResult, Platform

_NOT_FOUND = (126, 127)
"""What a shell, and the platforms like one, answer when there is no such command, or it may not be run."""


@dataclass(frozen=True)
class DatabaseInsideCheck:
    """Runs `command` beside one replica that is ready."""

    platform: Platform
    service: ServiceName
    command: Sequence[str]
    timeout: float
    """Seconds."""
    name: ClassVar[str] = database.NAME
    title: ClassVar[str] = database.TITLE

    def look(self) -> CheckResult:
        """What the command says. Raises CannotTellError when it cannot be run, or does not end in time."""
        ready = [each.name for each in self.platform.workload(self.service).replicas if each.ready]
        if not ready:
            raise errors.CannotTellError("no replica is ready to ask it from.")
        return judge_command(ready[0], self.platform.run(ready[0], self.command, self.timeout))


def judge_command(replica: ReplicaName, result: CommandResult) -> CheckResult:
    """0 is healthy, anything else down. Raises CannotTellError when there is no such command."""
    said = _last_line(result.stdout) or _last_line(result.stderr)
    facts = {"replica": replica, "exit_code": result.exit_code}
    if result.exit_code in _NOT_FOUND:
        raise errors.CannotTellError(f"the command cannot be run in {replica}: {said or 'it says nothing.'}")
    if result.exit_code == 0:
        summary = f"answers, asked from {replica}"
        return CheckResult(database.NAME, database.TITLE, Verdict.HEALTHY, summary, (), facts)
    said = _last_line(result.stderr) or said
    reason = f"The database does not answer {replica}: " + (said or f"exit code {result.exit_code}.")
    return CheckResult(database.NAME, database.TITLE, Verdict.DOWN, "does not answer", (reason,), facts)


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return text.printable(lines[-1].strip(), 200) if lines else ""
