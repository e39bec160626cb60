"""What time does to alerts: they lapse, are decided about, become incidents; silences and pages come to their end.

`turn` is one look at everything that is due, in one unit of work. It may be repeated after a crash at any point: what
it decides is written together with what it decided from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.alerts import heartbeats, paging, service, silencing
from accelerapp.alerts.model import Alert, DecisionKind, Page
from accelerapp.base import text
from accelerapp.base.ids import IncidentId, PageId
from accelerapp.base.settings.model import Alerts as Policy
from accelerapp.flows import alert_intake
from accelerapp.flows.alert_intake import Stores
from accelerapp.incidents import service as incidents
from accelerapp.incidents.model import Incident

_AT_ONCE = 2000
"""Alerts of one turn; the next one follows at once."""
_NAMED = 3
_SOON = timedelta(minutes=1)


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
    opened = _escalate(stores, now)
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


# -- incidents ---------------------------------------------------------------------------------------------------------


def _escalate(stores: Stores, now: datetime) -> tuple[IncidentId, ...]:
    """Alerts that stayed for too long open an incident, one for each page; or come to the one that there is."""
    of_page: dict[PageId, list[Alert]] = {}
    for alert in stores.alerts.escalating(now, _AT_ONCE):
        if alert.page is not None:
            of_page.setdefault(alert.page, []).append(alert)
    opened = []
    for id, alerts in of_page.items():
        page = stores.alerts.page(id)
        if page is None:
            continue
        incident = stores.incidents.get(page.incident) if page.incident else None
        if incident is None:
            incident = _open_incident(stores, page, alerts, now)
            opened.append(incident.id)
        else:
            _add_to_incident(stores, incident, alerts, now)
    return tuple(opened)


def _open_incident(stores: Stores, page: Page, alerts: Sequence[Alert], now: datetime) -> Incident:
    worst = min(alerts, key=lambda alert: (alert.severity, alert.opened_at))
    lasted = now - worst.opened_at
    stays = f"unresolved for {text.duration(lasted.total_seconds())}" if lasted >= _SOON else "at once"
    why = f"{_names(alerts)}: {worst.severity}, {stays}."
    if page.is_storm:
        why = f"{why} The page lists {text.count(page.alerts, 'alert')}."
    incident, entry = incidents.open_by_alerts(page.title, page.severity, page.service, why, now)
    stores.incidents.put(incident)
    stores.incidents.add_entries([entry])
    stores.alerts.put_pages([replace(page, incident=incident.id)])
    # The others of the page need not wait for their own time: they are part of it.
    others = {alert.id: alert for alert in stores.alerts.of_page(page.id, _AT_ONCE) if alert.is_open}
    _belong(stores, [*{**others, **{alert.id: alert for alert in alerts}}.values()], incident, now)
    return incident


def _add_to_incident(stores: Stores, incident: Incident, alerts: Sequence[Alert], now: datetime) -> None:
    severity = min(alert.severity for alert in alerts)
    after, entries = incidents.worsen(incident, severity, now)
    stores.incidents.put(after)
    stores.incidents.add_entries([incidents.note(incident.id, f"Came to it: {_names(alerts)}.", now), *entries])
    _belong(stores, alerts, incident, now)


def _belong(stores: Stores, alerts: Sequence[Alert], incident: Incident, now: datetime) -> None:
    changes = service.Changes()
    for alert in alerts:
        after = replace(alert, incident=incident.id, escalates_at=None)
        changes.put(after, DecisionKind.INCIDENT, f"Part of the incident {incident.id}.", now)
    alert_intake.write(stores, changes, now)


def _names(alerts: Sequence[Alert]) -> str:
    """`HighErrorRate (alr_1), HighLatency (alr_2) and 3 more`."""
    named = [f"{alert.rule or alert.title} ({alert.id})" for alert in alerts[:_NAMED]]
    more = f" and {len(alerts) - _NAMED} more" if len(alerts) > _NAMED else ""
    return ", ".join(named) + more


def _settle(stores: Stores, now: datetime) -> None:
    """Pages whose alerts are all over are closed, and the incident with them."""
    settled = stores.alerts.settled_pages()
    stores.alerts.put_pages([replace(page, closed_at=now) for page in settled])
    for page in settled:
        incident = stores.incidents.get(page.incident) if page.incident else None
        if incident is not None:
            after, entries = incidents.close(incident, f"{_all_of(page)} resolved.", now)
            stores.incidents.put(after)
            stores.incidents.add_entries(entries)


def _all_of(page: Page) -> str:
    return "Its alert is" if page.alerts == 1 else f"All {page.alerts} alerts are"
