"""What every check is: a name, a title and a look that ends in a result."""

from __future__ import annotations

from typing import Protocol

from accelerapp.health.model import CheckResult, Verdict


class Check(Protocol):
    """One check. It may block and may raise: whoever runs it bounds its time and turns what it raises into unknown."""

    @property
    def name(self) -> str:
        """Stable, one word."""
        ...

    @property
    def title(self) -> str:
        """For people."""
        ...

    def look(self) -> CheckResult:
        """Ask the outside and judge the answer."""
        ...


def verdict_of(reasons: object, bad: Verdict = Verdict.DEGRADED) -> Verdict:
    """Healthy without a reason, otherwise `bad`."""
    return bad if reasons else Verdict.HEALTHY


def skipped(name: str, title: str, reason: str) -> CheckResult:
    """The check was not asked, and why."""
    return CheckResult(name, title, Verdict.UNKNOWN, f"not checked: {reason}", skipped=reason)
