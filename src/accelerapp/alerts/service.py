"""What becomes of signals: one open alert per fingerprint. Pure.

Order is judged by the sender's times among themselves, lengths of time by our clock alone: a sender whose clock is
wrong opens and resolves its alerts all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from accelerapp.alerts import model
from accelerapp.alerts.model import Alert, AlertState, Decision, DecisionKind, Signal, SignalState, Verdict
from accelerapp.base import text
from accelerapp.base.ids import AlertId, new_dated_id
from accelerapp.base.settings.model import Alerts as Policy
from accelerapp.base.severity import Severity

LATE = timedelta(minutes=1)
"""So long after its end an alert is not opened by a delivery of before."""
SEEN_EVERY = timedelta(seconds=30)
"""Repeated deliveries are noted that often."""
SKEW = timedelta(minutes=5)
_MOST_OPENINGS = 10


@dataclass
class Changes:
    """What is to be written: whole alerts, new or changed, and decisions in their order."""

    alerts: dict[AlertId, Alert] = field(default_factory=dict)
    new: set[AlertId] = field(default_factory=set)
    decisions: list[Decision] = field(default_factory=list)
    resolved: list[Alert] = field(default_factory=list)
    ignored: int = 0
    """Signals that changed nothing."""
    unkept: int = 0
    """Signals that there was no room for."""

    def put(self, alert: Alert, kind: DecisionKind | None = None, reason: str = "", at: datetime | None = None) -> None:
        """The alert is so now; with a kind, that is a line of its history."""
        self.alerts[alert.id] = alert
        if kind is not None:
            self.decisions.append(Decision(kind, reason, at or alert.seen_at, alert.id))


def group_of(labels: model.Labels, policy: Policy) -> str:
    """The key of the group: `service=shop alertname=HighErrorRate`; empty: it has none, and is one by itself.

    Labels that are missing are left out; but alerts without the rule's name have nothing in common.
    """
    if model.RULE in policy.group_by and not labels.get(model.RULE):
        return ""
    return " ".join(f"{name}={labels[name]}" for name in policy.group_by if labels.get(name))[:500]


def take(
    signals: Iterable[Signal], known: Mapping[str, Alert], open_count: int, policy: Policy, now: datetime
) -> Changes:
    """Signals in the order in which they came; `known` has the latest alert of each fingerprint, if there is one.

    Of an alert that was resolved longer ago than flaps are counted nothing needs to be known.
    """
    changes, latest, room = Changes(), dict(known), max(0, policy.most_open - open_count)
    for signal in signals:
        fingerprint = signal.fingerprint
        before = latest.get(fingerprint)
        if before is not None and before.is_open:
            after = _of_open(signal, before, policy, now, changes)
        elif len(changes.new) >= room and signal.state is SignalState.FIRING:
            changes.unkept += 1
            continue
        else:
            after = _of_none(signal, fingerprint, before, policy, now, changes)
        if after is None:
            changes.ignored += 1
        else:
            latest[fingerprint] = after
    return changes


def no_room(unkept: int, policy: Policy) -> Signal:
    """The signal that says that alerts were not kept."""
    return Signal(
        labels={model.RULE: "AlertsNotKept", model.SEVERITY: Severity.P2.value},
        annotations={
            "summary": f"{text.count(unkept, 'alert')} of one delivery could not be kept",
            "description": f"{policy.most_open:,} alerts are open already. Look whether a label has a value of its own "
            "for each request or user; alerts.most_open is the limit.",
        },
        source="accelerapp",
    )


# -- nothing open ------------------------------------------------------------------------------------------------------


def _of_none(
    signal: Signal, fingerprint: str, before: Alert | None, policy: Policy, now: datetime, changes: Changes
) -> Alert | None:
    if signal.state is SignalState.FIRING:
        if before is not None and _is_late(signal, before, now):
            reason = f"A delivery of before its end came late: it started at {_clock(signal.starts_at)}."
            changes.decisions.append(Decision(DecisionKind.IGNORED, reason, now, before.id))
            return None
        return _open(signal, fingerprint, before, policy, now, changes)
    if signal.state is SignalState.RESOLVED and before is None and signal.starts_at is not None:
        # Its start may still be under way: kept as what it is, so that the start is known to be late.
        opened = _open(signal, fingerprint, None, policy, now, changes)
        return _resolve(opened, signal, now, changes)
    return None  # nothing is open that could end, be seen by a person, or be unknown


def _is_late(signal: Signal, before: Alert, now: datetime) -> bool:
    """Told by its sender to have ended, a moment ago, and this is not a later start?"""
    if before.ended_at is None or before.resolved_at is None or signal.starts_at is None:
        return False
    return signal.starts_at <= before.starts_at and now - before.resolved_at < LATE


def _open(
    signal: Signal, fingerprint: str, before: Alert | None, policy: Policy, now: datetime, changes: Changes
) -> Alert:
    severity = model.severity_of(signal.labels)
    lately = [at for at in before.openings if at > now - policy.flap_window] if before else []
    alert = Alert(
        id=AlertId(new_dated_id("alr", now)),
        fingerprint=fingerprint,
        labels=signal.labels,
        annotations=signal.annotations,
        severity=severity,
        source=signal.source,
        state=AlertState.FIRING,
        starts_at=signal.starts_at or now,
        opened_at=now,
        seen_at=now,
        group=group_of(signal.labels, policy) or fingerprint,
        look_at=now if severity is Severity.P1 else now + policy.group_wait,
        lapses_at=_lapses_at(signal, policy, now),
        openings=(*lately, now)[-_MOST_OPENINGS:],
        generator_url=signal.generator_url,
        value=signal.value,
    )
    changes.new.add(alert.id)
    changes.put(alert, DecisionKind.OPENED, _opening(signal, now), now)
    return alert


def _opening(signal: Signal, now: datetime) -> str:
    said = f"{signal.source or 'A sender'} says that it is firing"
    if signal.starts_at is None:
        return f"{said}."
    ahead = signal.starts_at - now
    if ahead > SKEW:
        return f"{said}; its clock is {text.duration(ahead.total_seconds())} ahead of ours."
    return f"{said} since {_clock(signal.starts_at)}."


def _lapses_at(signal: Signal, policy: Policy, now: datetime) -> datetime:
    """When it counts as gone without another word. An end that is past by our clock is a clock that is wrong."""
    if signal.ends_at is None:
        return now + policy.forget_after
    return max(signal.ends_at, now + policy.resolve_timeout)


# -- one is open -------------------------------------------------------------------------------------------------------


def _of_open(signal: Signal, alert: Alert, policy: Policy, now: datetime, changes: Changes) -> Alert | None:
    if signal.state is SignalState.FIRING:
        return _again(signal, alert, policy, now, changes)
    if signal.state is SignalState.ACKNOWLEDGED:
        return acknowledge(alert, signal.source or "the sender", now, changes) if not alert.acknowledged_at else None
    if signal.state is SignalState.UNKNOWN:
        return _lose_sight(signal, alert, policy, now, changes)
    if _ends_before(signal, alert):
        reason = f"An end of {_clock(signal.ends_at)} came late: it started again at {_clock(alert.starts_at)}."
        changes.decisions.append(Decision(DecisionKind.IGNORED, reason, now, alert.id))
        return None
    return _resolve(alert, signal, now, changes)


def _ends_before(signal: Signal, alert: Alert) -> bool:
    """Is this the end of an earlier time? Only a sender that tells its starts can be held to them."""
    if signal.starts_at is None or signal.ends_at is None:
        return False
    return signal.starts_at < alert.starts_at and signal.ends_at < alert.starts_at


def _again(signal: Signal, alert: Alert, policy: Policy, now: datetime, changes: Changes) -> Alert | None:
    """It is said again to be firing: mostly nothing new."""
    lapses_at = _lapses_at(signal, policy, now)
    is_later = signal.starts_at is not None and signal.starts_at > alert.starts_at
    is_older = signal.starts_at is not None and signal.starts_at < alert.starts_at
    after = alert
    if not is_older:
        told = {"annotations": signal.annotations, "generator_url": signal.generator_url, "value": signal.value}
        after = replace(alert, **told)  # type: ignore[arg-type]
    if is_later and signal.starts_at is not None:
        after = replace(after, starts_at=signal.starts_at)
    severity = model.severity_of(signal.labels)
    if severity.is_worse_than(alert.severity):
        after = _worse(after, severity, now)
        changes.put(after, DecisionKind.WORSE, f"{alert.severity} became {severity}.", now)
    if alert.state is AlertState.UNKNOWN:
        after = replace(after, state=_state_known(alert))
        changes.put(after, DecisionKind.KNOWN_AGAIN, f"{signal.source} can tell again: it is still there.", now)
    is_stale = now - alert.seen_at >= SEEN_EVERY or lapses_at < (alert.lapses_at or lapses_at)
    if after == alert and not is_stale:
        return None
    after = replace(after, seen_at=now, lapses_at=lapses_at)
    changes.put(after)
    return after


def _worse(alert: Alert, severity: Severity, now: datetime) -> Alert:
    """It is decided anew whether it pages, whoever saw it when it was not so bad."""
    state = AlertState.FIRING if alert.state is AlertState.ACKNOWLEDGED else alert.state
    return replace(alert, severity=severity, state=state, look_at=now, acknowledged_at=None, acknowledged_by="")


def _state_known(alert: Alert) -> AlertState:
    return AlertState.ACKNOWLEDGED if alert.acknowledged_at else AlertState.FIRING


def _lose_sight(signal: Signal, alert: Alert, policy: Policy, now: datetime, changes: Changes) -> Alert | None:
    """Its sender is there and cannot tell: it neither ends nor lapses."""
    after = replace(alert, state=AlertState.UNKNOWN, lapses_at=max(now + policy.forget_after, alert.lapses_at or now))
    if alert.state is AlertState.UNKNOWN:
        if now - alert.seen_at < SEEN_EVERY:
            return None
        after = replace(after, seen_at=now)
        changes.put(after)
        return after
    why = signal.annotations.get("reason") or signal.annotations.get("description") or "the sender gives no reason"
    changes.put(after, DecisionKind.UNKNOWN, f"{signal.source} cannot tell any more whether it is there: {why}", now)
    return after


def _resolve(alert: Alert, signal: Signal, now: datetime, changes: Changes) -> Alert:
    lasted = text.duration((now - alert.opened_at).total_seconds())
    said = f"{signal.source or 'The sender'} says that it is over, after {lasted}."
    return end(replace(alert, ended_at=signal.ends_at or now), said, now, changes)


def end(alert: Alert, reason: str, now: datetime, changes: Changes) -> Alert:
    """It is over. Nothing pages any more; that nothing ever did is said."""
    after = replace(alert, state=AlertState.RESOLVED, resolved_at=now, look_at=None, lapses_at=None, escalates_at=None)
    if alert.verdict is Verdict.WAITING:
        after = replace(after, verdict=Verdict.RESOLVED, why="It was over before it was to page anybody.")
        changes.put(after, DecisionKind.NOT_PAGED, after.why, now)
    changes.put(after, DecisionKind.RESOLVED, reason, now)
    changes.resolved.append(after)
    return after


def acknowledge(alert: Alert, by: str, now: datetime, changes: Changes, note: str = "") -> Alert:
    """Somebody has seen it: it pages nobody from now on, unless it gets worse."""
    after = replace(alert, acknowledged_at=now, acknowledged_by=by[:200], look_at=None)
    if alert.state is AlertState.FIRING:
        after = replace(after, state=AlertState.ACKNOWLEDGED)
    changes.put(after, DecisionKind.ACKNOWLEDGED, f"By {by[:200]}" + (f": {note}" if note else "."), now)
    if alert.verdict not in model.LET_THROUGH:
        after = replace(after, verdict=Verdict.ACKNOWLEDGED, why=f"{by[:200]} saw it before.", held_by="")
        changes.put(after, DecisionKind.NOT_PAGED, after.why, now)
    return after


def lapse(alerts: Iterable[Alert], now: datetime) -> Changes:
    """Alerts that nobody spoke of for too long are over. The end is ours: a sender that comes back opens it anew."""
    changes = Changes()
    for alert in alerts:
        if alert.is_open and alert.lapses_at is not None and alert.lapses_at <= now:
            silent = text.duration((now - alert.seen_at).total_seconds())
            end(alert, f"Nothing was heard of it for {silent}.", now, changes)
    return changes


def _clock(at: datetime | None) -> str:
    return "an unknown time" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"
