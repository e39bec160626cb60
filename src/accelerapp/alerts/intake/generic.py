"""Our own shape, for whatever has no other: one alert or a list of them. Pure.

    {"title": "Disk full", "service": "shop", "severity": "P2", "key": "disk-db1", "state": "firing",
     "description": "…", "labels": {"host": "db1"}, "url": "https://…", "value": 97.5}

A signed one carries `X-Hub-Signature-256: sha256=HEX`, the HMAC-SHA256 of its body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from accelerapp.alerts import model
from accelerapp.alerts.intake import bodies
from accelerapp.alerts.intake.interface import Answer, Delivery, Received, json_answer, problem_answer
from accelerapp.alerts.model import Integration, Kind, Signal, SignalState
from accelerapp.base.ids import IntegrationId

SIGNATURE = "x-hub-signature-256"


class Generic:
    """What is not needed may be left out: a title, or labels, are enough."""

    def read(self, delivery: Delivery) -> Received:
        """A signal for each."""
        body = bodies.parse(delivery.body)
        items = body if isinstance(body, list) else [body]
        places = [f"body.{number}" for number in range(len(items))] if isinstance(body, list) else ["body"]
        found = bodies.as_list(items, "body")
        signals = [signal(each, where, delivery.sender) for each, where in zip(found, places, strict=True)]
        return Received(signals, json_answer(202, {"status": "success", "taken": len(signals)}))

    def refusal(self, status: int, message: str, reasons: Sequence[str] = ()) -> Answer:
        """As our API says it."""
        return problem_answer(status, message, reasons)


def signal(item: Any, where: str, sender: Integration) -> Signal:
    """One alert of that shape. Raises RefusedError."""
    given = bodies.as_object(item, where)
    labels = bodies.texts(given.get("labels"), f"{where}.labels", bodies.LONGEST_LABEL)
    for name, label in (("service", model.SERVICE), ("severity", model.SEVERITY), ("rule", model.RULE)):
        if given.get(name):
            labels[label] = bodies.as_text(given[name], bodies.LONGEST_LABEL)
    annotations = bodies.texts(given.get("annotations"), f"{where}.annotations", bodies.LONGEST_TEXT)
    for name, annotation in (("title", "summary"), ("description", "description")):
        if given.get(name):
            annotations[annotation] = bodies.as_text(given[name])
    key = bodies.as_text(given.get("key"), 512)
    if set(labels) <= {model.SERVICE, model.SEVERITY}:  # nothing among them says which thing it is
        key = key or annotations.get("summary", "")
        if not key:
            raise bodies.problem(where, "needs a title, a key, a rule or labels.")
    return Signal(
        labels=bodies.with_service(labels or {"sender": sender.name}, sender),
        annotations=annotations,
        state=_state(given.get("state"), f"{where}.state"),
        starts_at=bodies.as_time(given.get("starts_at"), f"{where}.starts_at"),
        ends_at=bodies.as_time(given.get("ends_at"), f"{where}.ends_at"),
        source=bodies.source_of(sender),
        generator_url=bodies.as_text(given.get("url")),
        value=bodies.as_number(given.get("value")),
        key=f"generic {sender.id} {key}" if key else bodies.identity(given.get("labels")),
    )


def by_hand(given: Mapping[str, Any], by: str, now: datetime) -> Signal:
    """The signal of an alert that a person or a program of ours sends. Raises RefusedError."""
    sender = Integration(IntegrationId("manual"), by, Kind.GENERIC, "", by[:64], now)
    return signal(dict(given), "alert", sender)


def _state(value: Any, where: str) -> SignalState:
    try:
        return SignalState(value or "firing")
    except ValueError as error:
        raise bodies.problem(where, f"must be one of {', '.join(SignalState)}.") from error


def is_signed(body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """Did whoever has the secret send this?"""
    kind, _, signature = headers.get(SIGNATURE, "").partition("=")
    return kind == "sha256" and bodies.is_signed(body, signature, secret)
