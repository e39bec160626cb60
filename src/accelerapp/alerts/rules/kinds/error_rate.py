"""The share of requests that fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal

from pydantic import Field

from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules import stories
from accelerapp.alerts.rules.kinds import interface
from accelerapp.base.settings import fields
from accelerapp.base.severity import Severity


class ErrorRate(interface.RuleTable):
    """Too many requests fail."""

    SUMMARY = "{{ $value | humanizePercentage }} of the requests to {service} fail"
    DESCRIPTION = "Over {percent} % of the requests of the last {window} were answered with an error, for {wait}."
    STEPS = (
        "Look for patterns among the errors of the log: `accelerapp logs errors -s {service} --last 15m`.",
        "See what was deployed lately: `accelerapp service history {service}`; undo it if it began then.",
        "Check what the service depends on: its database and what it calls outside.",
        "Scale it if it is overloaded: `accelerapp service scale {service} N`.",
        "Unresolved after 15 minutes: an incident opens by itself; open one earlier if customers notice.",
    )

    kind: Literal["error_rate"] = "error_rate"
    name: interface.RuleName = "HighErrorRate"
    above_percent: interface.Percent = 5
    """Share of failed requests, in percent."""
    window: fields.Duration = timedelta(minutes=5)
    """Over which the share is taken."""
    wait: interface.Wait = Field(default=timedelta(minutes=5), alias="for")
    severity: Severity = Severity.P2
    requests: interface.MetricName = "http_requests_total"
    """Counter of requests."""
    failed: str = 'status=~"5.."'
    """Which of them failed, as a matcher of labels."""
    selector: str = ""
    """Which series are the service's, as matchers of labels; empty means service="NAME"."""

    def question(self, service: str) -> interface.Question:
        """Failed requests per second over all requests per second; without a failed one that is 0, not "no data"."""
        window = interface.length(self.window)
        failed = f"{self.requests}{interface.all_of(service, self.selector, self.failed)}"
        every = f"{self.requests}{interface.all_of(service, self.selector)}"
        share = f"(sum(rate({failed}[{window}])) or vector(0)) / sum(rate({every}[{window}]))"
        return interface.Question(rules.Measure(share, rules.Comparison.ABOVE, self.above_percent / 100, "share"))

    def series(self, service: str, line: stories.Timeline) -> Sequence[stories.TestSeries]:
        """A request a second; while it is bad, more fail than may."""
        bad = 60 * min(0.9, 2 * self.above_percent / 100)
        good = line.counter(60, 60 - bad)
        made = [stories.TestSeries(self.requests, {"service": service, "status": "200"}, good)]
        if self.failed == type(self).model_fields["failed"].default:
            made.append(stories.TestSeries(self.requests, {"service": service, "status": "500"}, line.counter(0, bad)))
        return made if len(made) > 1 else ()

    def words(self) -> Mapping[str, str]:
        """The threshold and the window."""
        return {"percent": f"{self.above_percent:g}", "window": interface.length(self.window)}
