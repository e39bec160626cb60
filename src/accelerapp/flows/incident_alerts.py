"""What alerts do to incidents, within the turn of alerts: open one, come to it, worsen it, and let it come to rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from accelerapp.alerts import service as alerts
from accelerapp.alerts.model import Alert, DecisionKind, Page
from accelerapp.base import text
from accelerapp.base.ids import IncidentId, PageId
from accelerapp.flows import alert_intake
from accelerapp.flows.alert_intake import Stores
from accelerapp.incidents import acts, service
from accelerapp.incidents.model import ALERTS, Incident, Status

_NAMED = 3
_SOON = timedelta(minutes=1)
_MERGES = 20
_CAME = "Came to it:"
_LATELY = 20
"""Entries that are looked through."""
_OF_A_PAGE = 2000


def escalate(stores: Stores, found: Iterable[Alert], now: datetime) -> tuple[IncidentId, ...]:
    """Alerts that stayed for too long open an incident, one for each page; or come to the one that there is."""
    of_page: dict[PageId, list[Alert]] = {}
    for alert in found:
        if alert.page is not None:
            of_page.setdefault(alert.page, []).append(alert)
    opened = []
    for id, some in of_page.items():
        page = stores.alerts.page(id)
        if page is None:
            continue
        incident = current(stores, page.incident)
        if incident is None and (watched := _watched(stores, page)):
            incident = _join(stores, watched, page)
        if incident is None:
            opened.append(_open(stores, page, some, now).id)
        else:
            _add(stores, incident, some, now)
    return tuple(opened)


def _watched(stores: Stores, page: Page) -> Incident | None:
    """The one that had a page of this group, and that people watch since it seemed to be over; locked."""
    for each in stores.incidents.find(is_open=True):
        if each.status is Status.MONITORING and page.group:
            pages = [stores.alerts.page(id) for id in each.pages]
            if any(known is not None and known.group == page.group for known in pages):
                found = stores.incidents.get(each.id, lock=True)
                return found if found is not None and found.status is Status.MONITORING else None
    return None


def _join(stores: Stores, incident: Incident, page: Page) -> Incident:
    """It is not over after all: the new page is a part of it."""
    stores.alerts.put_pages([replace(page, incident=incident.id)])
    return service.changed(incident, pages=(*incident.pages, page.id))


def current(stores: Stores, id: IncidentId | None) -> Incident | None:
    """The incident, or that which it was merged into; locked."""
    for _ in range(_MERGES):
        found = stores.incidents.get(id, lock=True) if id else None
        if found is None or found.merged_into is None:
            return found
        id = found.merged_into
    return None


def answered(stores: Stores, page: PageId, of: IncidentId | None, by: str, now: datetime) -> None:
    """Somebody has acknowledged a page: the incident that it belongs to is acknowledged with it, if nobody was before.

    `of`: the incident as it was known when people were called; the page of alerts may belong to one since.
    """
    known = stores.alerts.page(page)
    incident = current(stores, known.incident if known and known.incident else of)
    if incident is None or not incident.is_open or incident.acknowledged_at is not None:
        return
    after, entries = service.acknowledge(incident, by, now)
    stores.incidents.put(after)
    stores.incidents.add_entries(entries)


def settle(stores: Stores, page: Page, now: datetime) -> None:
    """All alerts of a page are over; with the last page of an incident it comes to rest."""
    incident = current(stores, page.incident)
    if incident is None:
        return
    others = [stores.alerts.page(id) for id in incident.pages if id != page.id]
    if any(each.closed_at is None for each in others if each is not None):
        stores.incidents.add_entries([service.note(incident.id, f"{_all_of(page)} resolved.", now)])
        return
    after, entries = service.settle(incident, f"{_all_of(page)} resolved.", now)
    stores.incidents.put(after)
    stores.incidents.add_entries(entries)


def _open(stores: Stores, page: Page, some: Sequence[Alert], now: datetime) -> Incident:
    worst = min(some, key=lambda alert: (alert.severity, alert.opened_at))
    lasted = now - worst.opened_at
    stays = f"unresolved for {text.duration(lasted.total_seconds())}" if lasted >= _SOON else "at once"
    why = f"{_names(some)}: {worst.severity}, {stays}."
    if page.is_storm:
        why = f"{why} The page lists {text.count(page.alerts, 'alert')}."
    cause = service.Cause(
        why=why,
        page=page.id,
        started_at=min(alert.starts_at for alert in some),
        detected_at=min(alert.opened_at for alert in some),
        acknowledged_by=worst.acknowledged_by,
        acknowledged_at=worst.acknowledged_at,
    )
    incident, entries = service.open_by_alerts(page.title, page.severity, page.service, cause, now)
    stores.incidents.put(incident)
    stores.incidents.add_entries(entries)
    stores.alerts.put_pages([replace(page, incident=incident.id)])
    # The others of the page need not wait for their own time: they are part of it.
    others = {alert.id: alert for alert in stores.alerts.of_page(page.id, _OF_A_PAGE) if alert.is_open}
    belong(stores, [*{**others, **{alert.id: alert for alert in some}}.values()], incident, now)
    return incident


def _add(stores: Stores, incident: Incident, some: Sequence[Alert], now: datetime) -> None:
    """One that was resolved or watched is worked on again when more come."""
    told = f"{_CAME} {_names(some)}."
    entries = [] if _is_flooding(stores, incident, now) else [service.note(incident.id, told, now)]
    after = incident
    if not after.is_open:
        after, entries = service.reopen(after, told, ALERTS, now)
    elif after.status is Status.MONITORING:
        back = Status.IDENTIFIED if after.identified_at else Status.INVESTIGATING
        after, entries = service.change_status(after, back, told, ALERTS, now)
    after, more = service.worsen(after, min(alert.severity for alert in some), now)
    stores.incidents.put(after)
    stores.incidents.add_entries([*entries, *more])
    belong(stores, some, incident, now)


def _is_flooding(stores: Stores, incident: Incident, now: datetime) -> bool:
    """Did one come within the last minute? Then that minute is told of as a whole when it is over."""
    lately = stores.incidents.entries(incident.id, _LATELY)
    return any(each.text.startswith(_CAME) and each.at > now - _SOON for each in lately if each.by == ALERTS)


def belong(stores: Stores, some: Iterable[Alert], incident: Incident, now: datetime) -> None:
    """These alerts are part of the incident."""
    changes = alerts.Changes()
    for alert in some:
        after = replace(alert, incident=incident.id, escalates_at=None)
        changes.put(after, DecisionKind.INCIDENT, f"Part of the incident {incident.id}.", now)
    alert_intake.write(stores, changes, now)


def _names(some: Sequence[Alert]) -> str:
    """`HighErrorRate (alr_1), HighLatency (alr_2) and 3 more`."""
    return acts.named([f"{alert.rule or alert.title} ({alert.id})" for alert in some], _NAMED)


def _all_of(page: Page) -> str:
    return "Its alert is" if page.alerts == 1 else f"All {page.alerts} alerts are"
