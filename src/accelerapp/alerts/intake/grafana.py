"""Grafana's webhook contact point: alerts as Alertmanager's, and a signature. Pure.

The signature is the hexadecimal HMAC-SHA256 of the body, or of `timestamp:body` when the contact point is told to send
the time in the header `X-Grafana-Alerting-Timestamp`: then an old delivery cannot be played again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from accelerapp.alerts.intake import alertmanager, bodies
from accelerapp.alerts.intake.interface import Answer, Delivery, Received, json_answer, problem_answer
from accelerapp.alerts.model import Integration, Signal

SIGNATURE = "x-grafana-alerting-signature"
TIMESTAMP = "x-grafana-alerting-timestamp"
_LINKS = ("dashboardURL", "panelURL", "silenceURL")


class Webhook:
    """A contact point of the kind Webhook."""

    def read(self, delivery: Delivery) -> Received:
        """One signal for each alert."""
        body = bodies.as_object(bodies.parse(delivery.body), "body")
        alerts = bodies.as_list(body.get("alerts"), "alerts")
        signals = [self._signal(each, f"alerts.{n}", delivery.sender) for n, each in enumerate(alerts)]
        return Received(signals, json_answer(200, {"status": "success"}))

    def _signal(self, item: Any, where: str, sender: Integration) -> Signal:
        found = alertmanager.webhook_signal(item, where, sender)
        links = {name: bodies.as_text(item[name]) for name in _LINKS if item.get(name)}
        values = item.get("values")
        value = next(iter(values.values()), None) if isinstance(values, dict) else None
        return replace(found, annotations={**found.annotations, **links}, value=bodies.as_number(value))

    def refusal(self, status: int, message: str, reasons: Sequence[str] = ()) -> Answer:
        """Grafana shows the body of an answer that is not good."""
        return problem_answer(status, message, reasons)


def is_signed(body: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> bool:
    """Did whoever has the secret send this, and not long ago?"""
    signature, timestamp = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP)
    if timestamp is None:
        return bodies.is_signed(body, signature, secret)
    sent = bodies.as_number(timestamp)
    if sent is None or abs(now.timestamp() - sent) > bodies.SKEW.total_seconds():
        return False
    return bodies.is_signed(timestamp.encode() + b":" + body, signature, secret)
