"""Alertmanager's webhook, version 4, and what Prometheus itself posts to `/api/v2/alerts`. Pure.

The webhook tells ends; who posts to the API repeats what fires, with the time until which it counts as firing.
https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accelerapp.alerts.intake import bodies
from accelerapp.alerts.intake.interface import Answer, Delivery, Received, json_answer, problem_answer
from accelerapp.alerts.model import Integration, Signal, SignalState


class Webhook:
    """`webhook_configs` of Alertmanager. Fields that we do not know are ignored."""

    def read(self, delivery: Delivery) -> Received:
        """One signal for each alert of the group."""
        body = bodies.as_object(bodies.parse(delivery.body), "body")
        alerts = bodies.as_list(body.get("alerts"), "alerts")
        signals = [webhook_signal(each, f"alerts.{n}", delivery.sender) for n, each in enumerate(alerts)]
        return Received(signals, json_answer(200, {"status": "success"}))

    def refusal(self, status: int, message: str, reasons: Sequence[str] = ()) -> Answer:
        """Alertmanager logs the body of an answer that is not good."""
        return problem_answer(status, message, reasons)


def webhook_signal(item: Any, where: str, sender: Integration) -> Signal:
    """One alert of a webhook, of Alertmanager or of Grafana."""
    alert = bodies.as_object(item, where)
    status = alert.get("status", "firing")
    if status not in ("firing", "resolved"):
        raise bodies.problem(f"{where}.status", "must be firing or resolved.")
    is_over = status == "resolved"
    ends_at = bodies.as_time(alert.get("endsAt"), f"{where}.endsAt")
    return _signal(alert, where, sender, is_over=is_over, ends_at=ends_at if is_over else None)


def _signal(
    alert: dict[str, Any], where: str, sender: Integration, *, is_over: bool, ends_at: datetime | None
) -> Signal:
    labels = bodies.texts(alert.get("labels"), f"{where}.labels", bodies.LONGEST_LABEL)
    bodies.needs_name(labels, f"{where}.labels")
    return Signal(
        labels=bodies.with_service(labels, sender),
        annotations=bodies.texts(alert.get("annotations"), f"{where}.annotations", bodies.LONGEST_TEXT),
        state=SignalState.RESOLVED if is_over else SignalState.FIRING,
        starts_at=bodies.as_time(alert.get("startsAt"), f"{where}.startsAt"),
        ends_at=ends_at,
        source=bodies.source_of(sender),
        generator_url=bodies.as_text(alert.get("generatorURL")),
        key=bodies.identity(alert.get("labels")),
    )


class Api:
    """`POST /api/v2/alerts`: an end that is past resolves; one to come, or none, fires until then."""

    def read(self, delivery: Delivery) -> Received:
        """One signal for each alert."""
        alerts = bodies.as_list(bodies.parse(delivery.body), "body")
        signals = [self._signal(each, f"body.{n}", delivery) for n, each in enumerate(alerts)]
        return Received(signals, Answer(200))

    def _signal(self, item: Any, where: str, delivery: Delivery) -> Signal:
        alert = bodies.as_object(item, where)
        ends_at = bodies.as_time(alert.get("endsAt"), f"{where}.endsAt")
        starts_at = bodies.as_time(alert.get("startsAt"), f"{where}.startsAt")
        if ends_at is not None and starts_at is not None and ends_at < starts_at:
            raise bodies.problem(f"{where}.endsAt", "is before startsAt.")
        is_over = ends_at is not None and ends_at <= delivery.now
        # Whoever gives no end repeats the alert: it lapses when it does not.
        return _signal(alert, where, delivery.sender, is_over=is_over, ends_at=ends_at or delivery.now)

    def refusal(self, status: int, message: str, reasons: Sequence[str] = ()) -> Answer:
        """A text in JSON, as Alertmanager's own API answers."""
        return json_answer(status, " ".join([message, *reasons]))
