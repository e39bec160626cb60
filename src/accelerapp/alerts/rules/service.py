"""How a rule stands after each look: inactive, pending, firing, unknown. Pure.

The edges are Prometheus': a series is pending from the look that first saw it bad, fires at the look at which `for` has
passed, and is resolved at the first look that sees it good (after `keep_firing_for`). Two things differ. No data is a
state: a pending series begins anew after it, a firing one is unknown until there is data, and then fires on at once or
is resolved. And time in which nobody looked, since the process was down, does not count towards `for`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from accelerapp.alerts.rules import building
from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules.model import Instance, Observation, Reading, Rule, State, Status

MOST_INSTANCES = 1000
"""More bad series than this are a mistake of the rule, not a thousand alerts."""
_MISSED_PERIODS = 3
_Key = tuple[tuple[str, str], ...]


def key(labels: Mapping[str, str]) -> _Key:
    """The identity of a series."""
    return tuple(sorted(labels.items()))


def observation(rule: Rule, measured: Sequence[Reading], condition: Sequence[Reading] | None = None) -> Observation:
    """What an answer says about a rule: `measured` of its measure; `condition` of a condition that is more than that.

    A rule that has a condition alone has data whenever it is asked; NaN is no data.
    """
    known = [each for each in measured if not math.isnan(each.value)]
    if condition is not None:
        bad = list(condition)
    elif rule.measure is not None:
        bad = [each for each in known if rule.measure.is_bad(each.value)]
    else:
        bad = list(measured)
    if rule.measure is not None and not known:
        return Observation(silence="There is no data." if not measured else "There is no data but NaN, such as 0 of 0.")
    if len(bad) > MOST_INSTANCES:
        return Observation(silence=f"{len(bad):,} series are bad at once, which is more than a rule may have.")
    if len({key(each.labels) for each in bad}) < len(bad):
        return Observation(silence="Two series of the answer have the same labels.")
    return Observation(tuple(bad), _worst(rule, known or bad))


def _worst(rule: Rule, readings: Iterable[Reading]) -> float | None:
    values = [each.value for each in readings]
    if rule.measure is not None and rule.measure.comparison is rules.Comparison.BELOW:
        return min(values, default=None)
    return max(values, default=None)


def follow(rule: Rule, before: Status | None, seen: Observation, now: datetime) -> Status:
    """The status after a look at `now`. Of another rule under the same id only what it has firing counts."""
    known = _known(rule, before, now)
    if seen.silence:
        instances = [replace(each, state=State.UNKNOWN) for each in known if each.fired_at is not None]
        return _status(rule, before, instances, seen, now)
    ours = {key(each.labels): each for each in known}
    instances = [_seen_bad(rule, ours.pop(key(each.labels), None), each, now) for each in seen.bad]
    kept = (_seen_good(rule, each, now) for each in ours.values())
    return _status(rule, before, [*instances, *(each for each in kept if each is not None)], seen, now)


def _known(rule: Rule, before: Status | None, now: datetime) -> list[Instance]:
    """The instances of before; what was pending waits on by the time in which nobody looked."""
    if before is None:
        return []
    if before.digest != building.digest(rule):
        return [each for each in before.instances if each.fired_at is not None]
    missed = _missed(rule, before.evaluated_at, now)
    return [
        each if each.fired_at is not None else replace(each, active_since=min(each.active_since + missed, now))
        for each in before.instances
    ]


def _missed(rule: Rule, looked_at: datetime | None, now: datetime) -> timedelta:
    gap = now - looked_at if looked_at is not None else timedelta(0)
    return gap - rule.every if gap > _MISSED_PERIODS * rule.every else timedelta(0)


def _seen_bad(rule: Rule, before: Instance | None, seen: Reading, now: datetime) -> Instance:
    now_bad = before or Instance(seen.labels, State.PENDING, now)
    now_bad = replace(now_bad, labels=seen.labels, value=seen.value, kept_since=None)
    if now_bad.fired_at is None and now - now_bad.active_since < rule.wait:
        return replace(now_bad, state=State.PENDING)
    labels = building.alert_labels(rule, seen.labels)
    return replace(now_bad, state=State.FIRING, fired_at=now_bad.fired_at or now, alert=labels)


def _seen_good(rule: Rule, before: Instance, now: datetime) -> Instance | None:
    """Still firing for a while when the rule says so; otherwise gone."""
    if before.fired_at is None or not rule.keep_firing_for:
        return None
    since = before.kept_since or now
    if now - since >= rule.keep_firing_for:
        return None
    return replace(before, state=State.FIRING, kept_since=since)


def _status(
    rule: Rule, before: Status | None, instances: Sequence[Instance], seen: Observation, now: datetime
) -> Status:
    state = State.UNKNOWN if seen.silence else _state(instances)
    lasts = before is not None and before.state is state
    return Status(
        rule=rule.id,
        digest=building.digest(rule),
        state=state,
        since=before.since if lasts and before else now,
        reason=seen.silence,
        evaluated_at=now,
        instances=tuple(sorted(instances, key=lambda each: key(each.labels))),
        value=seen.value,
    )


def _state(instances: Iterable[Instance]) -> State:
    states = {each.state for each in instances}
    return next((state for state in (State.FIRING, State.PENDING) if state in states), State.INACTIVE)


def is_same(one: Status | None, other: Status) -> bool:
    """Is there nothing new to keep? A value that hardly changes, and the time of the look, are nothing new."""
    return one is not None and _lasting(one) == _lasting(other)


def _lasting(status: Status) -> Status:
    instances = tuple(replace(each, value=_about(each.value)) for each in status.instances)
    return replace(status, value=_about(status.value), evaluated_at=None, instances=instances)


def _about(value: float | None) -> float | None:
    """What a person sees of a value."""
    return None if value is None or math.isnan(value) else float(f"{value:.2g}")


def due(rules_: Iterable[Rule], looked_at: Mapping[timedelta, datetime], now: datetime) -> list[Rule]:
    """The rules whose period has passed; `looked_at` per period. Half a second early is in time."""
    early = timedelta(seconds=0.5)
    return [
        rule
        for rule in rules_
        if (last := looked_at.get(rule.every)) is None or now < last or now - last >= rule.every - early
    ]
