"""A TLS certificate that ends soon."""

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


class CertificateExpiry(interface.RuleTable):
    """The certificate of the service's address ends soon."""

    OWN_SERIES = True
    SUMMARY = "The TLS certificate of {service} ends in {{ $value | humanize }} days"
    DESCRIPTION = "Within {within} it, or one that it rests on, is not valid any more: browsers will refuse."
    STEPS = (
        "See which certificate it is: `accelerapp health -s {service}`.",
        "Find out why it was not renewed by itself.",
        "Renew it, and check that the address serves the new one.",
    )

    kind: Literal["certificate_expiry"] = "certificate_expiry"
    name: interface.RuleName = "CertificateExpiry"
    within: fields.Duration = timedelta(days=21)
    """How long before the end."""
    wait: interface.Wait = Field(default=timedelta(minutes=5), alias="for")
    severity: Severity = Severity.P3
    every: fields.Duration = timedelta(minutes=5)
    selector: str = ""
    """Which series are the service's, as matchers of labels; empty means service="NAME"."""

    def question(self, service: str) -> interface.Question:
        """Days until the first certificate of the chain ends."""
        expiry = f"min(probe_ssl_earliest_cert_expiry{interface.all_of(service, self.selector)})"
        days = self.within.total_seconds() / 86400
        return interface.Question(rules.Measure(f"({expiry} - time()) / 86400", rules.Comparison.BELOW, days, "days"))

    def series(self, service: str, line: stories.Timeline) -> Sequence[stories.TestSeries]:
        """A certificate that is renewed late."""
        within = self.within.total_seconds()
        labels = {"service": service}
        return [stories.TestSeries("probe_ssl_earliest_cert_expiry", labels, line.gauge(within * 2, within / 2))]

    def words(self) -> Mapping[str, str]:
        """The threshold."""
        return {"within": interface.length(self.within)}
