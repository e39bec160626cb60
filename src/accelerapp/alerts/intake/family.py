"""Which kinds of senders there are, and whether a delivery is signed as its sender signs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from accelerapp.alerts.intake import alertmanager, generic, grafana, heartbeat, pagerduty, simple
from accelerapp.alerts.intake.interface import Reader
from accelerapp.alerts.model import Kind

READERS: Mapping[Kind, Reader] = {
    Kind.ALERTMANAGER: alertmanager.Webhook(),
    Kind.GRAFANA: grafana.Webhook(),
    Kind.PAGERDUTY: pagerduty.Events(),
    Kind.GOALERT: simple.GoAlert(),
    Kind.ONCALL: simple.OnCall(),
    Kind.HEARTBEAT: heartbeat.Heartbeat(),
    Kind.GENERIC: generic.Generic(),
}
API = alertmanager.Api()
CHANGES = pagerduty.Changes()

PATHS: Mapping[Kind, str] = {
    Kind.ALERTMANAGER: "/hooks/alertmanager",
    Kind.GRAFANA: "/hooks/grafana",
    Kind.PAGERDUTY: "/hooks/pagerduty/v2/enqueue",
    Kind.GOALERT: "/hooks/goalert",
    Kind.ONCALL: "/hooks/oncall",
    Kind.HEARTBEAT: "/hooks/heartbeat",
    Kind.GENERIC: "/hooks/generic",
}
"""Where each kind sends to; the key follows as the last part of the path, or comes in a header or the body."""

SIGNING = frozenset({Kind.GRAFANA, Kind.GENERIC})
"""Kinds that can sign what they send."""


def is_signed(kind: Kind, body: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> bool:
    """Did whoever has the secret send this?"""
    if kind is Kind.GRAFANA:
        return grafana.is_signed(body, headers, secret, now)
    return generic.is_signed(body, headers, secret)
