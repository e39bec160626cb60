"""Heartbeats: what has to come again and again, and an alert when it does not. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from accelerapp.alerts import model
from accelerapp.alerts.model import Integration, Kind, Signal, SignalState
from accelerapp.base import text
from accelerapp.base.severity import Severity

RULE = "HeartbeatMissed"
SHORTEST = timedelta(seconds=10)
LONGEST = timedelta(days=366)


def beat(integration: Integration) -> Signal:
    """It came: whatever was missed is over."""
    return _signal(integration, SignalState.RESOLVED, {})


def missed(integrations: Iterable[Integration], listening_since: datetime, now: datetime) -> list[Signal]:
    """A signal for each heartbeat that did not come in time. Nothing is missed while nobody listened.

    The time begins with the heartbeat's making: one that never came is missed as well.
    """
    return [found for each in integrations if (found := _missed(each, listening_since, now)) is not None]


def _missed(integration: Integration, listening_since: datetime, now: datetime) -> Signal | None:
    if integration.kind is not Kind.HEARTBEAT or integration.every_seconds is None:
        return None
    every = timedelta(seconds=integration.every_seconds)
    last = integration.last_at or integration.created_at
    if now - max(last, listening_since) <= every:
        return None
    usual = text.duration(integration.every_seconds)
    never = "it never came" if integration.last_at is None else f"last at {last:%Y-%m-%d %H:%M:%S} UTC"
    told = {
        "summary": f"The heartbeat {integration.name} is missing",
        "description": f"It has to come every {usual}; {never}. Look whether what sends it still runs.",
    }
    return _signal(integration, SignalState.FIRING, told)


def _signal(integration: Integration, state: SignalState, annotations: dict[str, str]) -> Signal:
    labels = {model.RULE: RULE, "heartbeat": integration.name, model.SEVERITY: Severity.P2.value}
    if integration.service:
        labels[model.SERVICE] = integration.service
    return Signal(labels, annotations, state, source=f"heartbeat {integration.name}", key=f"heartbeat {integration.id}")
