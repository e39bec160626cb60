"""Signals become alerts: look up what is known, decide, write; one unit of work.

The same signals a second time change nothing: whoever does not know whether they were taken sends them again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.alerts import service
from accelerapp.alerts.integration_store import IntegrationStore
from accelerapp.alerts.model import Alert, Decision, Signal
from accelerapp.alerts.silence_store import SilenceStore
from accelerapp.alerts.store import AlertStore
from accelerapp.base import text
from accelerapp.base.ids import AlertId, IncidentId, IntegrationId
from accelerapp.base.settings.model import Alerts as Policy
from accelerapp.incidents import service as incidents
from accelerapp.incidents.model import Entry
from accelerapp.incidents.store import IncidentStore

_NAMED = 3
_REMEMBERED = timedelta(hours=1)


@dataclass(frozen=True)
class Stores:
    """The stores of one unit of work."""

    alerts: AlertStore
    silences: SilenceStore
    integrations: IntegrationStore
    incidents: IncidentStore


@dataclass(frozen=True)
class Taken:
    """What became of signals."""

    opened: tuple[AlertId, ...] = ()
    resolved: int = 0
    changed: int = 0
    """Alerts that were there and of which something was noted."""
    ignored: int = 0
    """Signals that said nothing new."""
    unkept: int = 0
    """Signals that there was no room for; an alert of its own says so."""


def take(
    stores: Stores,
    signals: Sequence[Signal],
    policy: Policy,
    now: datetime,
    heard: Collection[IntegrationId] = (),
    notes: Sequence[Decision] = (),
    open_count: int | None = None,
) -> Taken:
    """Take signals in their order; `heard` are the senders, `notes` further lines for the history.

    `open_count`: how many alerts are open, if that was counted a moment ago.
    """
    stores.alerts.lock()
    since = now - max(policy.flap_window, _REMEMBERED)
    known = stores.alerts.latest({signal.fingerprint for signal in signals}, since) if signals else {}
    count = stores.alerts.open_count() if open_count is None else open_count
    changes = service.take(signals, known, count, policy, now) if signals else service.Changes()
    if changes.unkept:
        _say_unkept(stores, changes, policy, now)
    write(stores, changes, now)
    stores.alerts.add_decisions(notes)
    for id in heard:
        stores.integrations.note(id, now)
    return Taken(
        opened=tuple(id for id in changes.alerts if id in changes.new),
        resolved=len(changes.resolved),
        changed=len(changes.alerts.keys() - changes.new),
        ignored=changes.ignored,
        unkept=changes.unkept,
    )


def _say_unkept(stores: Stores, changes: service.Changes, policy: Policy, now: datetime) -> None:
    """There is always room for the alert that says that there was none."""
    signal = replace(service.no_room(changes.unkept, policy), ends_at=now + policy.resolve_timeout)
    known = stores.alerts.latest({signal.fingerprint}, now - policy.flap_window)
    more = service.take([signal], known, 0, policy, now)
    changes.alerts.update(more.alerts)
    changes.new |= more.new
    changes.decisions += more.decisions


def write(stores: Stores, changes: service.Changes, now: datetime) -> None:
    """Alerts, their history, and what the incidents of resolved ones are to know."""
    stores.alerts.put(changes.alerts.values(), changes.new)
    stores.alerts.add_decisions(changes.decisions)
    stores.incidents.add_entries(_notes(changes.resolved, now))


def _notes(resolved: Sequence[Alert], now: datetime) -> list[Entry]:
    """An entry for each, or one for many."""
    of: dict[IncidentId, list[Alert]] = {}
    for alert in resolved:
        if alert.incident is not None:
            of.setdefault(alert.incident, []).append(alert)
    entries = []
    for incident, alerts in of.items():
        if len(alerts) > _NAMED:
            entries.append(incidents.note(incident, f"{text.count(len(alerts), 'alert')} were resolved.", now))
        else:
            entries += [incidents.note(incident, f"Resolved: {each.title} ({each.id}).", now) for each in alerts]
    return entries
