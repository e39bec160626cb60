"""A probe of the service's address.

Facts: `url`, `status` (null: no answer), `latency_ms` (until the head of the answer, connecting included).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from accelerapp.base import errors, text
from accelerapp.base.settings import model as settings
from accelerapp.clients import http
from accelerapp.health.checks import interface
from accelerapp.health.model import CheckResult, Verdict

NAME, TITLE = "url", "Address"


@dataclass(frozen=True)
class UrlCheck:
    """Sends GET to `url`; `ask` is `clients.http.probe` outside tests."""

    url: str
    timeout: float
    limits: settings.Health
    ask: Callable[[str, float], http.Probe] = http.probe
    name: ClassVar[str] = NAME
    title: ClassVar[str] = TITLE

    def look(self) -> CheckResult:
        """What the address answers now; one that does not answer is down."""
        if not self.url:
            return interface.skipped(NAME, TITLE, "the settings name no address of the service")
        try:
            return judge_url(self.url, self.ask(self.url, self.timeout), self.limits)
        except http.UnreachableError as error:
            return judge_silent(self.url, error)


def judge_silent(url: str, error: errors.AccelerappError) -> CheckResult:
    """Down, with the cause."""
    cause = next(errors.causes(error), "")
    reason = text.printable(f"{error.message} {cause}".strip(), 300)
    return CheckResult(NAME, TITLE, Verdict.DOWN, "does not answer", (reason,), {"url": url, "status": None})


def judge_url(url: str, probe: http.Probe, limits: settings.Health) -> CheckResult:
    """Not 2xx: down. Slower than the limit: degraded."""
    took = text.duration(probe.seconds)
    verdict, reasons = Verdict.HEALTHY, list[str]()
    if not 200 <= probe.status < 300:
        verdict, reasons = Verdict.DOWN, [f"{url} answers {probe.status}."]
    elif probe.seconds > limits.slow_response.total_seconds():
        limit = text.duration(limits.slow_response.total_seconds())
        verdict, reasons = Verdict.DEGRADED, [f"{url} took {took} to answer (reason from {limit})."]
    facts = {"url": url, "status": probe.status, "latency_ms": probe.seconds * 1000}
    return CheckResult(NAME, TITLE, verdict, f"answers {probe.status} in {took}", tuple(reasons), facts)
