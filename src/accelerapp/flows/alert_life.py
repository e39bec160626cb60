"""What time does to alerts: they lapse, are decided about, become incidents; silences and pages come to their end.

`turn` is one look at everything that is due, in one unit of work. It may be repeated after a crash at any point: what
it decides is written together with what it decided from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from accelerapp.alerts import heartbeats, paging, service, silencing
from accelerapp.alerts.model import Alert
from accelerapp.base.ids import IncidentId, PageId
from accelerapp.base.settings.model import Alerts as Policy
from accelerapp.flows import alert_intake, incident_alerts
from accelerapp.flows.alert_intake import Stores

_AT_ONCE = 2000
"""Alerts of one turn; the next one follows at once."""


@dataclass(frozen=True)
class Turn:
    """What one turn did."""

    decided: int = 0
    pages: tuple[PageId, ...] = ()
    """New ones, and those that page again."""
    incidents: tuple[IncidentId, ...] = ()
    lapsed: int = 0
    is_full: bool = False
    """There may be more that is due."""


def is_due(stores: Stores, policy: Policy, now: datetime) -> bool:
    """Is there anything to do? Looks and writes nothing."""
    alerts = stores.alerts
    if alerts.due(now, 1) or alerts.escalating(now, 1) or alerts.lapsed(now, 1) or alerts.settled_pages():
        return True
    passed = silencing.passed(stores.silences.unclosed(), (), policy.silence_notice, now)
    return bool(passed.silences)


def is_to_be_decided(stores: Stores, now: datetime) -> bool:
    """Is there an alert that waits for nothing any more, a P1 above all?"""
    return bool(stores.alerts.due(now, 1))


def turn(stores: Stores, policy: Policy, listening_since: datetime, now: datetime) -> Turn:
    """Everything that is due, worst first. While nobody listened nothing could be heard: nothing lapses for that."""
    stores.alerts.lock()
    lapsed = _lapse(stores, now) if now - listening_since >= policy.resolve_timeout else 0
    _pass_silences(stores, policy, now)
    due = stores.alerts.due(now, _AT_ONCE)
    decided = _decide(stores, due, policy, now)
    opened = incident_alerts.escalate(stores, stores.alerts.escalating(now, _AT_ONCE), now)
    _settle(stores, now)
    paged = tuple(page.id for page in decided.pages.values())
    return Turn(len(due), paged, opened, lapsed, is_full=len(due) == _AT_ONCE)


def missed_heartbeats(stores: Stores, listening_since: datetime, policy: Policy, now: datetime) -> int:
    """Alerts for heartbeats that did not come; how many are missing."""
    signals = heartbeats.missed(stores.integrations.all(), listening_since, now)
    if signals:
        alert_intake.take(stores, signals, policy, now)
    return len(signals)


def _lapse(stores: Stores, now: datetime) -> int:
    changes = service.lapse(stores.alerts.lapsed(now, _AT_ONCE), now)
    alert_intake.write(stores, changes, now)
    return len(changes.resolved)


def _pass_silences(stores: Stores, policy: Policy, now: datetime) -> None:
    unclosed = stores.silences.unclosed()
    if not silencing.passed(unclosed, (), policy.silence_notice, now).silences:
        return
    held = stores.alerts.held_by([silence.id for silence in unclosed])
    passed = silencing.passed(unclosed, held, policy.silence_notice, now)
    for silence in passed.silences:
        stores.silences.put(silence)
    stores.alerts.add_decisions(passed.decisions)


def _decide(stores: Stores, due: Sequence[Alert], policy: Policy, now: datetime) -> paging.Decided:
    if not due:
        return paging.Decided()
    since = now - policy.storm_window
    context = paging.Context(
        silences=[silence for silence in stores.silences.unclosed() if silence.is_active(now)],
        explaining=stores.alerts.open_of_rules(paging.explaining_rules(policy)),
        pages=stores.alerts.pages_of_groups({alert.group for alert in due}),
        storm=stores.alerts.storm_since(since),
        recent_pages=stores.alerts.pages_since(since),
    )
    decided = paging.decide(due, context, policy, now)
    stores.alerts.put_pages(decided.pages.values())
    stores.alerts.put_decided(decided.alerts.values())
    stores.alerts.add_decisions(decided.decisions)
    return decided


def _settle(stores: Stores, now: datetime) -> None:
    """Pages whose alerts are all over are closed, and their incidents come to rest."""
    settled = stores.alerts.settled_pages()
    stores.alerts.put_pages([replace(page, closed_at=now) for page in settled])
    for page in settled:
        incident_alerts.settle(stores, page, now)
