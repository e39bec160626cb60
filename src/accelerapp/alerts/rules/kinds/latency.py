"""How long most requests take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules import stories
from accelerapp.alerts.rules.kinds import interface
from accelerapp.base.settings import fields
from accelerapp.base.severity import Severity


class Latency(interface.RuleTable):
    """Requests take too long."""

    SUMMARY = "{percent} % of the requests to {service} take up to {{ $value | humanizeDuration }}"
    DESCRIPTION = "The {percent}th percentile of the last {window} was above {above}, for {wait}."
    STEPS = (
        "Look for slow queries of the database: `accelerapp logs tail -s {service} --match duration`, and its own log.",
        "Look at what the service uses: `accelerapp service usage {service}`, `accelerapp health -s {service}`.",
        "Look for slow calls to the outside.",
        "Profile the endpoints that are slow.",
        "Scale it out if its processors are busy: `accelerapp service scale {service} N`.",
    )

    kind: Literal["latency"] = "latency"
    name: interface.RuleName = "HighLatency"
    above: fields.Duration = timedelta(milliseconds=500)
    """Time that may not be exceeded."""
    quantile: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Which share of the requests is at most that slow."""
    window: fields.Duration = timedelta(minutes=5)
    """Over which the requests are taken."""
    wait: interface.Wait = Field(default=timedelta(minutes=5), alias="for")
    severity: Severity = Severity.P3
    histogram: interface.MetricName = "http_request_duration_seconds"
    """Histogram of request times in seconds, without its _bucket."""
    selector: str = ""
    """Which series are the service's, as matchers of labels; empty means service="NAME"."""

    def question(self, service: str) -> interface.Question:
        """The quantile over all replicas and paths, within the bucket that it falls in."""
        buckets = f"{self.histogram}_bucket{interface.all_of(service, self.selector)}"
        rate = f"sum by (le) (rate({buckets}[{interface.length(self.window)}]))"
        value = f"histogram_quantile({rules.number(self.quantile)}, {rate})"
        return interface.Question(rules.Measure(value, rules.Comparison.ABOVE, self.above.total_seconds(), "seconds"))

    def series(self, service: str, line: stories.Timeline) -> Sequence[stories.TestSeries]:
        """A request a second; while it is bad all take longer than may be."""
        above = self.above.total_seconds()
        name, quick = f"{self.histogram}_bucket", {"service": service, "le": rules.number(above / 2)}
        rest = [{"service": service, "le": le} for le in (rules.number(above), rules.number(above * 4), "+Inf")]
        return [
            stories.TestSeries(name, quick, line.counter(60, 0)),
            stories.TestSeries(name, rest[0], line.counter(60, 0)),
            *(stories.TestSeries(name, labels, line.counter(60, 60)) for labels in rest[1:]),
        ]

    def words(self) -> Mapping[str, str]:
        """The threshold, the quantile and the window."""
        return {
            "percent": f"{100 * self.quantile:g}",
            "above": interface.length(self.above),
            "window": interface.length(self.window),
        }
