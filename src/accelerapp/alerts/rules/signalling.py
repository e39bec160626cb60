"""What the change of a rule's status says to the alerts: firing, unknown, resolved. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from accelerapp.alerts.model import Signal, SignalState
from accelerapp.alerts.rules import service, texts
from accelerapp.alerts.rules.model import Instance, Rule, State, Status

SOURCE = "rules"
SAID_AGAIN = timedelta(minutes=1)
"""What fires is said again that often, so that an alert that was lost comes back."""
HOLDS_FOR = timedelta(days=1)
"""A rule says itself when its alert is over; the alert outlives an engine that is down for so long."""


def signals(rule: Rule, before: Status | None, after: Status, now: datetime, url: str = "") -> Iterator[Signal]:
    """What is new between two looks, and once a minute what still holds. `url`: where the rule is shown."""
    were = {service.key(each.labels): each for each in before.instances} if before else {}
    again = before is None or before.evaluated_at is None or _minute(before.evaluated_at) != _minute(now)
    for each in after.instances:
        was = were.pop(service.key(each.labels), None)
        if was is not None and was.alert and was.alert != each.alert:
            yield ending(was, now)
            was = None
        state = _STATES.get(each.state)
        if state is not None and (again or was is None or was.state is not each.state):
            yield _signal(rule, each, state, now, url)
    for was in were.values():
        if was.fired_at is not None:
            yield ending(was, now)


def ending(instance: Instance, now: datetime) -> Signal:
    """Its alert is over."""
    state, source, value = SignalState.RESOLVED, SOURCE, instance.value
    return Signal(instance.alert, {}, state, starts_at=instance.fired_at, ends_at=now, source=source, value=value)


def endings(before: Status, now: datetime) -> Iterator[Signal]:
    """The rule is no more: what it had firing is resolved."""
    return (ending(each, now) for each in before.instances if each.fired_at is not None)


_STATES = {State.FIRING: SignalState.FIRING, State.UNKNOWN: SignalState.UNKNOWN}


def _minute(at: datetime) -> int:
    return int(at.timestamp() // SAID_AGAIN.total_seconds())


def texts_of(rule: Rule, series: Mapping[str, str], value: float | None) -> dict[str, str]:
    """The texts of an alert, filled in, with the steps as one numbered list."""
    found = {name: texts.filled(text, series, value) for name, text in rule.annotations.items()}
    return {**found, **({"steps": numbered(rule.steps)} if rule.steps else {})}


def numbered(steps: tuple[str, ...]) -> str:
    """`1. …`, a line each."""
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def _signal(rule: Rule, instance: Instance, state: SignalState, now: datetime, url: str) -> Signal:
    return Signal(
        labels=instance.alert,
        annotations=texts_of(rule, instance.labels, instance.value),
        state=state,
        starts_at=instance.fired_at or instance.active_since,
        ends_at=now + HOLDS_FOR,
        source=SOURCE,
        generator_url=url,
        value=instance.value,
    )
