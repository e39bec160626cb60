"""A harmless alert that goes the whole way, so that people see each station work before a real one has to."""

from __future__ import annotations

from dataclasses import replace

from accelerapp.alerts.intake import generic
from accelerapp.alerts.intake.interface import Delivery
from accelerapp.alerts.model import LET_THROUGH, AlertState, Integration, Kind, SignalState, Station, Trial
from accelerapp.base import ids, jsons
from accelerapp.base.ids import AlertId, IntegrationId
from accelerapp.flows.alerting import Alerting

RULE = "AccelerappTrial"


def run(alerting: Alerting, service: str, by: str) -> Trial:
    """Sent as bytes, read, committed, decided about, seen, resolved. It is a P4 and opens no incident."""
    stations: list[Station] = []
    sender = _sender(alerting, by)
    body = jsons.to_json(
        {
            "title": "A trial: nothing is wrong",
            "rule": RULE,
            "service": service,
            "severity": "P4",
            "key": ids.new_id("trial"),
            "description": f"{by} sent it with `accelerapp alert test`.",
        }
    )
    (signal,) = generic.Generic().read(Delivery(body, {}, sender, alerting.clock.now())).signals
    stations.append(Station("read", f"{len(body)} bytes became a signal of {signal.source}."))
    (id,) = alerting.take([signal]).opened
    stations.append(Station("kept", f"The alert {id} is committed."))
    stations.append(_decided(alerting, id))
    alerting.take([replace(signal, state=SignalState.RESOLVED)])
    alerting.turn()
    ended = alerting.detail(id).alert
    is_over = ended.state is AlertState.RESOLVED
    stations.append(
        Station("resolved", "Its end was told, and it is over." if is_over else "It is still open.", is_over)
    )
    return Trial(id, tuple(stations))


def _decided(alerting: Alerting, id: AlertId) -> Station:
    """The decision, without the wait for others of its group."""
    with alerting.writing() as stores:
        stores.alerts.lock()
        alert = stores.alerts.get(id)
        if alert is not None and alert.look_at is not None:
            stores.alerts.put([replace(alert, look_at=alerting.clock.now())])
    alerting.turn()
    found = alerting.detail(id)
    last = found.decisions[-1]
    is_expected = found.alert.verdict in LET_THROUGH or bool(found.alert.held_by)
    return Station("decided", f"{last.kind}: {last.reason}", is_expected)


def _sender(alerting: Alerting, by: str) -> Integration:
    now = alerting.clock.now()
    return Integration(IntegrationId("trial"), "trial", Kind.GENERIC, "", by[:64], now)
